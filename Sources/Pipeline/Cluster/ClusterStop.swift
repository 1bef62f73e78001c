internal import Jobs

/// Has a batch on the cluster end: what waits is taken out of the queue; what runs is asked to end with its stage, and
/// then at once.
struct ClusterStop {
  private let slurm: Slurm
  private let stop: StopSource
  private var asked: [FollowedTask.Key: StopSource.Level] = [:]
  private var askedAt: ContinuousClock.Instant?
  /// Arrays of which nothing is to be left.
  private var cancelled: Set<String> = []
  /// Whether it was told already that the cluster does not listen.
  private var isWarned = false

  /// Tasks named in one call: a command line has no room for all.
  private static let most = 500

  init(_ slurm: Slurm, _ stop: StopSource) { (self.slurm, self.stop) = (slurm, stop) }

  /// Does what is to be done now.
  mutating func look(at tasks: [FollowedTask], _ arrays: [ClusterArray], warn: (String) -> Void) {
    guard stop.level > .none else { return }
    fresh = []
    let open = Set(tasks.map(\.array))
    let ids = arrays.filter { open.contains($0.name) }.compactMap(\.id)
    do {
      if stop.level == .now {
        askedAt = askedAt ?? .now
        if let askedAt, .now - askedAt > .seconds(30) {
          try cancel(ids)
          isWarned = false
          return
        }
      }
      if tasks.contains(where: { $0.isWaiting || $0.told == nil }), !ids.isEmpty { try slurm.cancelWaiting(ids) }
      // One that has just begun would die of a signal that it cannot take yet.
      let ready = tasks.filter { $0.isListening && ($0.hasBegun || ($0.told?.seconds ?? 0) >= 10) }
      try ask(ready.filter { asked[$0.key] == nil }, .drain)
      if stop.level == .now {
        try ask(ready.filter { asked[$0.key] == .drain && !isNew($0.key) }, .now)
        let deaf = tasks.filter { $0.told?.isSuspended == true && asked[$0.key] != .now }.prefix(Self.most)
        if !deaf.isEmpty {
          try slurm.cancel(deaf.compactMap(\.told?.id))
          for task in deaf { asked[task.key] = .now }
        }
      }
      isWarned = false
    } catch {
      if !isWarned { warn("the cluster could not be told to end the batch, and will be told again: \(error)") }
      isWarned = true
    }
  }

  private mutating func cancel(_ arrays: [String]) throws {
    let left = arrays.filter { !cancelled.contains($0) }
    guard !left.isEmpty else { return }
    try slurm.cancel(left)
    cancelled.formUnion(left)
  }

  /// Asked in this very look: two signals at once are one.
  private var fresh: Set<FollowedTask.Key> = []
  private func isNew(_ key: FollowedTask.Key) -> Bool { fresh.contains(key) }

  private mutating func ask(_ tasks: [FollowedTask], _ level: StopSource.Level) throws {
    var rest = tasks[...]
    while !rest.isEmpty {
      let some = rest.prefix(Self.most)
      rest = rest.dropFirst(Self.most)
      do {
        try slurm.signal(some.compactMap(\.told?.id))
      } catch let failure as Slurm.Failure where failure.isOfEnded {
        // The others are told. A second time would end those at once.
      }
      for task in some {
        asked[task.key] = level
        if level == .drain { fresh.insert(task.key) }
      }
    }
  }
}
