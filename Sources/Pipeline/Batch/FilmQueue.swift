internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// The films that a batch has still to run, handed out one by one to whoever has a hand free.
///
/// A film is handed out when it is still, would be done in time, and has room on the disk; what must wait is passed
/// over by what need not.
final class FilmQueue: Sendable {
  enum Turn {
    case film(Int)
    /// Nothing can begin now; ask again when something has changed, or after some seconds.
    case wait(Double)
    case over
  }

  private struct Entry {
    var number: Int
    var film: InputDecision
    var bytes: Int { film.estimate?.bytes ?? 0 }
    var stillAt: ContinuousClock.Instant
    var reason: String?
  }

  private struct Running {
    var input: FilePath
    var bytes: Int
    /// The job's folder, once there is one, and what lay in it then.
    var folder: FilePath?
    var before = 0
  }

  private struct State {
    /// A slice, whose first is taken away at no cost: there may be thousands.
    var waiting: ArraySlice<Entry>
    /// What the running films' jobs will write, and where, by the film's number.
    var running: [Int: Running] = [:]
    /// What they were reckoned to write in all, so that it is not summed up for each film: there may be thousands.
    var reckoned = 0
    var started = 0
    var ended = 0
    var failed = 0
    /// Why so many failures end the batch.
    var halted: String?
    /// Films that were not begun: how they are to be told of.
    var left: [Int: (kind: InputDecision.Kind, reason: String)] = [:]
    /// Whether more may come.
    var isOpen: Bool
  }

  private let state: Mutex<State>
  private let options: BatchOptions
  private let room: DiskRoom
  private let stop: StopSource
  let changed = WakeUp()

  init(
    _ films: [(number: Int, film: InputDecision)], _ options: BatchOptions, room: DiskRoom,
    stop: StopSource
  ) {
    (self.options, self.room, self.stop) = (options, room, stop)
    state = Mutex(State(waiting: [], isOpen: options.watches))
    add(films)
  }

  /// Films that are to be run too.
  func add(_ films: [(number: Int, film: InputDecision)]) {
    let now = ContinuousClock.now
    let entries = films.map {
      Entry(number: $0.number, film: $0.film, stillAt: now + .seconds($0.film.settlesIn))
    }
    state.withLock { state in
      // One that has changed since takes the place of what it was.
      state.waiting.removeAll { old in entries.contains { $0.film.input == old.film.input } }
      state.waiting += entries
      guard options.until != nil else { return }
      // Long ones first, so that the last hour is for those that fit into it.
      func length(_ entry: Entry) -> (Double, Int) {
        (entry.film.estimate?.seconds ?? 0, entry.film.identity?.size ?? entry.bytes)
      }
      state.waiting.sort { length($0) > length($1) }
    }
    changed.signal()
  }

  /// Nothing more will come.
  func close() {
    state.withLock { $0.isOpen = false }
    changed.signal()
  }

  /// What a free hand does next.
  func next() -> Turn {
    state.withLock { state in
      if stop.level != .none { return leave(&state, .pending, reasonStopped(state)) }
      if let reason = reasonEnough(state) { return leave(&state, .pending, reason) }
      let now = ContinuousClock.now
      var soonest = 1.0
      var isComing = !state.running.isEmpty
      if options.until != nil {
        state.waiting.removeAll { entry in
          guard let reason = reasonNotInTime(entry) else { return false }
          state.left[entry.number] = (.pending, reason)
          return true
        }
      }
      for index in state.waiting.indices {
        let entry = state.waiting[index]
        if entry.stillAt > now {
          soonest = min(soonest, (entry.stillAt - now) / .seconds(1))
          isComing = true
          continue
        }
        if let reason = reasonToWait(entry, &state) {
          state.waiting[index].reason = reason
          continue
        }
        if index == state.waiting.startIndex {
          state.waiting.removeFirst()
        } else {
          state.waiting.remove(at: index)
        }
        state.running[entry.number] = Running(input: entry.film.input, bytes: entry.bytes)
        state.reckoned += entry.bytes
        state.started += 1
        return .film(entry.number)
      }
      if isComing || state.isOpen { return .wait(max(0.02, soonest)) }
      return hold(&state)
    }
  }

  /// Tells what would be left of the films, were all that can begin now done side by side. It goes over them once, and hands
  /// out none: a queue that has foreseen is of no use for a batch.
  ///
  /// - Returns: what became of the others, by the films' numbers, as a batch would tell it.
  func foresee() -> [Int: (kind: InputDecision.Kind, reason: String)] {
    state.withLock { state in
      let films = state.waiting
      state.waiting = []
      for var entry in films {
        if let reason = reasonNotInTime(entry) {
          state.left[entry.number] = (.pending, reason)
          continue
        }
        entry.reason = reasonEnough(state) ?? room.reasonToWait(for: entry.bytes, promised: state.reckoned)
        if entry.reason == nil {
          state.reckoned += entry.bytes
          state.started += 1
        } else {
          state.waiting.append(entry)
        }
      }
      _ = reasonEnough(state).map { leave(&state, .pending, $0) } ?? hold(&state)
      return state.left
    }
  }

  /// Begins nothing more; what runs goes on.
  ///
  /// - Returns: whether anything was left to begin, or might have come.
  @discardableResult
  func leaveRest(_ reason: String) -> Bool {
    let isNews = state.withLock { state in
      let isNews = state.isOpen || !state.waiting.isEmpty
      _ = leave(&state, .pending, reason)
      return isNews
    }
    changed.signal()
    return isNews
  }

  /// A film that was handed out has its job.
  func began(_ number: Int, in folder: FilePath) {
    let before = bytes(below: folder)
    state.withLock { state in
      state.running[number]?.folder = folder
      state.running[number]?.before = before
    }
  }

  /// A film that was handed out is done with.
  ///
  /// - Parameter failed: whether its job failed; `nil` when none was run.
  /// - Returns: why the batch ends with that, where it does by its rule.
  func ended(_ number: Int, failed: Bool?) -> String? {
    let (level, reason) = state.withLock { state -> (StopSource.Level, String?) in
      state.reckoned -= state.running.removeValue(forKey: number)?.bytes ?? 0
      guard let failed else { return (.none, nil) }
      state.ended += 1
      if failed { state.failed += 1 }
      let level = options.halt.level(ended: state.ended, failed: state.failed)
      guard level > .none, state.halted == nil else { return (level, nil) }
      state.halted = "\(state.failed) of \(state.ended) had failed, and --halt \(options.halt) ends the batch then"
      return (level, state.halted)
    }
    stop.raise(to: level)
    changed.signal()
    return reason
  }

  /// Why a film was not begun; `nil` for one that was.
  func reasonLeft(_ number: Int) -> (kind: InputDecision.Kind, reason: String)? { state.withLock { $0.left[number] } }

  /// Whether more may come.
  var isOpen: Bool { state.withLock { $0.isOpen } }

  func isRunning(_ input: FilePath) -> Bool { state.withLock { $0.running.values.contains { $0.input == input } } }

  /// Ends the handing out where what waits has no room, and none will come free.
  private func hold(_ state: inout State) -> Turn {
    for entry in state.waiting { state.left[entry.number] = (.held, entry.reason ?? "no room on the disk") }
    state.waiting = []
    return .over
  }

  private func leave(_ state: inout State, _ kind: InputDecision.Kind, _ reason: String) -> Turn {
    state.isOpen = false
    for entry in state.waiting { state.left[entry.number] = (kind, reason) }
    state.waiting = []
    return .over
  }

  /// Why nothing is begun any more, once the run was told to end.
  var reasonStopped: String { state.withLock { reasonStopped($0) } }

  private func reasonStopped(_ state: State) -> String {
    if let halted = state.halted { return "not begun: \(halted)" }
    guard let until = options.until, stop.isPastDeadline else { return "not begun: stopped" }
    return Self.reasonPast(until)
  }

  private static func reasonPast(_ until: Timestamp) -> String {
    "left for the next run: it is past \(until.format("%H:%M"))"
  }

  /// Why no further film is begun, where as many have been as may; `nil` else.
  private func reasonEnough(_ state: State) -> String? {
    guard let most = options.maxJobs, state.started >= most else { return nil }
    return "left for the next run: --max-jobs \(most)"
  }

  private func reasonNotInTime(_ entry: Entry) -> String? {
    guard let until = options.until else { return nil }
    let left = until.seconds(since: .now)
    if left <= 0 { return Self.reasonPast(until) }
    guard let seconds = entry.film.estimate?.seconds, seconds > left else { return nil }
    return "left for the next run: it takes about \(describeDuration(seconds)), and would not be done by "
      + until.format("%H:%M")
  }

  /// Why a film has to wait for room; `nil` when it need not. Where there is room for all that the running jobs were reckoned
  /// to write, nobody looks how far they have come: there may be thousands.
  private func reasonToWait(_ entry: Entry, _ state: inout State) -> String? {
    if room.reasonToWait(for: entry.bytes, promised: state.reckoned) == nil { return nil }
    return room.reasonToWait(for: entry.bytes, promised: Self.promised(state))
  }

  /// What the running jobs will still write, as far as can be told from what they have written.
  private static func promised(_ state: State) -> Int {
    state.running.values.reduce(0) { sum, job in
      sum + max(0, job.bytes - (job.folder.map { bytes(below: $0) - job.before } ?? 0))
    }
  }
}
