internal import SystemPackage

/// Makes jobs and knows their paths: the operations of the documented `JobManager`, in Swift.
public struct JobManager: Sendable {
  public let workspace: Workspace
  private let now: @Sendable () -> Timestamp

  /// - Parameter now: the clock, for tests that let midnight pass.
  public init(_ workspace: Workspace, now: @escaping @Sendable () -> Timestamp = { .now }) {
    self.workspace = workspace
    self.now = now
  }

  /// Makes a new job: its id, its folders, its env file in both places, and job_info.json, all durable on return.
  ///
  /// - Parameters:
  ///   - userID: whose job it is, 1 or more.
  ///   - overlay: settings laid over the base configuration, for one film.
  /// - Throws: ``JobError``. A job that could not be made whole leaves its number used and its folder for the admin.
  public func createJob(userID: Int = 1, overlay: EnvFile? = nil) throws -> (paths: JobPaths, info: JobInfo) {
    guard userID >= 0 else { throw JobError(.usage, "user \(userID)", "a user id is a number from 0") }
    return try JobNumbering(workspace: workspace).withNextID(now: now) { id, moment in
      let paths = JobPaths(id: id, userID: userID, in: workspace)
      try makeFolder(paths.output)
      try makeFolder(paths.logs)
      try makeFolder(workspace.configFolder)
      let env = jobEnv(paths, overlay: overlay).bytes
      try DurableFile.write(env, to: paths.env, mode: [.ownerReadWrite])
      let info = JobInfo(paths, created: moment, in: workspace)
      try DurableFile.write(info.document.bytes(), to: paths.info)
      try DurableFile.syncFolder(of: paths.output)
      // Last, so that a job that could not be made leaves no copy of the secrets among the configuration.
      try DurableFile.write(env, to: paths.temporaryEnv, mode: [.ownerReadWrite])
      return (paths, info)
    }
  }

  /// Puts `config/.env.job_ID` back from the job's own copy, for a job that goes on.
  public func restoreJobEnv(_ paths: JobPaths) throws {
    let backup = try DurableFile.read(paths.env)
    if let standing = try? DurableFile.read(paths.temporaryEnv), standing == backup { return }
    try DurableFile.write(backup, to: paths.temporaryEnv, mode: [.ownerReadWrite])
  }

  /// Makes the job's env files anew from the base configuration, for a job that goes on with another one.
  public func renewJobEnv(_ paths: JobPaths, overlay: EnvFile? = nil) throws {
    let env = jobEnv(paths, overlay: overlay).bytes
    try DurableFile.write(env, to: paths.env, mode: [.ownerReadWrite])
    try DurableFile.write(env, to: paths.temporaryEnv, mode: [.ownerReadWrite])
  }

  /// Removes `config/.env.job_ID`; job.env in the job's folder stays.
  public func cleanupJobEnv(_ paths: JobPaths) {
    guard exists(paths.env) else { return }
    unlink(paths.temporaryEnv)
  }

  private func jobEnv(_ paths: JobPaths, overlay: EnvFile?) -> EnvFile {
    var env = workspace.config
    if let overlay { env.overlay(overlay) }
    env["JOB_ID"] = paths.id.description
    env["USER_ID"] = String(paths.userID)
    env["OUTPUT_ROOT"] = workspace.documentPath(paths.output)
    env["LOG_ROOT"] = workspace.documentPath(paths.logs)
    return env
  }
}
