internal import Dispatch
public import Jobs
internal import Synchronization

/// Tells the index of jobs that move, without making them wait: in the background, all that came meanwhile at once.
///
/// The job's files are read again when their turn comes, so what is stored is never older than what they said when it
/// was read. A failing index is told of once; the jobs go on, and the next look at the index finds what it missed.
///
/// As long as it is fed, all other jobs are compared with their files, too, a few at a time: of older ones no look at a list
/// notices that somebody has edited them.
public final class IndexFeed: Sendable {
  /// Seconds in which what comes is gathered.
  private static let pause = 0.1
  /// Seconds from one comparison of all jobs to the next.
  private static let round = 3600.0
  /// Of each so many seconds, so many are given to it.
  private static let turn = (of: 0.25, seconds: 0.005)

  private let workspace: Workspace
  /// Seconds before older jobs are compared: of many short runs, none need do it.
  private let patience: Double
  private let notice: IndexNotice
  private let queue = DispatchQueue(label: "cpwx.index")
  private let moved = Mutex<[JobPaths]>([])
  private let index = Mutex<State>(.closed)

  private enum State: Sendable {
    case closed
    case open(JobIndex)
    case failed
  }

  public convenience init(_ workspace: Workspace, notice: IndexNotice) {
    self.init(workspace, notice: notice, patience: 5)
  }

  init(_ workspace: Workspace, notice: IndexNotice, patience: Double) {
    (self.workspace, self.notice, self.patience) = (workspace, notice, patience)
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
        if case .closed = state {
          state = .open(try JobIndex.open(workspace, notice: notice))
          compare(after: patience)
        }
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

  /// Compares all jobs with their files, newest first, until the index is closed.
  ///
  /// - Parameter last: the key of the job that was compared last.
  private func compare(before last: Int64 = .max, after seconds: Double) {
    queue.asyncAfter(deadline: .now() + seconds) { [self] in
      index.withLock { state in
        guard case .open(let index) = state else { return }
        let end = ContinuousClock.now + .seconds(Self.turn.seconds)
        var place: Int64? = last
        do {
          while let last = place, ContinuousClock.now < end {
            place = try Drift(index).heal(before: last, count: 100, waits: false)
          }
        } catch {
          // Whoever asks the index next is told of its trouble, and does something about it.
          return
        }
        if let place { compare(before: place, after: Self.turn.of) } else { compare(after: Self.round) }
      }
    }
  }
}
