public import Jobs
internal import Synchronization
internal import SystemPackage

/// `.cpwx/batches/ID.json`: how far a running batch has come, for `cpwx status`. It goes when the batch ends.
final class BatchStatus: Sendable {
  private struct State {
    var progress = BatchProgress()
    var written: ContinuousClock.Instant?
  }

  private let path: FilePath
  private let state = Mutex(State())

  init(of batch: String, in workspace: Workspace) { path = workspace.batchStatusFolder.appending("\(batch).json") }

  /// Takes an event in; what it makes of the whole is written, at most twice a second.
  func note(_ event: RunEvent) {
    state.withLock { state in
      state.progress.note(event)
      let now = ContinuousClock.now
      if let written = state.written, now - written < .milliseconds(500), !event.isMilestone { return }
      state.written = now
      // Not being able to tell stops nothing.
      try? makeFolder(path.removingLastComponent())
      try? DurableFile.writePassing(state.progress.document.bytes(), to: path)
    }
  }

  func end() { unlink(path) }
}

extension RunEvent {
  /// Whether whoever looks should see it at once.
  fileprivate var isMilestone: Bool {
    switch self {
    case .batchStarted, .jobStarted, .jobEnded, .stageStarted, .stageWaiting: true
    default: false
    }
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
      var document = (try? DurableFile.read(status)).flatMap { try? JSON(parsing: $0) } ?? BatchProgress().document
      document["batch_id"] = .string(record.id)
      document["who"] = .string(record.who)
      document["inputs"] = .strings(record.inputs)
      return document
    }
  }
}
