internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// One batch at work: as many jobs under way at a time as it may, each on a thread of its own.
final class BatchRun: Sendable {
  private let batch: FilmBatch
  private let plan: FilmBatch.Plan
  private let queue: FilmQueue
  private let stop: StopSource
  private let observe: @Sendable (RunEvent) -> Void
  private let done = Mutex<[Int: FilmBatch.Result]>([:])
  /// Held while a film is read and its job made: one after the other, so that jobs are numbered in the films' order and
  /// no disk has to read two films at once.
  private let making = Mutex(())
  private var workspace: Workspace { batch.workspace }

  init(
    _ batch: FilmBatch, _ plan: FilmBatch.Plan, _ stop: StopSource, _ observe: @escaping @Sendable (RunEvent) -> Void
  ) {
    (self.batch, self.plan, self.stop, self.observe) = (batch, plan, stop, observe)
    let films = plan.films.enumerated().filter { $0.element.kind.isWork }
    queue = FilmQueue(
      films.map { ($0.offset, $0.element, $0.element.estimate ?? WorkEstimate(bytes: 0)) }, batch.options,
      room: DiskRoom(of: batch.workspace.outputRoot, minFree: batch.options.minFree), stop: stop)
  }

  /// Runs the films until there is none left that can be begun.
  func work() {
    let films = plan.films.filter(\.kind.isWork).count
    let places = Set(batch.selection.wanted.map(\.lane)).reduce(0) { $0 + max(1, batch.lanes.sizes[$1] ?? 1) }
    if let until = batch.options.until { stop.drain(at: until) }
    onThreads(max(1, min(batch.options.jobs ?? places, films))) { [self] _ in
      while true {
        switch nextTurn() {
        case .film(let number, let begun): finish(number, begun)
        case .wait(let seconds): queue.changed.wait(atMost: seconds)
        case .over: return
        }
      }
    }
  }

  /// What became of each film, in the order of the plan.
  func results() -> [FilmBatch.Result] {
    let done = done.withLock { $0 }
    return plan.films.enumerated().map { number, film in
      if let result = done[number] { return result }
      var result = FilmBatch.Result(film: film, job: film.job, reason: film.reason)
      if let problem = film.problem {
        observe(.warning("\(problem)"))
        result.error = problem.code
      } else if let left = queue.reasonLeft(number) {
        (result.film.kind, result.reason) = left
        if left.kind == .held { result.error = .locked }
      }
      return result
    }
  }

  private enum Turn {
    case film(Int, Begun)
    case wait(Double)
    case over
  }

  /// What has come of a film whose turn it is.
  private enum Begun {
    case job(JobPaths, of: InputDecision)
    /// There is nothing to run.
    case result(FilmBatch.Result)
  }

  private func nextTurn() -> Turn {
    making.withLock { _ in
      switch queue.next() {
      case .film(let number): .film(number, begin(plan.films[number], number))
      case .wait(let seconds): .wait(seconds)
      case .over: .over
      }
    }
  }

  private func begin(_ planned: InputDecision, _ number: Int) -> Begun {
    var film = planned
    do {
      if let reason = try reasonToLeave(&film) {
        film.kind = .pending
        return .result(FilmBatch.Result(film: film, job: film.job, reason: reason))
      }
      if film.playTime == nil {
        film.playTime = playTime(of: film.input, environment: batch.environment, toolFolders: batch.toolFolders)
      }
      let job = try job(for: film)
      queue.began(number, in: job.output)
      return .job(job, of: film)
    } catch {
      return .result(failed(film, nil, error))
    }
  }

  private func finish(_ number: Int, _ begun: Begun) {
    let result =
      switch begun {
      case .result(let result): result
      case .job(let job, let film): run(job, film)
      }
    done.withLock { $0[number] = result }
    let ran = result.status != nil && result.status != .interrupted
    queue.ended(number, failed: ran ? result.status != .completed : nil)
  }

  private func run(_ job: JobPaths, _ film: InputDecision) -> FilmBatch.Result {
    do {
      let run = JobRun(
        job, in: workspace, selection: batch.selection, workflow: batch.workflow, environment: batch.environment,
        toolFolders: batch.toolFolders, lanes: batch.lanes, stop: stop, index: batch.index, observe: observe)
      let outcome = try run.run(film)
      return FilmBatch.Result(
        film: film, job: job, status: outcome.status, reason: outcome.reason,
        error: outcome.isMissingEngine ? .missingEngine : nil)
    } catch {
      return failed(film, job, error)
    }
  }

  private func failed(_ film: InputDecision, _ job: JobPaths?, _ error: any Error) -> FilmBatch.Result {
    let known = error as? JobError
    observe(.warning(known.map { "\($0)" } ?? "\(film.input): \(error)"))
    var result = FilmBatch.Result(film: film, job: job ?? film.job, reason: known?.message ?? "\(error)")
    result.error = known?.code ?? .io
    if result.error == .locked { result.film.kind = .held }
    // Its records could not be written, so they say that it runs, and nobody runs it.
    if job != nil, result.error != .locked { result.status = .interrupted }
    return result
  }

  /// Looks once more whether the film is there as a whole, now that its turn has come, and reads it.
  ///
  /// - Returns: why it must wait; `nil` when it need not.
  private func reasonToLeave(_ film: inout InputDecision) throws -> String? {
    let before: FileStatus
    do {
      before = try FileStatus(of: film.input)
    } catch {
      throw JobError(.io, film.input.string, "the film is gone", remedy: "Nothing was begun.", underlying: error)
    }
    if film.settlesIn > 0, Settling(of: film.input, before, settle: batch.options.settle) != .settled {
      return "the file is still being written"
    }
    if film.identity?.stillFits(before) != true { film.identity = try FilmIdentity(hashing: film.input) }
    guard film.identity?.stillFits(try FileStatus(of: film.input)) == true else {
      return "the file was written while it was read"
    }
    return nil
  }

  /// The film's job: the standing one, or a new one.
  private func job(for film: InputDecision) throws -> JobPaths {
    let manager = JobManager(workspace)
    let overlay = try FilmBatch.overlay(for: film.input)
    guard let job = film.job else {
      let created = try manager.createJob(
        userID: batch.user, overlay: overlay, input: film.document(in: workspace)
      ) {
        if !batch.again { try plan.newcomers.confirmNone(of: film, user: batch.user) }
      }
      batch.index?.tell(created.paths)
      return created.paths
    }
    if batch.renewsConfig {
      let lock = try FileLock.take(job.lock, subject: job.id.description)
      try manager.renewJobEnv(job, overlay: overlay)
      _ = consume lock
    }
    return job
  }
}
