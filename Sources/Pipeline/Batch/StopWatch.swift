internal import Jobs
internal import Synchronization

/// Tells once of each way in which a batch is told to end, for as long as this lives: by a signal, by its failures, or by
/// the clock, which nothing else tells of.
final class StopWatch {
  private let looks: RepeatedLook

  init(of stop: StopSource, until: Timestamp?, _ observe: @escaping @Sendable (RunEvent) -> Void) {
    let told = Mutex(StopSource.Level.none)
    looks = RepeatedLook(every: 0.25) {
      let level = stop.level
      let isNew = told.withLock { told in
        defer { told = level }
        return level > told
      }
      guard isNew else { return }
      let because = stop.isPastDeadline ? until.map { "it is past \($0.format("%H:%M")): nothing more is begun" } : nil
      observe(.batchStopping(level, because: because))
    }
  }
}
