internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// One batch at work: as many jobs under way at a time as it may, each on a thread of its own.
final class BatchRun: Sendable {
  let batch: FilmBatch
  let manager: JobManager
  let plan: Mutex<FilmBatch.Plan>
  let queue: FilmQueue
  let stop: StopSource
  let observe: @Sendable (RunEvent) -> Void
  private let outage = EngineOutage()
  private let done = Mutex<[Int: FilmBatch.Result]>([:])
  /// Held while a film is read and its job made: one after the other, so that jobs are numbered in the films' order and
  /// no disk has to read two films at once.
  private let making = Mutex(())
  private let leftBehind = Mutex(false)
  /// Whether jobs are on a cluster that are not followed to their ends.
  var hasLeftJobsBehind: Bool { leftBehind.withLock { $0 } }
  /// Films whose turn came and that were not begun then, as something was still to be waited for.
  var leftPending: Set<Int> {
    done.withLock { done in Set(done.filter { $0.value.isLeftPending }.keys) }
  }
  /// Whether there was something to do with any film.
  var hasWork: Bool { plan.withLock { $0.films.contains(where: \.kind.isWork) } }
  var workspace: Workspace { batch.workspace }
  var history: WorkHistory { plan.withLock { $0.history } }

  /// - Parameter isBegun: the films' jobs are at work already, and none is to be begun.
  init(
    _ batch: FilmBatch, _ plan: FilmBatch.Plan, isBegun: Bool = false, _ stop: StopSource,
    _ observe: @escaping @Sendable (RunEvent) -> Void
  ) {
    (self.batch, self.stop, self.observe) = (batch, stop, observe)
    manager = JobManager(batch.workspace, forContainers: batch.runner == .docker)
    self.plan = Mutex(plan)
    queue = FilmQueue(
      isBegun ? [] : Self.work(in: plan.films, from: 0), batch.options,
      room: DiskRoom(of: batch.workspace.outputRoot, minFree: batch.options.minFree), stop: stop)
  }

  static func work(in films: [InputDecision], from first: Int) -> [(number: Int, film: InputDecision)] {
    films.enumerated().dropFirst(first).filter { $0.element.kind.isWork }.map { ($0.offset, $0.element) }
  }

  /// Runs the films until there is none left that can be begun, and none can come.
  ///
  /// - Parameter cluster: does the jobs instead of this machine.
  func work(_ cluster: ClusterWork? = nil) {
    let films = batch.options.watches ? .max : plan.withLock { $0.films.filter(\.kind.isWork).count }
    let places = Set(batch.selection.wanted.map(\.lane)).reduce(0) { $0 + max(1, batch.lanes.sizes[$1] ?? 1) }
    if let until = batch.options.until { stop.drain(at: until) }
    let stopWatch = StopWatch(of: stop, until: batch.options.until, observe)
    defer { withExtendedLifetime(stopWatch) {} }
    let hands = cluster == nil ? max(1, min(batch.options.jobs ?? places, films)) : 1
    onThreads(batch.options.watches ? hands + 1 : hands) { [self] hand in
      if hand == hands { return watch() }
      if let cluster {
        let areOver = ClusterRun(self, cluster.slurm, cluster.record).work(cluster)
        return leftBehind.withLock { $0 = !areOver }
      }
      while true {
        switch nextTurn() {
        case .film(let number, .result(let result)): finish(number, result)
        case .film(let number, .job(let job, let film)): finish(number, run(job, film))
        case .wait(let seconds): queue.changed.wait(atMost: seconds)
        case .over: return
        }
      }
    }
  }

  /// What became of each film, in the order of the plan.
  func results() -> [FilmBatch.Result] {
    let done = done.withLock { $0 }
    let films = plan.withLock { $0.films }
    let last = Dictionary(films.enumerated().map { ($0.element.input, $0.offset) }, uniquingKeysWith: { $1 })
    // Of one that was left at first, and then taken up, the last tells all.
    return films.enumerated().filter { number, film in
      last[film.input] == number || done[number].map { !$0.isLeftPending } ?? false
    }.map { number, film in
      if let result = done[number] { return result }
      var result = FilmBatch.Result(film: film, job: film.job, reason: film.reason)
      if let problem = film.problem {
        observe(.warning("\(problem)"))
        result.error = problem.code
      } else if let left = queue.reasonLeft(number) {
        (result.film.kind, result.reason) = left
        if left.kind == .held { result.error = .locked }
      } else if film.kind.isWork {
        (result.film.kind, result.reason) = (.pending, queue.reasonStopped)
      } else if film.kind == .held, film.job != nil {
        result.error = .locked
      }
      return result
    }
  }

  enum Turn {
    case film(Int, Begun)
    case wait(Double)
    case over
  }

  /// What has come of a film whose turn it is.
  enum Begun {
    case job(JobPaths, of: InputDecision)
    /// There is nothing to run.
    case result(FilmBatch.Result)
  }

  /// What a hand that is free does next: a film is read, and its job made.
  func nextTurn() -> Turn {
    making.withLock { _ in
      switch queue.next() {
      case .film(let number): .film(number, begin(plan.withLock { $0.films[number] }, number))
      case .wait(let seconds): .wait(seconds)
      case .over: .over
      }
    }
  }

  /// A film is done with.
  func finish(_ number: Int, _ result: FilmBatch.Result) {
    done.withLock { $0[number] = result }
    let isTrouble = result.error != nil && result.error != .locked
    let ran = result.status != nil && result.status != .interrupted
    let halted = queue.ended(number, failed: isTrouble || ran ? result.status != .completed : nil)
    if let halted { observe(.warning("\(halted): nothing more is begun")) }
  }

  private func run(_ job: JobPaths, _ film: InputDecision) -> FilmBatch.Result {
    do {
      // A job that is cancelled stops alone.
      let own = try StopSource(following: stop)
      let run = JobRun(
        job, in: workspace, selection: batch.selection, workflow: batch.workflow, runner: batch.runner,
        environment: batch.environment,
        toolFolders: batch.toolFolders, lanes: batch.lanes, outage: outage, stop: own, waits: batch.options.waits,
        tellsProgress: batch.isWorker, index: batch.index, observe: observe)
      let outcome = try run.run(film)
      var result = FilmBatch.Result(
        film: film, job: job, status: outcome.status, reason: outcome.reason,
        isLeft: outcome.status == .interrupted && !outcome.isCancelled && stop.isPastDeadline,
        isCancelled: outcome.isCancelled, error: outcome.isMissingEngine ? .missingEngine : nil)
      if outcome.isEngineGone { leaveRest(because: outcome.reason ?? "an engine is missing") }
      if !outcome.hasBegun {
        (result.film.kind, result.status) = (.givenUp, nil)
        observe(.warning("\(job.id): not begun: \(outcome.reason ?? "")"))
      }
      return result
    } catch {
      let result = failed(film, job, error)
      // Whoever follows has seen it begin.
      if result.error != .locked { observe(.jobEnded(job, status: .failed, seconds: 0, reason: result.reason)) }
      return result
    }
  }

  /// What no job could be done without is not there: each would be begun in vain.
  private func leaveRest(because reason: String) {
    guard queue.leaveRest("left for the next run: \(reason)") else { return }
    observe(.warning("nothing more is begun: \(reason)"))
  }

  func failed(_ film: InputDecision, _ job: JobPaths?, _ error: any Error) -> FilmBatch.Result {
    let known = error as? JobError
    observe(.warning(known.map { "\($0)" } ?? "\(film.input): \(error)"))
    var result = FilmBatch.Result(film: film, job: job ?? film.job, reason: known?.reason ?? "\(error)")
    result.error = known?.code ?? .io
    if result.error == .locked { result.film.kind = .held }
    // Its records could not be written, so they say that it runs, and nobody runs it.
    if job != nil, result.error != .locked { result.status = .interrupted }
    return result
  }
}
