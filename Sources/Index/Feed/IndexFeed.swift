internal import Dispatch
public import Jobs
internal import Synchronization

/// Tells the index of jobs that move, without making them wait: in the background, all that came meanwhile at once.
///
/// The job's files are read again when their turn comes, so what is stored is never older than what they said when it
/// was read. A failing index is told of once; the jobs go on, and the next look at the index finds what it missed.
public final class IndexFeed: Sendable {
  /// Seconds in which what comes is gathered.
  private static let pause = 0.1

  private let workspace: Workspace
  private let notice: IndexNotice
  private let queue = DispatchQueue(label: "cpwx.index")
  private let moved = Mutex<[JobPaths]>([])
  private let index = Mutex<State>(.closed)

  private enum State: Sendable {
    case closed
    case open(JobIndex)
    case failed
  }

  public init(_ workspace: Workspace, notice: IndexNotice) {
    (self.workspace, self.notice) = (workspace, notice)
  }

  /// A job's files have changed.
  public func tell(_ job: JobPaths) {
    let isFirst = moved.withLock { moved in
      if moved.contains(job) { return false }
      moved.append(job)
      return moved.count == 1
    }
    if isFirst { queue.asyncAfter(deadline: .now() + Self.pause) { self.store() } }
  }

  /// Waits until everything told is stored.
  public func finish() {
    queue.sync {
      store()
      index.withLock { state in
        if case .open(let index) = state {
          try? index.storeBatches()
          index.close()
        }
        state = .closed
      }
    }
  }

  private func store() {
    let jobs = moved.withLock { moved in
      defer { moved = [] }
      return moved
    }
    guard !jobs.isEmpty else { return }
    index.withLock { state in
      if case .failed = state { return }
      do {
        if case .closed = state { state = .open(try JobIndex.open(workspace, notice: notice)) }
        guard case .open(let index) = state else { return }
        if index.isPassing {
          index.close()
          state = .failed
          return
        }
        try index.store(jobs.compactMap { IndexedJob(reading: JobPlace($0, in: workspace), in: workspace) })
      } catch {
        state = .failed
        notice(
          "the index could not be written (\(error)); the jobs go on, and the next look at it brings it up to date")
      }
    }
  }
}
