public import SystemPackage

/// `logs/batches/BATCH.json`: what one `cpwx run` did with its films. Written by that run alone, whole each time.
public struct BatchRecord: Sendable, Equatable {
  public private(set) var document: JSON

  /// The id of a batch that begins: the local second and the process.
  public static func newID(pid: Int32) -> String { Timestamp.now.format("%Y%m%d-%H%M%S-") + String(pid) }

  init(_ id: String, started: Timestamp, who: String, inputs: [String], lanes: [String: Int], executor: String) {
    document = [
      "batch_id": .string(id), "executor": .string(executor), "who": .string(who),
      "inputs": .strings(inputs), "status": .string(PipelineStatus.running.rawValue),
      "started_at": .string(started.text), "timezone": .string(started.timezone), "completed_at": .null,
      "lanes": .object(JSON.Object(members: lanes.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })),
      "jobs": .array([]),
    ]
  }

  /// - Throws: ``JobError`` with code `damaged` or `io`.
  public init(reading path: FilePath) throws { document = try readDocument(path) }

  /// Whether its jobs are done by a cluster, which goes on when this machine does not.
  var isOnCluster: Bool { document["executor"]?.string.map { $0 != "local" } ?? false }

  public var id: String { document["batch_id"]?.string ?? "" }
  /// `user@host` of whoever started it.
  public var who: String? { document["who"]?.string }
  public var inputs: [String] { (document["inputs"]?.array ?? []).compactMap(\.string) }
  /// Local times, in the documented form.
  public var startedAt: String? { document["started_at"]?.string }
  public var completedAt: String? { document["completed_at"]?.string }
  public var recordedStatus: PipelineStatus? { document["status"]?.string.flatMap { PipelineStatus(rawValue: $0) } }

  /// Films that were done before, and of which ``document``'s `jobs` says nothing.
  public var doneBefore: Int { document["done_before"]?.int ?? 0 }

  mutating func end(_ status: PipelineStatus, jobs: [JSON], doneBefore: Int) {
    document["done_before"] = .int(doneBefore)
    document["status"] = .string(status.rawValue)
    document["completed_at"] = .string(Timestamp.now.text)
    document["jobs"] = .array(jobs)
  }
}

/// The batch of this process: its record is `running` as long as this holds its lock.
public struct OpenBatch: ~Copyable {
  private let record: BatchRecord
  private let path: FilePath
  private let lock: FileLock

  /// - Throws: ``JobError`` with code `io` when the record cannot be written.
  public init(
    _ id: String, in workspace: Workspace, who: String, inputs: [String], lanes: [String: Int] = [:],
    executor: String = "local"
  ) throws {
    let record = BatchRecord(id, started: .now, who: who, inputs: inputs, lanes: lanes, executor: executor)
    let path = workspace.batchFolder.appending("\(record.id).json")
    try makeFolder(workspace.batchFolder)
    let lock = try FileLock.wait(for: Self.lockPath(path))
    // Of one that a cluster does, what stands here outlives the power of this machine.
    if executor == "local" {
      try DurableFile.writeFast(record.document.bytes(), to: path)
    } else {
      try DurableFile.write(record.document.bytes(), to: path)
    }
    (self.record, self.path) = (record, path)
    self.lock = lock
  }

  /// Takes over a batch that is on a cluster, and whose run has left it.
  ///
  /// - Throws: ``JobError`` with code `locked` when another process follows it, `usage` when there is no such batch.
  public init(takingOver id: String, in workspace: Workspace) throws {
    let path = workspace.batchFolder.appending("\(id).json")
    guard exists(path) else {
      throw JobError(
        .usage, id, "no such batch in \(workspace.batchFolder)", remedy: "The ids are shown by: cpwx report")
    }
    let lock = try FileLock.take(Self.lockPath(path), subject: "batch \(id)")
    (record, self.path) = (try BatchRecord(reading: path), path)
    self.lock = lock
  }

  public var id: String { record.id }
  public var inputs: [String] { record.inputs }

  /// Ends the batch: its record says what became of the films, durably.
  ///
  /// - Parameter doneBefore: how many films there were beside them that an earlier batch had done: a night's folder holds
  ///   thousands of them, and no record needs to name them again.
  public consuming func end(_ status: PipelineStatus, jobs: [JSON], doneBefore: Int = 0) throws {
    var record = record
    record.end(status, jobs: jobs, doneBefore: doneBefore)
    try DurableFile.write(record.document.bytes(), to: path)
    unlink(Self.lockPath(path))
  }

  /// Ends a batch that had nothing to do: of such a one there is no record.
  public consuming func leaveNone() {
    // Whoever is killed in between leaves one of a batch that was interrupted, and no lock that nobody removes.
    unlink(Self.lockPath(path))
    unlink(path)
  }

  /// Removes what killed batches left besides their records. A record is written under its lock, so a free one has done its
  /// work.
  public static func sweep(in workspace: Workspace) {
    let folder = workspace.batchFolder
    Leftovers.sweep(folder)
    for name in names(in: folder) where name.hasPrefix(".") && name.hasSuffix(".json.lock") {
      let record = folder.appending(String(name.dropFirst().dropLast(".lock".count)))
      if exists(record), !FileLock.isHeld(folder.appending(name)) { unlink(folder.appending(name)) }
    }
  }

  fileprivate static func lockPath(_ record: FilePath) -> FilePath {
    record.removingLastComponent().appending(".\(record.lastComponent?.string ?? "").lock")
  }
}

extension Workspace {
  /// The records of batches.
  public var batchFolder: FilePath { logRoot.appending("batches") }

  /// The records of all batches, oldest first by their ids: those of one second by the number of the process.
  public func batchRecords() -> [FilePath] {
    // Sorted as they are compared quickest: there are as many as there were runs.
    ((try? unsortedNames(in: batchFolder)) ?? [])
      .filter { $0.utf8.first != UInt8(ascii: ".") && $0.utf8.suffix(5).elementsEqual(".json".utf8) }
      .sorted(by: Self.isOlder).map { batchFolder.appending($0) }
  }

  /// Whether the first of two records' names is of an older batch. Numbers of processes have no zeros before them, so the
  /// longer one is greater.
  private static func isOlder(_ name: String, _ other: String) -> Bool {
    let moment = "20251030-154430-".utf8.count
    if name.utf8.count == other.utf8.count || !name.utf8.prefix(moment).elementsEqual(other.utf8.prefix(moment)) {
      return name < other
    }
    return name.utf8.count < other.utf8.count
  }
}

extension BatchRecord {
  /// A batch that is recorded as running and held by nobody was interrupted.
  public static func status(_ record: BatchRecord, at path: FilePath) -> PipelineStatus {
    let status = record.recordedStatus ?? .interrupted
    guard status == .running, !record.isOnCluster else { return status }
    return FileLock.isHeld(OpenBatch.lockPath(path)) ? .running : .interrupted
  }
}
