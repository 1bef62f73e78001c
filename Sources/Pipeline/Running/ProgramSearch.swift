internal import Glibc
internal import Jobs
public import SystemPackage

/// Where the programs of stages are found: in folders that are looked through first, then in PATH.
public struct ProgramSearch {
  private let folders: [FilePath]

  /// - Parameter toolFolders: those before PATH.
  public init(toolFolders: [FilePath], environment: [String: String]) {
    folders =
      toolFolders
      + (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { FilePath(String($0)) }
  }

  /// - Parameter name: has no slash.
  /// - Returns: `nil` when there is none that this user may run.
  public func find(_ name: String) -> FilePath? { folders.map { $0.appending(name) }.first { Self.isProgram($0) } }

  /// Whether this user may run it.
  public static func isProgram(_ path: FilePath) -> Bool { mayAccess(path, X_OK) && !isDirectory(path) }
}
