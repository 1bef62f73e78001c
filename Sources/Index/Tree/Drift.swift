internal import GRDB
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// What the files say by now, brought into the index before it is believed.
///
/// Added and removed jobs show in the times of the folders above them, which are few. Jobs that were under way and the
/// newest are looked at every time, and all where there are few; others when they are about to be shown.
struct Drift {
  private let index: JobIndex
  private var workspace: Workspace { index.workspace }

  init(_ index: JobIndex) { self.index = index }

  /// Jobs that another host may carry on at any time.
  private static let isOpen = "status IN ('running', 'pending', 'interrupted')"
  /// Of those at most so many at a look, which takes some 6 ms.
  private static let mostOpen = 1_500
  /// Of all others, the newest, which are asked for most.
  private static let newest = 300
  /// Where there are no more jobs than these, all are looked at.
  private static let few = 2_000

  /// Notices jobs that came, went, or moved on.
  ///
  /// - Parameter waits: for whoever writes; else what is found while others write is left for the next look.
  func heal(waits: Bool = false) throws {
    let now = ContinuousClock.now
    // The pages of one list follow each other in a moment, and thousands of folders need not be looked at for each.
    if !waits, let last = index.compared.withLock({ $0 }), now - last < .milliseconds(100) { return }
    let isFew = try index.read { try $0.standingCount() } <= Self.few
    var moved = try jobsThatMoved(of: "ORDER BY key DESC LIMIT \(isFew ? Self.few : Self.newest)", []).moved
    if !isFew {
      let newest = Set(moved.map(\.key))
      let open = "INDEXED BY jobs_open WHERE \(Self.isOpen) ORDER BY key DESC LIMIT \(Self.mostOpen)"
      moved += try jobsThatMoved(of: open, []).moved.filter { !newest.contains($0.key) }
    }
    _ = try store(try news(of: moved), try changedFolders(), waits: waits)
    index.compared.withLock { $0 = now }
  }

  /// What became of jobs since they were stored.
  struct News {
    var changed: [IndexedJob] = []
    var gone: [IndexedJob] = []
    /// Archives of changed jobs that were changed in place.
    var archives: [IndexedArchive] = []

    var isEmpty: Bool { changed.isEmpty && gone.isEmpty }
  }

  /// Compares every job with its files.
  func healAll() throws {
    try heal(waits: true)
    var place: Int64? = .max
    while let last = place { place = try heal(before: last, count: 10_000, waits: true) }
  }

  /// Compares some jobs with their files, newest first.
  ///
  /// - Parameters:
  ///   - last: the key of the job before them; where it begins, the greatest that there can be.
  ///   - waits: for whoever writes; else they are to be compared once more where that is needed.
  /// - Returns: where to go on; `nil` when all were compared.
  func heal(before last: Int64, count: Int, waits: Bool) throws -> Int64? {
    let (moved, seen) = try jobsThatMoved(of: "WHERE key < ? ORDER BY key DESC LIMIT \(count)", [.integer(last)])
    guard try store(try news(of: moved), waits: waits) else { return last }
    return seen.count == count ? seen.last : nil
  }

  /// Compares these jobs with their files.
  func news(of jobs: [IndexedJob]) throws -> News {
    var news = News()
    let stamps = StampReader(workspace)
    for job in jobs {
      let folder = workspace.resolve(documentPath: job.folder)
      let isSame = stamps.isSame(job.folder, job.stamp)
      if isSame, job.stamp != .none {
        // Nobody wrote; but who ran it may have died.
        guard job.status == PipelineStatus.running.rawValue, !FileLock.isHeld(folder.appending(JobPaths.lockName))
        else { continue }
      } else if !isDirectory(folder) {
        if job.isArchived, try seeArchive(of: job, &news) { continue }
        if isNoFolder(folder) { news.gone.append(job) } else { index.mayNotRead(job.folder) }
        continue
      } else if isSame {
        continue
      }
      if !job.place.isNamedByItsFolder {
        // Another writer's file may call it otherwise by now, or be gone.
        let place = JobTree(workspace: workspace).job(around: folder)
        if place?.id != job.jobID {
          news.gone.append(job)
          if let place, let read = IndexedJob(reading: place, in: workspace) { news.changed.append(read) }
          continue
        }
      }
      if var read = IndexedJob(reading: job.place, in: workspace) {
        if read.stamp == .unread {
          index.mayNotRead(job.folder)
          continue
        }
        (read.key, read.archive) = (job.key, job.archive)
        news.changed.append(read)
      } else {
        news.gone.append(job)
      }
    }
    return news
  }

  /// Compares a job of which nothing else is left with its archive.
  ///
  /// - Returns: whether there is one.
  private func seeArchive(of job: IndexedJob, _ news: inout News) throws -> Bool {
    guard let archive = try index.read({ try $0.archive(ofFolder: job.folder) }),
      let place = archive.place(in: workspace)
    else { return false }
    guard let status = try? FileStatus(of: place.file(in: workspace)) else {
      return ArchiveReach(in: workspace).flaw(of: place.file(in: workspace)) != nil
    }
    if archive.isAsRead(status) { return true }
    guard let reading = ArchiveReading(place, in: workspace) else { return false }
    news.archives.append(reading.row())
    guard var read = reading.job() else { return false }
    (read.key, read.archive) = (job.key, job.archive)
    news.changed.append(read)
    return true
  }

  /// Brings them into the index.
  ///
  /// - Returns: whether it was done; not when others write.
  func store(_ news: News, waits: Bool = false) throws -> Bool { try store(news, FolderChanges(), waits: waits) }

  private func store(_ news: News, _ changes: FolderChanges, waits: Bool) throws -> Bool {
    if news.isEmpty, changes.isEmpty { return true }
    do {
      try index.write(waits: waits) { db in
        for job in news.gone {
          try db.leave(job.folder, in: workspace)
          // What is no job any more may become one again.
          let above = FilePath(job.folder).removingLastComponent().string
          try db.execute(sql: "UPDATE folders SET modified = 0 WHERE path = ?", arguments: [above])
        }
        let writer = try JobWriter(db)
        for job in news.changed { try writer.store(job) }
        for archive in news.archives { try db.store(archive) }
        try changes.apply(db, workspace)
      }
      if !news.isEmpty {
        index.notice.detail("Of the jobs, \(news.changed.count) had changed and \(news.gone.count) were gone.")
      }
      return true
    } catch let error as JobError where error.code == .locked {
      return false
    }
  }

  /// Of some jobs those whose files have changed, and those that somebody may have stopped running.
  ///
  /// - Returns: beside them how many were looked at, and the key of the last one.
  private func jobsThatMoved(
    of some: String, _ values: [RowValue]
  ) throws -> (moved: [IndexedJob], seen: (count: Int, last: Int64)) {
    let stamps = StampReader(workspace)
    return try index.read { db in
      var moved: [Int64] = []
      var seen: (count: Int, last: Int64) = (0, -1)
      let sql = "SELECT key, inode, size_bytes, modified, status = 'running', folder FROM jobs \(some)"
      try RowStatement(db, sql).rows(values) { row in
        let known = JobStamp(rawInode: row.integer(at: 1), size: row.integer(at: 2), modified: row.integer(at: 3))
        let mayHaveStopped = row.integer(at: 4) != 0
        seen = (seen.count + 1, row.integer(at: 0))
        if unsafe mayHaveStopped || !stamps.isSame(job: row.text(at: 5), known) { moved.append(seen.last) }
      }
      let jobs = try moved.flatMap {
        try db.jobs("SELECT \(Database.jobColumns) FROM jobs WHERE key = ?", arguments: [$0])
      }
      return (jobs, seen)
    }
  }

  private func changedFolders() throws -> FolderChanges {
    let tree = JobTree(workspace: workspace)
    let stamps = StampReader(workspace)
    var changes = FolderChanges()
    let (changed, newRoots) = try index.read { db in
      changes.ofBatches = try db.batchesHaveMoved(in: workspace)
      try changes.leaveOtherRoots(tree, db)
      var changed: [String] = []
      try RowStatement(db, "SELECT path, inode, modified FROM folders").rows([]) { row in
        let known = FolderStamp(inode: row.integer(at: 1), modified: row.integer(at: 2))
        if unsafe !stamps.isSame(row.text(at: 0), known) {
          unsafe changed.append(String(decoding: row.text(at: 0), as: UTF8.self))
        }
      }
      let newRoots = try tree.roots().filter { root in
        try String.fetchOne(db, sql: "SELECT path FROM folders WHERE path = ?", arguments: [root.path]) == nil
      }
      return (changed, newRoots)
    }
    if changed.isEmpty, newRoots.isEmpty { return changes }
    let known = try index.read { db in
      var known: [String: FolderStamp] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT path, inode, modified FROM folders")
      while let row = try rows.next() { known[row[0]] = FolderStamp(inode: row[1], modified: row[2]) }
      return known
    }
    let batches = workspace.documentPath(workspace.batchFolder)
    for path in changed where path != batches { try changes.look(path, known, tree, index) }
    for root in newRoots { try changes.look(root.path, known, tree, index) }
    return changes
  }
}

extension IndexedJob {
  /// Where it was found.
  var place: JobPlace {
    let day = JobDate(digits: String(key / JobKey.places / 10_000_000)[...])
    return JobPlace(
      id: jobID, user: userID, folder: folder, logs: logs, date: day, number: Int(key / JobKey.places % 10_000_000))
  }
}
