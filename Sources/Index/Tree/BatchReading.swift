internal import GRDB
internal import Jobs
internal import SystemPackage

extension Database {
  /// Brings what the table says of batches to what their records say. Records never change once they have ended.
  func storeBatches(of workspace: Workspace) throws {
    let ended = try String.fetchSet(self, sql: "SELECT batch_id FROM batches WHERE status <> 'running'")
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
}
