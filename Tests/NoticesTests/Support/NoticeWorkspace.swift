import Foundation
import Jobs
import Notices
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A workspace of one test with settings for notifications, and what was said of them.
final class NoticeWorkspace: Sendable {
  let folder: TemporaryFolder
  private let said = Mutex<[String]>([])

  init(_ settings: String = "") throws {
    folder = try TemporaryFolder()
    try configure(settings)
  }

  func configure(_ settings: String) throws { try folder.file("config/.env", "USER_ID=1\n" + settings) }

  var workspace: Workspace {
    get throws { try Workspace(at: folder.root, environment: [:]) }
  }

  var notices: [String] { said.withLock { $0 } }

  func notifier(_ environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"]) throws -> Notifier {
    Notifier(try workspace, environment: environment) { text in self.said.withLock { $0.append(text) } }
  }

  /// A whole run: what earlier ones left, then what `body` tells, then the end.
  func run(_ body: (Notifier) -> Void = { _ in }) throws {
    let notifier = try notifier()
    notifier.deliverPending()
    body(notifier)
    notifier.finish()
  }

  var outbox: FilePath { folder.path(".cpwx/outbox") }

  /// The names of what waits.
  var waiting: [String] { names(in: outbox).filter { $0.hasSuffix(".json") } }
  var undelivered: [String] { names(in: outbox.appending("undelivered")).filter { $0.hasSuffix(".json") } }

  func parcel(_ name: String) throws -> JSON { try JSON(parsing: try DurableFile.read(outbox.appending(name))) }
}

extension FailedJob {
  static func example(_ number: Int = 1, reason: String = "exit code 1: no speech was found") -> FailedJob {
    FailedJob(id: "20251030-00\(number)", title: "Sholay", stage: "asr", reason: reason)
  }
}

extension BatchDigest {
  static func example(_ failures: [FailedJob] = [.example()]) -> BatchDigest {
    BatchDigest(
      batch: "20251030-220000-7", status: failures.isEmpty ? .completed : .failed,
      started: Timestamp(microseconds: 1_761_861_600_000_000), ended: Timestamp(microseconds: 1_761_865_200_500_000),
      jobs: ["completed": 3, "failed": failures.count], failures: failures)
  }
}

/// Does something with more and more time for it: a machine may stand still for as long as there was.
///
/// - Parameter body: gets how many times as much there is; whether that was enough for what it looks at.
func withTime(_ body: (Int) throws -> Bool) throws {
  for times in [1, 10, 100] {
    if try body(times) { return }
  }
  Issue.record("there was never time for it")
}

/// A program's end and all that it said.
func run(_ arguments: [String], input: String = "") throws -> (status: Int32, said: String) {
  let process = Process()
  let (output, stdin) = (Foundation.Pipe(), Foundation.Pipe())
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  (process.standardOutput, process.standardError, process.standardInput) = (output, output, stdin)
  try process.run()
  try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
  try stdin.fileHandleForWriting.close()
  let said = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: said, as: UTF8.self))
}
