public import Jobs
internal import Dispatch
internal import Synchronization
internal import SystemPackage

/// `.cpwx/batches/ID.json`: how far a running batch has come, for `cpwx status`. It goes when the batch ends.
final class BatchStatus: Sendable {
  private struct State {
    var progress = BatchProgress()
    var isDue = false
    var hasEnded = false
  }

  private let path: FilePath
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "cpwx.status")

  /// Seconds.
  private static let pause = 0.25

  init(of batch: String, in workspace: Workspace) {
    path = workspace.batchStatusFolder.appending("\(batch).json")
  }

  /// Removes what batches left that were killed.
  static func sweep(_ workspace: Workspace) {
    Leftovers.sweep(workspace.batchStatusFolder)
    for name in names(in: workspace.batchStatusFolder) where name.hasSuffix(".json") && !name.hasPrefix(".") {
      let record = workspace.batchFolder.appending(name)
      let status = (try? BatchRecord(reading: record)).map { BatchRecord.status($0, at: record) }
      if status != .running { unlink(workspace.batchStatusFolder.appending(name)) }
    }
  }

  /// Takes an event in; what it makes of the whole is written a moment later, with all that came meanwhile.
  func note(_ event: RunEvent) {
    let isFirst = state.withLock { state in
      state.progress.note(event)
      defer { state.isDue = true }
      return !state.isDue
    }
    guard isFirst else { return }
    if case .batchStarted = event { return queue.async { self.write() } }
    queue.asyncAfter(deadline: .now() + Self.pause) { self.write() }
  }

  /// Ends the telling.
  func end() {
    queue.sync { state.withLock { $0.hasEnded = true } }
    unlink(path)
  }

  private func write() {
    let progress = state.withLock { state -> BatchProgress? in
      state.isDue = false
      return state.hasEnded ? nil : state.progress
    }
    guard let progress else { return }
    // Not being able to tell stops nothing.
    _ = try? makeFolder(path.removingLastComponent())
    try? DurableFile.writeFast(progress.document.bytes(), to: path)
  }
}

extension Workspace {
  var batchStatusFolder: FilePath { stateFolder.appending("batches") }

  /// How far the batches have come that run now, oldest first: the documents of ``BatchProgress``, and who runs them.
  public func runningBatches() -> [JSON] {
    batchRecords().compactMap { path in
      guard let record = try? BatchRecord(reading: path), BatchRecord.status(record, at: path) == .running else {
        return nil
      }
      let status = batchStatusFolder.appending("\(record.id).json")
      // One that has just begun, or cannot write its status, has told nothing yet.
      var document = (try? DurableFile.read(status)).flatMap { try? JSON(parsing: $0) } ?? BatchProgress().document
      document["batch_id"] = .string(record.id)
      document["started_at"] = .string(record.startedAt)
      document["timezone"] = record.document["timezone"] ?? .null
      document["who"] = .string(record.who)
      document["inputs"] = .strings(record.inputs)
      return document
    }
  }
}
