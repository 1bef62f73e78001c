public import Jobs
internal import SystemPackage

/// What the index knows of one job: all of it read from the job's own files.
public struct IndexedJob: Sendable, Equatable {
  /// The job's folder, as documents write it: `out/2025/10/30/1/20251030-001`.
  public var folder: String
  /// The folder of its logs.
  public var logs: String?
  /// As the job bears it; in the dated layout `YYYYMMDD-NNN`.
  public var jobID: String
  /// A number, or in trees of other writers a login name.
  public var userID: String
  public var title: String?
  public var year: Int?
  /// A ``PipelineStatus``, or `damaged` for a manifest that cannot be read.
  public var status: String
  /// The stage that runs or failed.
  public var stage: String?
  public var input: String?
  /// Why it failed: the last line of what was said.
  public var error: String?
  /// Local times in the documented form.
  public var createdAt: String?
  public var completedAt: String?
  /// The zone that those are local to, and its offset when the job was made: `IST +05:30`; `nil` where none is recorded.
  public var timezone: String?
  /// Seconds that its runs took together; of other writers' jobs, from beginning to end.
  public var totalSeconds: Double?
  /// SHA-256 of the film, where it is recorded.
  public var sha256: String?
  /// The film's size.
  public var inputBytes: Int?
  /// When the film's file was last written, in nanoseconds since 1970.
  public var inputModified: Int?
  public var inputInode: Int?
  /// How long the film plays, where it is recorded.
  public var inputSeconds: Double?
  public var stages: [IndexedStage] = []
  /// What happened besides what the stages tell of themselves.
  public var history: [JobEvent] = []
  /// What the files looked like when they were read.
  public var stamp: JobStamp
  /// Its archive, as documents write the path, where the index was asked for it.
  public var archive: String?
  /// Whether the archive is all that is left of it: its folder is not there.
  public var isArchived: Bool { stamp == .archived }

  /// The place in the order of jobs.
  var key: Int64

  /// A job of which no more is known than where it lies.
  init(at place: JobPlace, stamp: JobStamp) {
    (folder, logs, jobID, userID) = (place.folder, place.logs, place.id, place.user)
    status = PipelineStatus.pending.rawValue
    self.stamp = stamp
    key = JobKey.first(of: place)
  }

  /// When the job was made.
  public var created: Timestamp? { createdAt.flatMap { Timestamp($0, in: timezone) } }
  /// When its last run ended.
  public var completed: Timestamp? { completed(created: created) }

  /// - Parameter created: ``created``.
  func completed(created: Timestamp?) -> Timestamp? {
    completedAt.flatMap { Timestamp($0, in: Timestamp.foreignZone(timezone, madeAt: created)) }
  }
}

/// A stage of a job.
public struct IndexedStage: Sendable, Equatable {
  public var name: String
  public var number: Int?
  /// As recorded; `nil` when the record says none.
  public var status: String?
  public var attempt: Int?
  public var startedAt: String?
  public var completedAt: String?
  public var seconds: Double?
  public var exitCode: Int?
  /// The last line of what was said.
  public var error: String?
  public var peakMemory: Int?
  public var cpuSeconds: Double?
  /// What its declared outputs came to.
  public var outputBytes: Int?
  /// Why it ran again.
  public var because: String?
  /// Whose run of the job it was, where its record tells: `user@host`.
  public var who: String?
}

/// By which a change of a job's files is noticed: of the manifest, or of all files that are asked where it is missing or tells
/// too little.
public struct JobStamp: Sendable, Equatable {
  /// Negative for a stamp of several files.
  public var inode: Int64
  public var size: Int64
  /// Nanoseconds since 1970; of several files the last.
  public var modified: Int64

  static let none = JobStamp(rawInode: 0, size: 0, modified: 0)
  /// Of a job whose files cannot be read now: never that of files.
  static let unread = JobStamp(rawInode: -1, size: 0, modified: 0)
  /// Of a job that was read from its archive.
  static let archived = JobStamp(rawInode: 0, size: -1, modified: 0)

  var isOfSeveral: Bool { inode < 0 || self == .none }

  /// As the index keeps it.
  init(rawInode: Int64, size: Int64, modified: Int64) {
    (inode, self.size, self.modified) = (rawInode, size, modified)
  }

  /// Of one file.
  init(inode: UInt64, size: Int64, modified: Int64) {
    self.init(rawInode: Int64(inode & UInt64(Int64.max)), size: size, modified: modified)
  }

  init(_ status: FileStatus) {
    self.init(inode: status.inode, size: Int64(status.size), modified: status.modified)
  }

  /// Of several files, each in its place; ``none`` when none is there.
  init(of files: [JobStamp?]) {
    self = .none
    guard files.contains(where: { $0 != nil }) else { return }
    var bytes: [UInt8] = []
    for file in files {
      for value in [file?.inode ?? 0, file?.size ?? 0, file?.modified ?? 0] {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes += $0 }
      }
      size += max(0, file?.size ?? 0)
      modified = max(modified, file?.modified ?? 0)
    }
    inode = Int64(bitPattern: bytes.fnv | 1 << 63)
  }
}
