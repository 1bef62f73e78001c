import Foundation

/// A `cpwx job logs` that has been started, and what it has printed so far.
final class Follower {
  let program: Program
  private let workspace: TestWorkspace
  private let file = "followed-" + UUID().uuidString

  init(_ workspace: TestWorkspace, _ arguments: String...) throws {
    self.workspace = workspace
    program = try workspace.start(
      ["sh", "-c", "out=$1; shift; exec \"$0\" job logs \"$@\" > \"$out\"", CPWX.path, file] + arguments)
  }

  var output: String { (try? workspace.read(file)) ?? "" }
  var errors: String { program.errorsSoFar }

  func hasPrinted(_ text: String) -> Bool { eventually { output.contains(text) } }
  func hasPrintedLast(_ text: String) -> Bool { eventually { output.hasSuffix(text) } }
  func hasSaid(_ text: String) -> Bool { eventually { errors.contains(text) } }

  /// Waits for its end; its output is in ``output``.
  func wait(atMost seconds: Double = 580) throws -> Outcome { try program.wait(atMost: seconds) }

  var isRunning: Bool { !(status.isEmpty || status[0] == "Z") }

  /// Hundredths of a second that it kept a processor busy.
  var processorTicks: Int { status.count > 12 ? (Int(status[11]) ?? 0) + (Int(status[12]) ?? 0) : 0 }

  /// `/proc/PID/stat` from the state on.
  private var status: [Substring] {
    let data = FileManager.default.contents(atPath: "/proc/\(program.pid)/stat") ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
  }
}
