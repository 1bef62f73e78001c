public import SystemPackage

/// Where everything of one job lies.
public struct JobPaths: Sendable, Equatable {
  public let id: JobID
  public let userID: Int
  /// `out/Y/M/D/USER/ID`
  public let output: FilePath
  /// `logs/Y/M/D/USER/ID`
  public let logs: FilePath
  /// `config/.env.job_ID`, there while the job runs.
  public let temporaryEnv: FilePath

  public init(id: JobID, userID: Int, in workspace: Workspace) {
    self.id = id
    self.userID = userID
    let place = "\(id.date.folders)/\(userID)/\(id)"
    output = workspace.outputRoot.pushing(FilePath(place))
    logs = workspace.logRoot.pushing(FilePath(place))
    temporaryEnv = workspace.configFolder.appending(".env.job_\(id)")
  }

  /// A job of another layout, or one that bears its name in its own way.
  public init(
    name: String, date: JobDate?, number: Int, userID: Int, output: FilePath, logs: FilePath, in workspace: Workspace
  ) {
    id = JobID(name: name, date: date, number: number)
    (self.userID, self.output, self.logs) = (userID, output, logs)
    temporaryEnv = workspace.configFolder.appending(".env.job_\(name)")
  }

  public var env: FilePath { output.appending("job.env") }
  /// Whether job.env tells anything: one that a crash has emptied is as good as gone.
  public var hasSettings: Bool { ((try? FileStatus(of: env))?.size ?? 0) > 0 }
  public var info: FilePath { output.appending("job_info.json") }
  public var manifest: FilePath { output.appending("manifest.json") }
  /// The pipeline file of the last run, so that the job can be done again as it was done.
  public var pipeline: FilePath { output.appending("pipeline.yaml") }
  /// The lock of whoever runs the job.
  public var lock: FilePath { output.appending(Self.lockName) }
  /// Its name in the job's folder.
  package static let lockName: FilePath.Component = ".cpwx.lock"
  /// Marks the job as cancelled: no run resumes it while this file is there.
  public var cancellation: FilePath { output.appending(".cpwx.cancelled") }
  /// How far a cluster's task has come with the job; there while the task runs.
  public var progress: FilePath { output.appending(Self.progressName) }
  /// Its name in the job's folder.
  public static let progressName = ".cpwx.progress"
}
