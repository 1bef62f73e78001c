public import Jobs
internal import SystemPackage

/// That nobody is to go on with a job, by whose wish and since when: the file `.cpwx.cancelled` in the job's folder.
///
/// Whoever runs the job, on whichever machine, ends it once the file is there, and no run begins the job while it is. A
/// run that is asked for just this job takes the file away first.
public struct Cancellation: Sendable, Equatable {
  /// `user@host`.
  public let who: String
  /// Local time, in the documented form.
  public let at: String

  private init(by who: String, at: String) { (self.who, self.at) = (who, at) }

  /// The cancellation that stands; one that a person made by hand tells no more than its file.
  public init?(of job: JobPaths) {
    guard let status = try? FileStatus(of: job.cancellation) else { return nil }
    let document = (try? DurableFile.read(job.cancellation)).flatMap { try? JSON(parsing: $0) }
    who = document?["who"]?.string ?? "somebody"
    at = document?["at"]?.string ?? Timestamp(microseconds: status.modified / 1000).text
  }

  /// Cancels a job; one that is cancelled stays so by whom and since when it was.
  ///
  /// Durable on return.
  /// - Throws: ``JobError`` with code `io`.
  static func make(for job: JobPaths, by who: String) throws -> Cancellation {
    if let standing = Cancellation(of: job) { return standing }
    let cancellation = Cancellation(by: who, at: Timestamp.now.text)
    let document: JSON = ["who": .string(who), "at": .string(cancellation.at)]
    try DurableFile.write(document.bytes(), to: job.cancellation)
    return cancellation
  }

  /// Has the job be as any other again.
  ///
  /// - Throws: ``JobError`` with code `io` when the file stays.
  static func lift(from job: JobPaths) throws {
    if unlink(job.cancellation) { return try DurableFile.syncFolder(of: job.cancellation) }
    if exists(job.cancellation) {
      throw JobError(
        .io, job.cancellation.string, "cannot be removed: the job stays cancelled",
        remedy: "Remove it as the user whose folder that is.")
    }
  }

  /// As the reason that a job stands where it does.
  public var reason: String { "cancelled by \(who)" }

  /// When, to the minute, for people.
  var moment: String { at.spaced(16) }

  var event: JobEvent { JobEvent(at: at, who: who, .cancelled) }

  /// Whether a manifest tells of it.
  func isRecorded(in manifest: Manifest) -> Bool {
    manifest.history.contains { $0.what == .cancelled && $0.at == at }
  }
}
