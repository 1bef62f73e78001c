internal import GRDB
internal import Jobs
internal import SystemPackage

extension Database {
  /// Brings what the table says of batches to what their records say. Records never change once they have ended; of one that
  /// seems interrupted it may only be that its lock is not seen from here.
  func storeBatches(of workspace: Workspace) throws {
    let folder = workspace.documentPath(workspace.batchFolder)
    // Before the records are read, so that what comes meanwhile is noticed.
    if let stamp = FolderStamp(workspace.batchFolder) {
      try store(folder, stamp)
    } else {
      try execute(sql: "DELETE FROM folders WHERE path = ?", arguments: [folder])
    }
    let ended = try String.fetchSet(
      self, sql: "SELECT batch_id FROM batches WHERE status NOT IN ('running', 'interrupted')")
    var standing: Set<String> = []
    for path in workspace.batchRecords() {
      guard let name = path.stem else { continue }
      standing.insert(name)
      guard !ended.contains(name), let record = try? BatchRecord(reading: path) else { continue }
      try execute(
        sql: "INSERT OR REPLACE INTO batches VALUES (?,?,?,?,?,?)",
        arguments: [
          name, record.who, record.inputs.joined(separator: "\n"), record.startedAt, record.completedAt,
          BatchRecord.status(record, at: path).rawValue,
        ])
    }
    let known = try String.fetchSet(self, sql: "SELECT batch_id FROM batches")
    for gone in known.subtracting(standing) {
      try execute(sql: "DELETE FROM batches WHERE batch_id = ?", arguments: [gone])
    }
  }

  /// Whether the records of batches may say something else by now: some came or went, or one ran that nobody runs any more.
  func batchesHaveMoved(in workspace: Workspace) throws -> Bool {
    let folder = workspace.documentPath(workspace.batchFolder)
    let row = try Row.fetchOne(
      cachedStatement(sql: "SELECT inode, modified FROM folders WHERE path = ?"), arguments: [folder])
    let known = row.map { FolderStamp(inode: $0[0], modified: $0[1]) }
    if FolderStamp(workspace.batchFolder) != known || known?.modified == 0 { return true }
    return try String.fetchAll(cachedStatement(sql: "SELECT batch_id FROM batches WHERE status = 'running'")).contains {
      let path = workspace.batchFolder.appending("\($0).json")
      return (try? BatchRecord(reading: path)).map { BatchRecord.status($0, at: path) } != .running
    }
  }
}
