internal import Dispatch
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// Tells whoever follows a job from elsewhere how far its run is (``WorkerProgress``), while this machine has it in hand.
///
/// A second's events are one write: of a stage that takes less, nothing is told, and a job of such stages costs none.
final class ProgressTelling: Sendable {
  private struct State {
    var progress: WorkerProgress
    /// As the file has it.
    var written: WorkerProgress
    var hasWritten = false
    var isDue = false
    var hasEnded = false
  }

  private let path: FilePath
  private let state: Mutex<State>
  private let queue = DispatchQueue(label: "cpwx.progress")

  /// Seconds.
  private static let pause = 1.0

  /// - Parameter began: when the run did, as its record has it.
  init(of job: JobPaths, began: Timestamp) {
    path = job.progress
    let nothing = WorkerProgress(run: began.text)
    state = Mutex(State(progress: nothing, written: nothing))
  }

  func note(_ event: RunEvent) {
    let isFirst = state.withLock { state in
      state.progress.note(event)
      guard !state.isDue, state.progress != state.written else { return false }
      state.isDue = true
      return true
    }
    if isFirst { queue.asyncAfter(deadline: .now() + Self.pause) { self.write() } }
  }

  /// Ends the telling, and removes the file.
  func end() {
    let isThere = queue.sync {
      state.withLock { state in
        defer { state.hasEnded = true }
        return !state.hasEnded && state.hasWritten
      }
    }
    if isThere { unlink(path) }
  }

  private func write() {
    let progress = state.withLock { state -> WorkerProgress? in
      state.isDue = false
      guard !state.hasEnded, state.progress != state.written else { return nil }
      (state.written, state.hasWritten) = (state.progress, true)
      return state.progress
    }
    // Not being able to tell stops nothing.
    if let progress { try? DurableFile.writeFast(progress.document.bytes(.compact), to: path) }
  }
}
