internal import Index
internal import Jobs
internal import SystemPackage

/// A batch whose jobs are done by a cluster: hands them over, an array at a time, and follows them to their ends.
///
/// The cluster's controller may be gone for a while: nothing is decided about a task before it has answered.
final class ClusterRun {
  private let run: BatchRun
  private let slurm: Slurm
  private let record: ClusterRecord
  private var arrays: [ClusterArray] = []
  /// Those that have not ended, in the order in which they were handed over.
  private var tasks: [FollowedTask] = []
  private var isSilent = false
  /// Tasks that were told of as held, and why they are.
  private var held: [String: String] = [:]
  /// Tasks that were told of as suspended.
  private var suspended: Set<String> = []
  /// Seconds that the last look took.
  private var lastLook = 0.0
  private var ending: ClusterStop

  private var batch: FilmBatch { run.batch }
  private var stop: StopSource { run.stop }

  init(_ run: BatchRun, _ slurm: Slurm, _ record: ClusterRecord) {
    (self.run, self.slurm, self.record) = (run, slurm, record)
    ending = ClusterStop(slurm, run.stop)
  }

  // MARK: - Handing over

  /// Hands over the films as they can begin, until there is none left, and none of them at work.
  ///
  /// - Returns: whether all that was handed over has ended.
  func work(_ handing: ClusterWork) -> Bool {
    var submission = ClusterSubmission(run, handing)
    while true {
      switch run.nextTurn() {
      case .film(let number, .result(let result)): run.finish(number, result)
      case .film(let number, .job(let job, let film)):
        if !submission.hasRoom(for: job) { handOver(&submission) }
        do {
          try submission.add(number, job, film)
        } catch {
          run.observe(.warning("\(error)"))
          run.finish(number, HandedJob(number: number, job: job, film: film, runs: 0).refused(error))
        }
        if submission.isDue { handOver(&submission) }
      case .wait(let seconds):
        handOver(&submission)
        follow(atMost: seconds)
      case .over:
        handOver(&submission)
        return handing.settings.detaches ? arrays.isEmpty : followAll()
      }
      lookSometimes()
    }
  }

  private func handOver(_ submission: inout ClusterSubmission) {
    var left = submission.take()
    var most = left.count
    while !left.isEmpty {
      do {
        try handOver(&left, atMost: most, by: &submission)
      } catch {
        // Of an array that is larger than what the site allows none is ever taken.
        most = (most + 1) / 2
      }
    }
  }

  /// Hands over the first of `jobs`, and takes out of them what was; where the run is to end, or the cluster takes none,
  /// all.
  ///
  /// - Throws: ``Slurm/Failure`` where fewer may be taken.
  private func handOver(
    _ left: inout [HandedJob], atMost most: Int, by submission: inout ClusterSubmission
  ) throws(Slurm.Failure) {
    let jobs = Array(left.prefix(most))
    func callOff() {
      for job in left { run.finish(job.number, job.calledOff(run.queue.reasonStopped)) }
      left = []
    }
    if stop.level > .none { return callOff() }
    do {
      guard let array = try handOver(jobs, by: &submission) else { return callOff() }
      arrays.append(array)
      if submission.settings.detaches {
        for job in jobs { run.finish(job.number, job.handedOver) }
      } else {
        follow(jobs, of: array)
      }
      left.removeFirst(jobs.count)
    } catch let failure as Slurm.Failure {
      throw failure
    } catch {
      run.observe(.warning("\(error)"))
      for job in left { run.finish(job.number, job.refused(error)) }
      left = []
      run.queue.leaveRest("left for the next run: the cluster takes no jobs")
    }
  }

  /// Hands over an array; where the queue is full, as soon as it is not.
  ///
  /// - Returns: `nil` when the run was told to end before.
  /// - Throws: ``Slurm/Failure`` where it would be waited for in vain, and fewer may be taken; else ``JobError``.
  private func handOver(_ jobs: [HandedJob], by submission: inout ClusterSubmission) throws -> ClusterArray? {
    var refusals = 0
    let began = ContinuousClock.now
    let number = arrays.count + 1
    while true {
      do {
        return try submission.handOver(jobs, number: number, stop: stop, observe: run.observe)
      } catch let full as Slurm.Failure where full.isOfFullQueue {
        if refusals == 0 { run.observe(.warning("the cluster's queue is full, and is waited for: \(full)")) }
        refusals += 1
        record.forget(record.name(of: number))
        // None of its own is in the way.
        if full.isOfLimit, jobs.count > 1, tasks.isEmpty, refusals > 1 { throw full }
        // Who waits for others only, and for long, has films to tell of.
        if tasks.isEmpty, .now - began > .seconds(600) {
          throw JobError(.missingEngine, "sbatch", "did not take the jobs: \(full)")
        }
        waitForRoom(refusals)
        if stop.level > .none { return nil }
      }
    }
  }

  /// Follows what is at work until there may be room in the queue: seldom where it is full for long, and soon where it was
  /// one of its own tasks that has left it.
  private func waitForRoom(_ refusals: Int) {
    let (began, before) = (ContinuousClock.now, tasks.count)
    repeat {
      follow(atMost: 2)
      let waited = ContinuousClock.now - began
      if waited >= .seconds(min(2 * refusals, 15)) || waited >= .seconds(2) && tasks.count < before { return }
    } while stop.level == .none
  }

  // MARK: - Following

  /// Takes over what an earlier run has handed to the cluster.
  func adopt(_ arrays: [ClusterArray], _ jobs: [[HandedJob]]) {
    self.arrays = arrays
    for (array, jobs) in zip(arrays, jobs) {
      follow(jobs, of: array)
    }
  }

  private func follow(_ jobs: [HandedJob], of array: ClusterArray) {
    let stages = batch.selection.wanted
    tasks += jobs.enumerated().map { FollowedTask($1, array: array.name, index: $0, stages) }
  }

  /// Follows what was handed over to its end; told to end at once, no longer than half a minute while nobody answers.
  ///
  /// - Returns: whether all have ended.
  func followAll() -> Bool {
    var toldAt: ContinuousClock.Instant?
    while !tasks.isEmpty {
      follow(atMost: 1)
      guard stop.level == .now, isSilent else { continue }
      toldAt = toldAt ?? .now
      if let toldAt, .now - toldAt > .seconds(30) {
        run.observe(.warning("what runs on the cluster is left there; later: cpwx run --attach \(record.batch)"))
        return false
      }
    }
    return true
  }

  /// Whether the controller has answered, and nothing is left to follow.
  func lookOnce() -> Bool {
    look()
    return !isSilent && tasks.isEmpty
  }

  private var lookedAt = ContinuousClock.now

  /// While films are read and jobs made, those that run are looked at now and then.
  private func lookSometimes() {
    if ContinuousClock.now - lookedAt > .seconds(max(2, lastLook * 20)) { look() }
  }

  private func follow(atMost seconds: Double) {
    // No more than a twentieth of the time goes into asking.
    let pause = max(tasks.isEmpty ? seconds : 0.4, lastLook * 20)
    if stop.level == .none { stop.waitToDrain(atMost: pause) } else { run.queue.changed.wait(atMost: pause) }
    look()
  }

  private func look() {
    guard !tasks.isEmpty else { return }
    let began = ContinuousClock.now
    let known = ask()
    if let known {
      tellOfHeld(known.values.filter { $0.hold != nil })
      tellOfSuspended(Array(known.values))
    }
    if known != nil { ending.look(at: tasks, arrays) { [run] in run.observe(.warning($0)) } }
    var left: [FollowedTask] = []
    left.reserveCapacity(tasks.count)
    for var task in tasks {
      if let known { task.note(known[task.key] ?? known[FollowedTask.Key(array: task.array)]) }
      if task.mayHaveMoved {
        tell(task.job, task.news.look())
        // No record has changed by that.
        for event in task.lookAtProgress() { run.observe(event) }
      }
      if task.hasEnded, let result = settle(&task) {
        run.finish(task.number, result)
      } else {
        left.append(task)
      }
    }
    tasks = left
    lookedAt = .now
    // How long a controller is silent tells nothing of what it costs to ask it.
    lastLook = isSilent ? 0.1 : min(0.5, (lookedAt - began) / .seconds(1))
  }

  /// Tells of tasks that would be waited for in vain.
  private func tellOfHeld(_ known: [ClusterTask]) {
    let news = Dictionary(grouping: known.filter { $0.hold != held[$0.id] }) { $0.hold ?? "" }
    held = Dictionary(known.compactMap { task in task.hold.map { (task.id, $0) } }, uniquingKeysWith: { $1 })
    for (reason, tasks) in news.sorted(by: { $0.key < $1.key }) {
      let names = Self.named(tasks)
      let isHeld = ClusterTask.isHeld(reason)
      run.observe(
        .warning(
          isHeld
            ? "the cluster holds \(tasks.count) of the tasks (\(reason)), until somebody lets them go: scontrol release \(names)"
            : "the cluster never begins \(tasks.count) of the tasks as they are (\(reason)); see: scontrol show job \(tasks.map(\.id).min() ?? "")"
        ))
    }
  }

  /// Tells of tasks that are suspended, of each once: some clusters do it all the time.
  private func tellOfSuspended(_ known: [ClusterTask]) {
    let news = known.filter { $0.isSuspended && !suspended.contains($0.id) }
    guard !news.isEmpty else { return }
    suspended.formUnion(news.map(\.id))
    run.observe(
      .warning(
        "the cluster has suspended \(news.count) of the tasks; where it does not go on with them by itself: scontrol resume \(Self.named(news))"
      ))
  }

  /// As `scontrol` takes them. Of many their arrays: that lets go all of these that are held, or suspended.
  private static func named(_ tasks: [ClusterTask]) -> String {
    Set(tasks.map { tasks.count > 8 ? $0.array : $0.id }).sorted().joined(separator: " ")
  }

  /// What the controller knows of the tasks, by their arrays and places; `nil` while it does not answer.
  private func ask() -> [FollowedTask.Key: ClusterTask]? {
    let open = Set(tasks.map(\.array))
    do {
      let told = try slurm.tasks(named: arrays.map(\.name).filter { open.contains($0) })
      if isSilent { run.observe(.warning("the cluster's controller answers again")) }
      isSilent = false
      for index in arrays.indices where arrays[index].id == nil {
        // Its number was not told any more when it was handed over.
        arrays[index].id = told.first { $0.name == arrays[index].name }?.array
        if arrays[index].id != nil { try? record.write(arrays[index]) }
      }
      return Dictionary(told.map { (FollowedTask.Key(array: $0.name, index: $0.index), $0) }, uniquingKeysWith: { $1 })
    } catch {
      if !isSilent {
        run.observe(.warning("the cluster's controller does not answer; its jobs go on, and are followed: \(error)"))
      }
      isSilent = true
      return nil
    }
  }

  private func tell(_ job: JobPaths, _ events: [RunEvent]) {
    guard !events.isEmpty else { return }
    for event in events { run.observe(event) }
    batch.index?.tell(job)
  }

  /// What became of a job whose task has ended; `nil` as long as a process is still at work on it.
  private func settle(_ task: inout FollowedTask) -> FilmBatch.Result? {
    let wasHandedOver = arrays.contains { $0.name == task.array && $0.id != nil }
    do {
      guard
        let end = try JobSettlement(batch, task.handed, task.told, said: said(task)).end(
          isStopping: stop.level > .none, wasHandedOver: wasHandedOver)
      else { return nil }
      var events = task.news.look()
      if let status = end.status { events += task.news.end(status, seconds: end.seconds, reason: end.reason) }
      tell(task.job, events)
      var result = FilmBatch.Result(film: task.film, job: task.job, status: end.status, reason: end.reason)
      if end.status == nil { result.film.kind = .pending }
      if end.status == nil, stop.level > .none { result.reason = run.queue.reasonStopped }
      result.isLeft = end.status != .completed && end.status != .failed && stop.isPastDeadline
      result.error = end.isMissingEngine ? .missingEngine : nil
      return result
    } catch {
      return run.failed(task.film, task.job, error)
    }
  }

  /// The last line that the task itself has said, above all where its cpwx did not even begin.
  private func said(_ task: FollowedTask) -> String? {
    let log = batch.workspace.taskLogs(of: record.batch, array: task.array).appending("\(task.index).log")
    guard let bytes = try? DurableFile.read(log) else { return nil }
    if bytes.isEmpty { unlink(log) }
    return String(decoding: bytes.suffix(4096), as: UTF8.self).lastLine
  }
}

extension Workspace {
  /// What the tasks of an array say themselves.
  func taskLogs(of batch: String, array: String) -> FilePath { batchFolder.appending(batch).appending(array) }

  /// Removes the folders for what tasks say, where none has said anything.
  func removeEmptyTaskLogs(of batch: String) {
    let folder = batchFolder.appending(batch)
    for path in names(in: folder).map({ folder.appending($0) }) + [folder] { removeEmptyFolder(path) }
  }
}
