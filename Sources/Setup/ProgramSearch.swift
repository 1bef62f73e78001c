internal import Engines
internal import Glibc
internal import Jobs
internal import SystemPackage

/// Where a stage's program is found: beside cpwx, among the engines, then in PATH.
struct ProgramSearch {
  private let folders: [FilePath]

  init(beside folder: FilePath?, environment: [String: String]) {
    let own = [folder, try? EngineHome(environment: environment).programs].compactMap { $0 }
    folders =
      own + (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { FilePath(String($0)) }
  }

  /// - Parameter place: what a program's path is relative to.
  /// - Returns: `nil` when there is none that this user may run.
  func find(_ program: String, from place: FilePath? = nil) -> FilePath? {
    if program.contains("/") {
      let path = resolve(program, against: place ?? currentFolder())
      return path.isProgram ? path : nil
    }
    return folders.map { $0.appending(program) }.first { $0.isProgram }
  }
}

extension FilePath {
  fileprivate var isProgram: Bool { withPlatformString { access($0, X_OK) } == 0 && !isDirectory(self) }
}
