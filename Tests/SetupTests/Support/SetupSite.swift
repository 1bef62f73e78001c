import Jobs
import SystemPackage
import TestSupport

@testable import Setup

/// A workspace as `cpwx init` makes it, in a folder that goes when the test ends.
struct SetupSite {
  let folder: TemporaryFolder

  /// - Parameter config: what config/.env holds; `nil` leaves it as it was made.
  init(config: String? = nil) throws {
    folder = try TemporaryFolder()
    _ = try WorkspaceSetup(folder.root).run()
    if let config { try folder.file("config/.env", config) }
  }

  func workspace(_ environment: [String: String] = [:]) throws -> Workspace {
    try Workspace(at: folder.root, environment: environment)
  }

  func configChecks(_ environment: [String: String] = [:]) throws -> [CheckResult] {
    try ConfigChecks(workspace: workspace(environment), environment: environment).run()
  }

  func folderChecks() throws -> [CheckResult] { try FolderChecks(workspace: workspace()).run() }

  /// A program in `bin/` that runs a shell script.
  @discardableResult
  func program(_ name: String, _ script: String = "echo \"${0##*/} 7.0\"; echo more") throws -> FilePath {
    try folder.program("bin/\(name)", "#!/bin/sh\n\(script)\n")
  }
}

extension [CheckResult] {
  /// The result of the check of that name.
  subscript(_ check: String) -> CheckResult? { first { $0.check == check } }

  var notWell: [CheckResult] { filter { $0.status != .ok } }
}
