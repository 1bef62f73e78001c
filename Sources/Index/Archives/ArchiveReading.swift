internal import Jobs
internal import SeekableTar
internal import SystemPackage

/// An archive opened for what the index has to know of it. Of the data only the job's records are read.
///
/// One that holds another job than it is called after, as a copy under another name, stands for none.
struct ArchiveReading {
  private let place: ArchivePlace
  private let workspace: Workspace
  private let status: FileStatus
  /// `nil` where the trailer is damaged.
  private let archive: SeekableArchive?

  /// - Returns: `nil` when nothing is there any more.
  init?(_ place: ArchivePlace, in workspace: Workspace) {
    let file = place.file(in: workspace)
    guard let status = try? FileStatus(of: file), status.isRegular else { return nil }
    (self.place, self.workspace, self.status) = (place, workspace, status)
    archive = try? SeekableArchive(file)
  }

  private var isMisnamed: Bool {
    guard let contents = archive?.contents else { return false }
    guard let names = try? ArchiveNames(place) else { return true }
    return names.flaw(in: contents) != nil
  }

  /// The archive's row.
  func row() -> IndexedArchive {
    let (job, isMisnamed) = (told(), self.isMisnamed)
    let contents = archive?.contents
    let date = job.completedAt ?? job.createdAt
    return IndexedArchive(
      path: place.path, folder: isMisnamed ? "" : place.folder, jobID: job.jobID, userID: job.userID, title: job.title,
      year: job.year,
      date: date, moment: date.flatMap { Timestamp($0, in: job.timezone) }, members: contents?.members.count,
      bytes: contents?.contentBytes,
      archiveBytes: status.size, sha256: (try? archive?.digest())?.hex, tarSHA256: contents?.tarDigest.hex,
      status: archive == nil || isMisnamed ? .damaged : place.isRedacted ? .redacted : .verified,
      modified: status.modified,
      inode: Int64(truncatingIfNeeded: status.inode), who: accountName(of: status.owner), key: job.key)
  }

  /// The job as its own records in the archive tell of it; `nil` when it stands for none.
  func job() -> IndexedJob? { isMisnamed ? nil : told() }

  private func told() -> IndexedJob {
    let id =
      JobID(place.name) == nil && !isMisnamed ? archive?.contents.annotations["job_id"] ?? place.name : place.name
    let job = JobPlace(
      id: id, user: place.user, folder: place.folder, logs: place.logs, date: place.date,
      number: JobID(id)?.number ?? id.split(separator: "-").last.flatMap { Int($0) } ?? place.number)
    return IndexedJob(archivedAt: job, isDamaged: archive == nil) { name in
      guard let archive, let path = try? ArchiveNames(place).inOutput(name),
        let member = archive.contents.member(path)
      else { return nil }
      return try? archive.bytes(of: member)
    }
  }
}
