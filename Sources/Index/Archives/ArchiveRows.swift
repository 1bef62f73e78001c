internal import GRDB
internal import Jobs
internal import SystemPackage

extension IndexedArchive {
  /// From a row of `archives`.
  init(_ row: Row) {
    (path, jobID, userID) = (row["path"], row["job_id"], String(user: row["user_id"]))
    (folder, title, year, date) = (row["folder"] ?? "", row["title"], row["year"], row["date"])
    (members, bytes, archiveBytes) = (row["members"], row["bytes"], row["archive_bytes"] ?? 0)
    (sha256, tarSHA256) = (row["sha256"], row["tar_sha256"])
    status = Status(rawValue: row["status"] ?? "") ?? .damaged
    moment = (row["moment"] as Int64?).map { Timestamp(microseconds: $0) }
    (modified, inode, key) = (row["modified"] ?? 0, row["inode"] ?? 0, row["key"] ?? 0)
    who = row["who"] ?? ""
  }
}

extension Database {
  /// Brings what the table says of an archive to what it says itself.
  func store(_ archive: IndexedArchive) throws {
    try cachedStatement(
      sql: """
        INSERT OR REPLACE INTO archives (path, job_id, user_id, bytes, archive_bytes, sha256, status, folder, title, \
        year, date, members, tar_sha256, modified, inode, key, moment, who) \
        VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
        """
    ).execute(arguments: [
      archive.path, archive.jobID, RowValue.user(archive.userID), archive.bytes, archive.archiveBytes, archive.sha256,
      archive.status.rawValue, archive.folder, archive.title, archive.year, archive.date, archive.members,
      archive.tarSHA256, archive.modified, archive.inode, archive.key, archive.moment?.microseconds, archive.who,
    ])
  }

  /// Brings what the tables say of an archive, and of its job where nothing else is left of that, to what it says itself.
  func store(_ reading: ArchiveReading, in workspace: Workspace) throws {
    let archive = reading.row()
    try store(archive)
    if archive.status != .redacted, !isDirectory(workspace.resolve(documentPath: archive.folder)) {
      if let job = reading.job() { try JobWriter(self).store(job) }
    }
  }

  /// The archives that lie in a folder, or anywhere below it.
  func archives(in path: String, deep: Bool) throws -> [IndexedArchive] {
    // '0' comes after '/'.
    let rows = try Row.fetchAll(
      self, sql: "SELECT * FROM archives WHERE path >= ? AND path < ?", arguments: [path + "/", path + "0"])
    return rows.map { IndexedArchive($0) }.filter { deep || !$0.path.dropFirst(path.count + 1).contains("/") }
  }

  /// The archives that lie in other folders than this, and those below it.
  func archives(outside path: String) throws -> [IndexedArchive] {
    let sql = "SELECT * FROM archives WHERE path < ? OR path >= ?"
    return try Row.fetchAll(cachedStatement(sql: sql), arguments: [path + "/", path + "0"]).map { IndexedArchive($0) }
  }

  /// The job's archive, if there is one that stands for it.
  func archive(ofFolder folder: String) throws -> IndexedArchive? {
    let sql = "SELECT * FROM archives WHERE folder = ? AND status <> 'redacted'"
    return try Row.fetchOne(cachedStatement(sql: sql), arguments: [folder]).map { IndexedArchive($0) }
  }

  /// Forgets a job whose folder is gone, or has its archive tell of it.
  func leave(_ folder: String, in workspace: Workspace) throws {
    if let place = try archive(ofFolder: folder)?.place(in: workspace),
      let job = ArchiveReading(place, in: workspace)?.job()
    {
      try JobWriter(self).store(job)
    } else if let key = try Int64.fetchOne(self, sql: "SELECT key FROM jobs WHERE folder = ?", arguments: [folder]) {
      try removeJob(key)
    }
  }
}
