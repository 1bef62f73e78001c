public import SystemPackage

/// `job_info.json`: what a job is and where it lies. Keys it does not know are kept.
public struct JobInfo: Sendable, Equatable {
  public private(set) var document: JSON

  /// The documented fields of a new job, the zone that makes its times unambiguous, and what is known of its film.
  ///
  /// - Parameters:
  ///   - maker: `user@host` of who makes the job.
  ///   - isOfConfig: its settings are those of the workspace's configuration.
  public init(
    _ paths: JobPaths, created: Timestamp, by maker: String? = nil, input: JSON? = nil, isOfConfig: Bool = false,
    in workspace: Workspace
  ) {
    document = [
      "job_id": .string(paths.id.description),
      "user_id": .int(paths.userID),
      "created_at": .string(created.text),
      "output_dir": .string(workspace.documentPath(paths.output)),
      "log_dir": .string(workspace.documentPath(paths.logs)),
      "env_file": .string(workspace.documentPath(paths.temporaryEnv)),
      "env_backup": .string(workspace.documentPath(paths.env)),
      "timezone": .string(created.timezone),
    ]
    document["created_by"] = maker.map { .string($0) }
    if isOfConfig { document["config_file"] = .string(workspace.documentPath(workspace.configFile)) }
    document["input"] = input
  }

  /// - Throws: ``JobError`` with code `damaged`.
  public init(reading path: FilePath) throws {
    document = try readDocument(path)
  }

  /// The film, as manifests describe it; `nil` for a job that was made without one.
  public var input: JSON? { document["input"] }

  /// The configuration that its settings were copied from; `nil` where they come from elsewhere, or it is not known.
  public var configFile: String? { document["config_file"]?.string }

  /// `user@host` of who made the job.
  public var createdBy: String? { document["created_by"]?.string }

  /// When the job was made.
  public var created: Timestamp? {
    document["created_at"]?.string.flatMap { Timestamp($0, in: document["timezone"]?.string) }
  }
}

/// Reads a JSON file whose top is an object.
///
/// - Throws: ``JobError`` with code `damaged` or `io`.
func readDocument(_ path: FilePath) throws -> JSON { try document(of: DurableFile.read(path), at: path) }

func document(of bytes: [UInt8], at path: FilePath, leavingOut omission: JSON.Omission? = nil) throws -> JSON {
  do {
    let document = try JSON(parsing: bytes, leavingOut: omission)
    guard document.object != nil else {
      throw JobError(.damaged, path.string, "holds \(document.kind) where an object was expected")
    }
    return document
  } catch let error as JSONSyntaxError {
    let what = error.isTruncated ? "is cut short" : "is no valid JSON"
    throw JobError(.damaged, path.string, what, remedy: "It was not changed.", underlying: error)
  }
}
