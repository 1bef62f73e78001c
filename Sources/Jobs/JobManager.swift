internal import SystemPackage

/// Makes jobs and knows their paths: the operations of the documented `JobManager`, in Swift.
public struct JobManager: Sendable {
  public let workspace: Workspace
  private let forContainers: Bool
  private let now: @Sendable () -> Timestamp
  private let numbering: JobNumbering

  /// To make many jobs, keep one of these: it remembers which numbers the trees have shown it.
  ///
  /// - Parameters:
  ///   - forContainers: the stages of jobs are containers, and their env files name paths as those see them.
  ///   - now: the clock, for tests that let midnight pass.
  public init(
    _ workspace: Workspace, forContainers: Bool = false, now: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.init(SeenNumbers(in: workspace), forContainers: forContainers, now: now)
  }

  init(_ seen: SeenNumbers, forContainers: Bool = false, now: @escaping @Sendable () -> Timestamp) {
    (workspace, numbering) = (seen.workspace, JobNumbering(seen))
    (self.forContainers, self.now) = (forContainers, now)
  }

  /// What a user's number may be.
  public static let userIDs = 1...Int(Int32.max)

  /// - Throws: ``JobError`` with code `usage` when this can be no user's number.
  public static func requireUser(_ id: Int) throws {
    if userIDs.contains(id) { return }
    throw JobError(.usage, "user \(id)", "a user id is a number from 1 to 2147483647")
  }

  /// Makes a new job: its id, its folders, its env file in both places, and job_info.json, all durable on return but
  /// for `config/.env.job_ID`, which is made again from job.env whenever the job goes on.
  ///
  /// The job's folder is filled under another name and renamed: a job is there whole, or not at all.
  /// - Parameters:
  ///   - userID: whose job it is.
  ///   - maker: `user@host` of who makes it.
  ///   - settings: taken instead of the base configuration, as another job's are.
  ///   - overlay: settings laid over those, for one film.
  ///   - pipeline: the text of the pipeline file it will be run by, kept beside job.env.
  ///   - input: what job_info.json and a first manifest say of the film; without it there is no manifest yet.
  ///   - confirm: called with the new job's id while the day's numbers are locked, before anything is written; if it
  ///     throws, no job is made, and the number stays free.
  /// - Throws: ``JobError``, or what `confirm` throws. The number of a job that could not be written is used up.
  public func createJob(
    userID: Int = 1, by maker: String? = nil, settings: EnvFile? = nil, overlay: EnvFile? = nil,
    pipeline: [UInt8]? = nil, input: JSON? = nil,
    confirm: (JobID) throws -> Void = { _ in }
  ) throws -> (paths: JobPaths, info: JobInfo) {
    try Self.requireUser(userID)
    return try numbering.withNextID(now: now, confirm: confirm) { id, moment, isFirst in
      let paths = JobPaths(id: id, userID: userID, in: workspace)
      let env = jobEnv(paths, settings: settings, overlay: overlay).bytes
      let info = JobInfo(
        paths, created: moment, by: maker, input: input, isOfConfig: settings == nil && input != nil, in: workspace)
      let user = paths.output.removingLastComponent()
      var group = SyncGroup()
      for grown in try makeFolder(user) { try group.add(folder: grown) }
      if isFirst { try sweep(user) }
      let unfinished = user.appending("\(Self.unfinishedPrefix)\(id)")
      try makeFolder(unfinished)
      do {
        try group.write(env, at: unfinished.appending("job.env"), mode: [.ownerReadWrite])
        try group.write(info.document.bytes(), at: unfinished.appending("job_info.json"))
        if let pipeline {
          try group.write(pipeline, at: unfinished.appending("pipeline.yaml"), mode: [.ownerReadWrite])
        }
        if input != nil {
          var manifest = Manifest(newFor: paths, created: moment, by: maker, in: workspace)
          manifest.document["input"] = input
          try group.write(manifest.document.bytes(), at: unfinished.appending("manifest.json"))
        }
        try group.add(folder: unfinished)
        try group.sync()
        try rename(unfinished, to: paths.output)
        try DurableFile.syncFolder(of: paths.output)
      } catch {
        removeFolder(unfinished)
        throw error is JobError
          ? error : JobError(.io, paths.output.string, "the job cannot be made", underlying: error)
      }
      try makeFolder(paths.logs)
      try makeFolder(workspace.configFolder)
      // Last, so that a job that could not be made leaves no copy of the secrets among the configuration.
      try DurableFile.writeFast(env, to: paths.temporaryEnv, mode: [.ownerReadWrite])
      return (paths, info)
    }
  }

  /// Folders of jobs whose making was cut short; whoever holds the numbering may remove them.
  private static let unfinishedPrefix = ".new-"

  /// Removes what processes left that were killed while they made a job of this user's.
  private func sweep(_ user: FilePath) throws {
    for left in try unsortedNames(in: user) where left.utf8.starts(with: Self.unfinishedPrefix.utf8) {
      removeFolder(user.appending(left))
    }
    Leftovers.sweep(workspace.configFolder, beginning: ".env.job_")
  }

  /// Writes `config/.env.job_ID` from job.env for a job that is resumed, with the paths of this machine or, where its stages
  /// are containers, as those see them.
  ///
  /// - Throws: ``JobError`` with code `io`, or `configuration` when job.env is no text.
  public func restoreJobEnv(_ paths: JobPaths) throws {
    // Other tools left it open to all, and it holds secrets.
    setMode(paths.env, .ownerReadWrite)
    var backup = try DurableFile.read(paths.env)
    var env = try EnvFile(parsing: backup, of: paths.env)
    if forContainers || env.isForContainers {
      env.setPlaces(of: paths, in: workspace, forContainers: forContainers)
      if env.bytes != backup {
        backup = env.bytes
        try DurableFile.write(backup, to: paths.env, mode: [.ownerReadWrite])
      }
    }
    if let standing = try? DurableFile.read(paths.temporaryEnv), standing == backup { return }
    try writeTemporaryEnv(backup, paths)
  }

  private func writeTemporaryEnv(_ env: [UInt8], _ paths: JobPaths) throws {
    // Where it is not there, who made the job may have died while it was written.
    if !exists(paths.temporaryEnv) { Leftovers.sweep(workspace.configFolder, beginning: ".env.job_\(paths.id)") }
    try DurableFile.writeFast(env, to: paths.temporaryEnv, mode: [.ownerReadWrite])
  }

  /// Makes job_info.json anew where it is gone or empty, of what else tells what the job is.
  ///
  /// - Parameter input: what is known of the film, where the manifest says nothing of it.
  /// - Returns: whether it had to be made.
  public func restoreJobInfo(_ paths: JobPaths, input: JSON) throws -> Bool {
    if let status = try? FileStatus(of: paths.info), status.size > 0 { return false }
    let document = (try? Manifest(reading: paths.manifest))?.document
    let told = document?["created_at"]?.string.flatMap { Timestamp($0, in: document?["timezone"]?.string) }
    // Without a manifest, the settings are as old as the job, or were changed since.
    let written = (try? FileStatus(of: paths.env)).map { Timestamp(microseconds: $0.modified / 1000) }
    let info = JobInfo(
      paths, created: told ?? written ?? now(), by: document?["created_by"]?.string,
      input: document?["input"] ?? input, in: workspace)
    try DurableFile.write(info.document.bytes(), to: paths.info)
    return true
  }

  /// Makes the job's env files anew from the base configuration, for a job that goes on with another one.
  public func renewJobEnv(_ paths: JobPaths, overlay: EnvFile? = nil) throws {
    let env = jobEnv(paths, overlay: overlay).bytes
    try DurableFile.write(env, to: paths.env, mode: [.ownerReadWrite])
    try writeTemporaryEnv(env, paths)
  }

  /// Removes `config/.env.job_ID`; job.env in the job's folder stays.
  ///
  /// Where job.env is gone or does not hold the same, the file is the only copy of something, and stays.
  /// - Returns: whether `config/` is free of it.
  @discardableResult
  public func cleanupJobEnv(_ paths: JobPaths) -> Bool {
    guard let standing = try? DurableFile.read(paths.temporaryEnv) else { return !exists(paths.temporaryEnv) }
    guard let backup = try? DurableFile.read(paths.env), backup == standing else { return false }
    return unlink(paths.temporaryEnv)
  }

  /// The names of the settings that would have another value if the job were made now. Its own ids and folders do not count,
  /// nor do secrets that were left out of it.
  ///
  /// - Throws: ``JobError`` with code `io` when job.env cannot be read.
  public func settingsThatDiffer(of paths: JobPaths, overlay: EnvFile? = nil) throws -> [String] {
    let own = EnvFile(parsing: try DurableFile.read(paths.env))
    var wanted = jobEnv(paths, overlay: overlay)
    wanted.setPlaces(of: paths, in: workspace, forContainers: own.isForContainers)
    let keys = wanted.keys + own.keys.filter { wanted[$0] == nil }
    return keys.filter { key in
      let (standing, other) = (own[key] ?? "", wanted[key] ?? "")
      return standing != other && !(standing.isEmpty && Secrets.isSecret(key, other)) && !EnvFile.ownKeys.contains(key)
    }
  }

  private func jobEnv(_ paths: JobPaths, settings: EnvFile? = nil, overlay: EnvFile?) -> EnvFile {
    var env = settings ?? workspace.config
    if let overlay { env.overlay(overlay) }
    env.setOwn(of: paths, in: workspace, forContainers: forContainers)
    return env
  }
}

extension EnvFile {
  /// What each job has of its own.
  fileprivate static let ownKeys = ["JOB_ID", "USER_ID", "OUTPUT_ROOT", "LOG_ROOT"]

  /// Makes the settings those of a job.
  package mutating func setOwn(of job: JobPaths, in workspace: Workspace, forContainers: Bool = false) {
    setEverywhere("JOB_ID", job.id.description)
    setEverywhere("USER_ID", String(job.userID))
    setPlaces(of: job, in: workspace, forContainers: forContainers)
  }
}
