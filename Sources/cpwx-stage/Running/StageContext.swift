internal import Engines
internal import Jobs
internal import SystemPackage

/// What a stage works with: its job's folder, the settings, the log.
struct StageContext: Sendable {
  /// With underscores.
  let stage: String
  let job: FilePath
  let settings: Settings
  let log: Log
  let progress = Progress()

  /// - Throws: ``JobError``: `usage` when there is no such job folder, `configuration` for unusable settings.
  init(stage: String, job: FilePath, environment: [String: String]) throws {
    guard isDirectory(job) else {
      throw JobError(.usage, job.string, "there is no such job folder", remedy: "Make one with: cpwx job create")
    }
    self.stage = stage
    self.job = job
    settings = try Settings(job: job, environment: environment)
    let levels = Log.Level.allCases.map(\.rawValue)
    let level = try settings.choice("LOG_LEVEL", levels).flatMap { Log.Level(rawValue: $0) }
    log = Log(threshold: level ?? .info, secrets: settings.secrets)
  }

  /// The job folder's own name, which is in the names of some of its files.
  var jobName: String { job.lastComponent?.string ?? "job" }

  /// A path inside the job's folder.
  func path(_ relative: String) -> FilePath { job.pushing(FilePath(relative)) }

  /// Writes a file durably, and its folder if need be.
  func write(_ bytes: [UInt8], to path: FilePath) throws {
    try makeFolder(path.removingLastComponent())
    try DurableFile.write(bytes, to: path)
  }

  func write(_ text: String, to path: FilePath) throws { try write(Array(text.utf8), to: path) }

  func write(_ document: JSON, to path: FilePath) throws { try write(document.bytes(), to: path) }

  /// Reads a JSON file that an earlier stage wrote; `nil` when it is not there.
  ///
  /// - Throws: ``JobError`` with code `damaged` for one that is no JSON.
  func document(_ path: FilePath) throws -> JSON? {
    guard exists(path) else { return nil }
    do {
      return try JSON(parsing: DurableFile.read(path))
    } catch let error as JSONSyntaxError {
      throw JobError(
        .damaged, path.string, error.isTruncated ? "is cut short" : "is no valid JSON",
        remedy: "Run the stage that writes it again.", underlying: error)
    }
  }

  /// Checks that an earlier stage's result is there.
  ///
  /// - Throws: ``JobError`` with code `io`, naming the stage to run.
  func require(_ path: FilePath, from stage: String) throws {
    guard exists(path) else {
      throw JobError(
        .io, path.string, "is not there", remedy: "Run the stage \(stage) first.")
    }
  }

  /// Removes what a run that was killed may have left under `path`.
  func removeLeftover(_ path: FilePath) {
    if unlink(path) { log.info("removed \(path), which an interrupted run had left") }
  }
}
