public import Index
public import Jobs
public import SystemPackage

/// Which jobs are to be archived.
public struct ArchiveChoice: Sendable {
  /// Jobs that were named.
  public var names: [String] = []
  /// Only jobs that were completed before; those without a time of completion count from their last change.
  public var before: Timestamp?
  /// ``PipelineStatus``es, or `damaged`.
  public var statuses = [PipelineStatus.completed.rawValue]
  public var user: String?
  /// Archive the oldest jobs until no more than this part of the disk is in use, from 0 to 1.
  public var over: Double?
  /// Also jobs that could go on, and those that have changed since they were archived.
  public var force = false

  public init() {}

  /// A job that was chosen.
  public struct Candidate: Sendable {
    public var job: IndexedJob
    /// Why it is not archived all the same.
    public var objection: String?
    /// Whether its archive is all that is left of it already.
    public var isDone: Bool { job.isArchived }
  }

  /// The jobs, oldest first.
  ///
  /// - Throws: ``JobError`` with code `usage` for a name that fits no job.
  public func candidates(in workspace: Workspace, notice: IndexNotice) throws -> [Candidate] {
    var found: [IndexedJob] = []
    for name in names {
      let job = try JobIndex.job(named: name, in: workspace, notice: notice)
      if !found.contains(where: { $0.folder == job.folder }) { found.append(job) }
    }
    if !names.isEmpty { return found.map { Candidate(job: $0, objection: objection(to: $0)) } }
    var query = JobQuery()
    query.filters = [try JobFilter("status=\(statuses.joined(separator: ","))"), try JobFilter("archive!=archived")]
    if let user { query.filters.append(try JobFilter("user=\(user)")) }
    (query.order, query.ascending) = (.created, true)
    found = try JobIndex.look(in: workspace, notice: notice) { try $0.page(query) }
    return found.filter { !$0.isArchived && isOld($0, in: workspace) }
      .sorted { (age($0, in: workspace), $0.folder) < (age($1, in: workspace), $1.folder) }
      .map { Candidate(job: $0, objection: objection(to: $0)) }
  }

  /// What speaks against archiving a job, however it was chosen.
  private func objection(to job: IndexedJob) -> String? {
    if job.isArchived || force && !names.isEmpty { return nil }
    switch PipelineStatus(rawValue: job.status) {
    case .running?: return "it is running"
    case .pending?: return "it has not begun, and can be run; name it with --force to archive it all the same"
    case .interrupted?: return "it can be resumed; name it with --force to archive it all the same"
    // Who asks for failed ones by their status has given them up; who names a job may not know how it ended.
    case .failed? where !names.isEmpty:
      return "it failed, and can be resumed; name it with --force to archive it all the same"
    case .completed?, .failed?, nil: return nil
    }
  }

  private func isOld(_ job: IndexedJob, in workspace: Workspace) -> Bool {
    before.map { age(job, in: workspace) < $0 } ?? true
  }

  /// When the job was completed, or else last changed; or was put back from its archive, as it is there for a reason then.
  private func age(_ job: IndexedJob, in workspace: Workspace) -> Timestamp {
    let age = job.completed ?? Timestamp(microseconds: job.stamp.modified / 1000)
    guard let archive = job.archive, let kept = try? FileStatus(of: workspace.resolve(documentPath: archive)),
      let changed = FileStatus.changeTime(of: workspace.resolve(documentPath: job.folder)), changed > kept.modified
    else { return age }
    return max(age, Timestamp(microseconds: changed / 1000))
  }
}

/// How full the disk is that jobs lie on.
public struct DiskUse: Sendable {
  /// Bytes that are in use, and all that users may have.
  private let used: Double
  private let all: Double

  /// `nil` where the disk does not say.
  init?(of folder: FilePath) {
    guard let space = DiskSpace(of: folder) else { return nil }
    used = Double(space.all) - Double(space.unused)
    all = used + Double(space.available)
    if all <= 0 { return nil }
  }

  /// From 0 to 1, once so many bytes more are free.
  func part(freeing bytes: Double = 0) -> Double { max(0, used - bytes) / all }

  /// From 0 to 1; `nil` where the disk does not say.
  public static func part(of folder: FilePath) -> Double? { DiskUse(of: folder)?.part() }

  /// Whether two folders lie on one disk, or will.
  static func isOne(_ folder: FilePath, _ other: FilePath) -> Bool {
    let devices = [folder, other].map { try? FileStatus(of: standing($0)).device }
    return devices[0] != nil && devices[0] == devices[1]
  }
}
