internal import Hashing
internal import Jobs
internal import SystemPackage

/// What a stage's container is called, and how it is known for a job's.
enum ContainerName {
  /// The label whose value is the job's folder: jobs of several workspaces may have the same id, and one daemon.
  static let label = "cpwx.job_dir"

  /// `cpwx_JOB_STAGE`.
  static func name(of stage: StageDefinition, in paths: JobPaths) -> String {
    let id = paths.id.description
    // Docker takes these alone; jobs of other layouts may be called anything.
    let plain = String(id.unicodeScalars.map { isPlain($0) ? Character($0) : "_" })
    return "cpwx_\(plain)\(plain == id ? "" : "_" + digest(of: paths))_\(stage.canonicalName)"
  }

  /// The same where somebody else's container is called so.
  static func spareName(of stage: StageDefinition, in paths: JobPaths) -> String {
    "\(name(of: stage, in: paths))_\(digest(of: paths))"
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": true
    default: false
    }
  }

  private static func digest(of paths: JobPaths) -> String {
    String(SHA256.hex(of: Array(paths.output.string.utf8)).prefix(8))
  }
}
