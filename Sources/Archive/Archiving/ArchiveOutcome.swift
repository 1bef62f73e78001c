public import Index
public import Jobs
public import SeekableTar

/// What became of a job that was to be archived.
public struct ArchiveOutcome: Sendable {
  public enum Status: String, Sendable {
    /// Its archive is there, verified, and the job's folders are gone.
    case archived
    /// Its archive is there, verified, and the job as well, as was asked for.
    case copied
    /// It stays as it was, for a reason.
    case kept
    /// Something failed; the job stays as it was.
    case failed
    /// What would be done.
    case planned
    /// There was nothing to do.
    case skipped
  }

  public var job: IndexedJob
  /// The archive, as documents write the path.
  public var archive: String?
  public var members: Int?
  /// Of the files in the archive.
  public var bytes: Int?
  /// What was left out on request, and goes with the job.
  public var excluded = ExcludedFiles()
  public var archiveBytes: Int?
  public var sha256: String?
  public var status: Status
  public var reason: String?
  /// What of the job could not go into the archive, and why: FIFOs, sockets.
  public var leftOut: [String] = []
  /// Why it failed, or something of the job that is archived stays.
  public var error: JobError.Code?

  init(_ job: IndexedJob, _ status: Status, reason: String? = nil) {
    (self.job, self.status, self.reason) = (job, status, reason)
    archive = job.archive
  }

  /// Whether what was asked for was not done.
  public var isTrouble: Bool { status == .kept || status == .failed || error != nil }
}
