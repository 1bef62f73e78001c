import Foundation
import SystemPackage

/// A python3 that runs beside the test, killed at the latest with this object.
final class Python {
  private let process = Process()
  private let output = Pipe()

  /// - Parameter script: sees `arguments` as `sys.argv[1:]`, and the stage SDK of this package as modules.
  init(_ script: String, _ arguments: String...) throws {
    let package = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .removingLastComponent()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PYTHONPATH": package.appending("config").appending("sdk").string, "PYTHONDONTWRITEBYTECODE": "1"]
    ) { $1 }
    process.standardOutput = output
    try process.run()
  }

  deinit { if process.isRunning { kill() } }

  var pid: Int { Int(process.processIdentifier) }

  /// Waits until the script has printed something, and gives it.
  func firstOutput() -> String { String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) }

  /// Waits for its end; whether it ended well.
  func finish() -> Bool {
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
