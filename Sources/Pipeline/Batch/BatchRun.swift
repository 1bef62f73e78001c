internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// One batch at work: as many jobs under way at a time as it may, each on a thread of its own.
final class BatchRun: Sendable {
  let batch: FilmBatch
  private let plan: Mutex<FilmBatch.Plan>
  let queue: FilmQueue
  let stop: StopSource
  let observe: @Sendable (RunEvent) -> Void
  private let done = Mutex<[Int: FilmBatch.Result]>([:])
  /// Held while a film is read and its job made: one after the other, so that jobs are numbered in the films' order and
  /// no disk has to read two films at once.
  private let making = Mutex(())
  private let leftBehind = Mutex(false)
  /// Whether jobs are on a cluster that are not followed to their ends.
  var hasLeftJobsBehind: Bool { leftBehind.withLock { $0 } }
  private var workspace: Workspace { batch.workspace }
  var history: WorkHistory { plan.withLock { $0.history } }

  /// - Parameter isBegun: the films' jobs are at work already, and none is to be begun.
  init(
    _ batch: FilmBatch, _ plan: FilmBatch.Plan, isBegun: Bool = false, _ stop: StopSource,
    _ observe: @escaping @Sendable (RunEvent) -> Void
  ) {
    (self.batch, self.stop, self.observe) = (batch, stop, observe)
    self.plan = Mutex(plan)
    queue = FilmQueue(
      isBegun ? [] : Self.work(in: plan.films, from: 0), batch.options,
      room: DiskRoom(of: batch.workspace.outputRoot, minFree: batch.options.minFree), stop: stop)
  }

  private static func work(in films: [InputDecision], from first: Int) -> [(number: Int, film: InputDecision)] {
    films.enumerated().dropFirst(first).filter { $0.element.kind.isWork }.map { ($0.offset, $0.element) }
  }

  /// Runs the films until there is none left that can be begun, and none can come.
  ///
  /// - Parameter cluster: does the jobs instead of this machine.
  func work(_ cluster: ClusterWork? = nil) {
    let films = batch.options.watches ? .max : plan.withLock { $0.films.filter(\.kind.isWork).count }
    let places = Set(batch.selection.wanted.map(\.lane)).reduce(0) { $0 + max(1, batch.lanes.sizes[$1] ?? 1) }
    if let until = batch.options.until { stop.drain(at: until) }
    let hands = cluster == nil ? max(1, min(batch.options.jobs ?? places, films)) : 1
    onThreads(batch.options.watches ? hands + 1 : hands) { [self] hand in
      if hand == hands { return watch() }
      if let cluster {
        let areOver = ClusterRun(self, cluster.slurm, cluster.record).work(cluster.settings)
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

  /// Looks for films that come, until the run is told to end.
  private func watch() {
    let watch = FolderWatch()
    // What is still copied makes no noise at its end that every file system would tell of.
    var isPending = true
    while stop.level == .none, queue.isOpen {
      for folder in plan.withLock({ $0.folders }) { watch.add(folder) }
      var rest = isPending ? max(0.5, min(batch.options.settle, 10)) : 60
      if batch.options.maxJobs != nil { rest = min(rest, 1) }
      if let until = batch.options.until { rest = min(rest, max(0.1, until.seconds(since: .now))) }
      watch.wait(until: stop.drainWakeUp, milliseconds: Int(rest * 1000))
      // A copy goes on for a while once it has begun, and need not be looked at each time it grows.
      stop.waitToDrain(atMost: 0.5)
      if stop.level == .none, queue.isOpen { isPending = look() }
    }
    queue.close()
  }

  /// Decides about the films that are there now, and has the new ones run.
  ///
  /// - Returns: whether any is not there as a whole yet.
  private func look() -> Bool {
    let (inputs, known) = plan.withLock { ($0.inputs, $0.films) }
    let seen: [FileFact: InputDecision.Kind] = Dictionary(
      known.map { (FileFact($0), $0.kind) }, uniquingKeysWith: { $1 })
    do {
      let anew = try batch.plan(
        inputs: inputs.filter { isDirectory($0) }, resumed: [], stop: stop,
        notice: IndexNotice { [observe] in observe(.warning($0)) })
      let came = anew.films.filter { film in
        film.kind.isWork && !queue.isRunning(film.input)
          && seen[FileFact(film)].map { $0 == .pending || $0 == .held } ?? true
      }
      let first = plan.withLock { plan in
        plan.folders = anew.folders
        let first = plan.films.count
        plan.films += came
        return first
      }
      if !came.isEmpty {
        observe(.filmsAdded(came.count, stages: came.count * batch.selection.wanted.count))
        queue.add(plan.withLock { Self.work(in: $0.films, from: first) })
      }
      return anew.films.contains { $0.kind == .pending && $0.problem == nil }
    } catch {
      observe(.warning("the folders could not be looked through: \(error)"))
      return true
    }
  }

  /// A file as it was when it was decided about.
  private struct FileFact: Hashable {
    let path: FilePath
    let size: Int
    let modified: Int64

    init(_ film: InputDecision) {
      path = film.input
      (size, modified) = (film.seen?.size ?? -1, film.seen?.modified ?? 0)
    }
  }

  /// What became of each film, in the order of the plan.
  func results() -> [FilmBatch.Result] {
    let done = done.withLock { $0 }
    let films = plan.withLock { $0.films }
    let last = Dictionary(films.enumerated().map { ($0.element.input, $0.offset) }, uniquingKeysWith: { $1 })
    return films.enumerated().filter { last[$0.element.input] == $0.offset || done[$0.offset] != nil }.map {
      number, film in
      if let result = done[number] { return result }
      var result = FilmBatch.Result(film: film, job: film.job, reason: film.reason)
      if let problem = film.problem {
        observe(.warning("\(problem)"))
        result.error = problem.code
      } else if let left = queue.reasonLeft(number) {
        (result.film.kind, result.reason) = left
        if left.kind == .held { result.error = .locked }
      } else if film.kind.isWork {
        (result.film.kind, result.reason) = (.pending, "not begun: stopped")
      } else if film.kind == .held {
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

  private func begin(_ planned: InputDecision, _ number: Int) -> Begun {
    var film = planned
    do {
      if let reason = try reasonToLeave(&film) {
        film.kind = .pending
        return .result(FilmBatch.Result(film: film, job: film.job, reason: reason))
      }
      // What is smaller than any film tells nothing, and is not worth a program's start.
      guard stop.level == .none else { throw CancellationError() }
      if film.playTime == nil, let size = film.identity?.size, size >= 1 << 20 {
        film.playTime = playTime(
          of: film.input, environment: batch.environment, toolFolders: batch.toolFolders, stop: stop)
      }
      let job = try job(for: film)
      queue.began(number, in: job.output)
      return .job(job, of: film)
    } catch is CancellationError {
      film.kind = .pending
      return .result(FilmBatch.Result(film: film, job: film.job, reason: queue.reasonStopped))
    } catch {
      return .result(failed(film, nil, error))
    }
  }

  /// A film is done with.
  func finish(_ number: Int, _ result: FilmBatch.Result) {
    done.withLock { $0[number] = result }
    let isTrouble = result.error != nil && result.error != .locked
    let ran = result.status != nil && result.status != .interrupted
    queue.ended(number, failed: isTrouble || ran ? result.status != .completed : nil)
  }

  private func run(_ job: JobPaths, _ film: InputDecision) -> FilmBatch.Result {
    do {
      let run = JobRun(
        job, in: workspace, selection: batch.selection, workflow: batch.workflow, runner: batch.runner,
        environment: batch.environment,
        toolFolders: batch.toolFolders, lanes: batch.lanes, stop: stop, waits: batch.options.waits,
        index: batch.index, observe: observe)
      let outcome = try run.run(film)
      return FilmBatch.Result(
        film: film, job: job, status: outcome.status, reason: outcome.reason,
        isLeft: outcome.status == .interrupted && stop.isPastDeadline,
        error: outcome.isMissingEngine ? .missingEngine : nil)
    } catch {
      let result = failed(film, job, error)
      // Whoever follows has seen it begin.
      if result.error != .locked { observe(.jobEnded(job, status: .failed, seconds: 0, reason: result.reason)) }
      return result
    }
  }

  func failed(_ film: InputDecision, _ job: JobPaths?, _ error: any Error) -> FilmBatch.Result {
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
    // One that looks as it did has been still since; whatever its time says.
    let settle = film.seen.map { $0 == before } ?? true ? 0 : batch.options.settle
    guard Settling(of: film.input, before, settle: settle) == .settled else { return "the file is still being written" }
    if film.identity?.stillFits(before) != true { film.identity = try FilmIdentity(hashing: film.input, stop: stop) }
    guard film.identity?.stillFits(try FileStatus(of: film.input)) == true else {
      return "the file was written while it was read"
    }
    return nil
  }

  /// The film's job: the standing one, or a new one.
  private func job(for film: InputDecision) throws -> JobPaths {
    let manager = JobManager(workspace, forContainers: batch.runner == .docker)
    let overlay = try FilmBatch.overlay(for: film.input)
    let check = SettingsCheck(workspace, environment: batch.environment)
    guard let job = film.job else {
      if let overlay { try check.require(overlay, of: film.input) }
      let created = try manager.createJob(
        userID: batch.user, overlay: overlay, pipeline: batch.selection.source, input: film.document(in: workspace)
      ) { next in
        if batch.again { return }
        try plan.withLock { try $0.newcomers.confirmNone(of: film, user: batch.user, next: next) }
      }
      plan.withLock { $0.newcomers.note(created.paths, of: film) }
      batch.index?.tell(created.paths)
      return created.paths
    }
    if film.archive != nil, let restore = batch.restore {
      try restore(job)
      batch.index?.tell(job)
    }
    if batch.renewsConfig || !batch.isWorker && hasOldSettings(job) {
      if let overlay { try check.require(overlay, of: film.input) }
      let lock = try FileLock.take(job.lock, subject: job.id.description)
      try manager.renewJobEnv(job, overlay: overlay)
      _ = consume lock
    }
    try check.require(of: job)
    return job
  }

  /// Whether a job was made of the configuration at hand, as that was then, and has not begun: nothing was done with the
  /// settings that it has.
  private func hasOldSettings(_ job: JobPaths) -> Bool {
    guard let info = try? JobInfo(reading: job.info), let manifest = try? Manifest(reading: job.manifest)
    else { return false }
    return info.configFile == workspace.documentPath(workspace.configFile) && manifest.recordedStatus == .pending
      && manifest.runs == 0 && manifest.stages.isEmpty
  }
}
