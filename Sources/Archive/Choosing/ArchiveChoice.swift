public import Index
public import Jobs
public import SystemPackage

/// Which jobs are to be archived.
public struct ArchiveChoice: Sendable {
  /// Jobs that were named.
  public var names: [String] = []
  /// Only jobs that were completed before; those without a time of completion count from their last change.
  public var before: Timestamp?
  /// What jobs can be chosen by: one that runs is never archived.
  public static let knownStatuses = JobFilter.knownStatuses.filter { $0 != PipelineStatus.running.rawValue }

  /// Some of ``knownStatuses``.
  public var statuses = [PipelineStatus.completed.rawValue]
  public var user: String?
  /// Archive the oldest jobs until no more than this part of the disk is in use, from 0 to 1.
  public var over: Double?
  /// Also jobs that could go on, that were put back from their archives, and that have changed since they were archived.
  public var force = false
  /// Whether jobs stay when they are archived.
  public var keepsJobs = false

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
    if !names.isEmpty { return found.map { Candidate(job: $0, objection: objection(to: $0, in: workspace)) } }
    var query = JobQuery()
    query.filters = [try JobFilter("status=\(statuses.joined(separator: ","))"), try JobFilter("archive!=archived")]
    if let user { query.filters.append(try JobFilter("user=\(user)")) }
    (query.order, query.ascending) = (.created, true)
    found = try JobIndex.look(in: workspace, notice: notice) { try $0.page(query) }
    return found.filter { !$0.isArchived && isOld($0, in: workspace) }
      .sorted { (age($0, in: workspace), $0.folder) < (age($1, in: workspace), $1.folder) }
      .map { Candidate(job: $0, objection: objection(to: $0, in: workspace)) }
  }

  /// What speaks against archiving a job, however it was chosen.
  private func objection(to job: IndexedJob, in workspace: Workspace) -> String? {
    if job.isArchived || force { return nil }
    switch PipelineStatus(rawValue: job.status) {
    case .running?: return "it is running"
    case .pending?: return "it has not begun, and can be run; name it with --force to archive it all the same"
    case .interrupted?: return "it can be resumed; name it with --force to archive it all the same"
    case .failed?: return "it failed, and can be resumed; name it with --force to archive it all the same"
    case .completed?, nil: break
    }
    // It is there for a reason. Where an age is given, it counts from then.
    if keepsJobs || before != nil { return nil }
    return restored(job, in: workspace).map {
      "it was restored on \($0.format("%Y-%m-%d %H:%M")), after its archive was made; name it with --force to archive it all the same"
    }
  }

  private func isOld(_ job: IndexedJob, in workspace: Workspace) -> Bool {
    before.map { age(job, in: workspace) < $0 } ?? true
  }

  /// When the job was completed, or else last changed; or was put back from its archive.
  private func age(_ job: IndexedJob, in workspace: Workspace) -> Timestamp {
    let age = job.completed ?? Timestamp(microseconds: job.stamp.modified / 1000)
    return restored(job, in: workspace).map { max(age, $0) } ?? age
  }

  /// When the job's folder was made, where that is younger than its archive.
  private func restored(_ job: IndexedJob, in workspace: Workspace) -> Timestamp? {
    guard let archive = job.archive, let kept = try? FileStatus(of: workspace.resolve(documentPath: archive)),
      let born = FileStatus.birthTime(of: workspace.resolve(documentPath: job.folder)), born > kept.modified
    else { return nil }
    return Timestamp(microseconds: born / 1000)
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
