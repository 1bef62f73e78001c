import Foundation

/// The built program that these tests are about.
enum CPWX {
  /// The `cpwx` beside the running test product; the variable CPWX_BINARY names another one.
  static let path =
    ProcessInfo.processInfo.environment["CPWX_BINARY"]
    .map { URL(filePath: $0).resolvingSymlinksInPath().path } ?? besideTests

  /// The `cpwx` beside the running test product: for a clock that is not the machine's, of which a static program would not
  /// know.
  static let besideTests: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: tests).deletingLastPathComponent().appending(path: "cpwx").path
  }()

  /// The package's top folder.
  static let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// What every program gets: nothing of the caller's that could decide a test.
  static func environment(home: String, _ more: [String: String]) -> [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return ["PATH": path, "HOME": home, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"]
      .merging(more) { $1 }
  }
}
