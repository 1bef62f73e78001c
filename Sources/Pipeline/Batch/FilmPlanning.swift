public import Index
internal import Jobs
public import SystemPackage

extension FilmBatch {
  /// What will be done with each film, in order.
  public struct Plan: Sendable {
    public var films: [InputDecision] = []
    var newcomers: Newcomers
    /// What was asked for.
    let inputs: [FilePath]
    var history = WorkHistory()
    /// The folders that films were looked for in.
    var folders: [FilePath] = []
    /// Batches by the folders of the jobs that they have on a cluster.
    var onCluster: [String: String] = [:]
  }

  /// Decides about each film.
  ///
  /// - Parameters:
  ///   - inputs: films, and folders of films.
  ///   - resumed: jobs by name.
  ///   - changingNothing: not even an index is made.
  ///   - asNight: jobs and films that are named are decided about as those of a folder are.
  ///   - stop: ends the looking; the films that are left are then pending.
  ///   - notice: told of troubles with the index, and of what is waited for.
  /// - Throws: ``JobError`` for inputs and jobs that are not there.
  public func plan(
    inputs: [FilePath], resumed: [String], changingNothing: Bool = false, asNight: Bool = false,
    stop: StopSource? = nil, notice: IndexNotice
  ) throws -> Plan {
    if isWorker { return try workerPlan(resumed, stop: stop, notice) }
    let newcomers = Newcomers(in: workspace)
    return try JobIndex.look(in: workspace, leavingNone: changingNothing, notice: notice) { index in
      var plan = Plan(newcomers: newcomers, inputs: inputs)
      plan.history = try index.workHistory()
      for (batch, entry) in try workspace.entriesOnCluster() { plan.onCluster[entry.folder] = batch }
      if let restore, !changingNothing {
        for name in resumed {
          let job = try JobIndex.job(named: name, in: workspace, notice: .silent)
          if job.isArchived { try restore(job.paths(in: workspace)) }
        }
      }
      try decide(&plan, resumed, InputHistory(index, memory), asNight: asNight, stop: stop, notice)
      if !changingNothing {
        memory.save()
        BatchStatus.sweep(workspace)
      }
      return plan
    }
  }

  /// What of a plan is left for later when it is run now: more jobs than may begin, what would not be done in time, and what
  /// has no room on the disk beside those before it.
  ///
  /// - Throws: `Errno` when no pipe can be made.
  public func foreseen(_ plan: Plan) throws -> Plan {
    let queue = FilmQueue(
      BatchRun.work(in: plan.films, from: 0), options,
      room: DiskRoom(of: workspace.outputRoot, minFree: options.minFree), stop: try StopSource())
    var plan = plan
    for number in plan.films.indices { tellSettling(&plan.films[number]) }
    for (number, left) in queue.foresee() {
      (plan.films[number].kind, plan.films[number].reason) = left
    }
    return plan
  }

  /// What a run over the folder of films would do with a file, though nothing is run.
  ///
  /// - Returns: `nil` for what is no film by its name.
  /// - Throws: ``JobError`` when that cannot be told.
  public func nightDecision(on file: FilePath, notice: IndexNotice) throws -> InputDecision? {
    let name = file.lastComponent?.string ?? ""
    guard (try? FileStatus(of: file))?.isRegular == true else { return nil }
    if MediaFiles.isPartial(name) { return .partial(file) }
    guard MediaFiles.hasMediaEnding(name) else { return nil }
    let films = try plan(inputs: [file], resumed: [], asNight: true, notice: notice).films
    guard var film = films.first else { return nil }
    tellSettling(&film)
    if let reason = try MediaFiles.exclusion(of: file, from: workspace.inputRoot, in: workspace) {
      (film.kind, film.reason) = (.skip, reason)
    }
    return film
  }

  /// A film that was found, and how.
  private struct Found {
    var path: FilePath
    var status: FileStatus
    var isNamed: Bool
  }

  private func decide(
    _ plan: inout Plan, _ resumed: [String], _ history: InputHistory, asNight: Bool, stop: StopSource?,
    _ notice: IndexNotice
  ) throws {
    let check = CompletionCheck(workspace: workspace, selection: selection, environment: environment, stop: stop)
    var question = InputHistory.Question(user: user, stages: selection.wanted, again: again, rerun: selection.isRerun)
    let attempts = options.retriesGivenUp ? nil : options.attempts
    if asNight { question.attempts = attempts }
    do {
      for name in resumed {
        var film: InputDecision
        repeat {
          let job = try JobIndex.job(named: name, in: workspace, notice: .silent)
          film = try history.resume(job, question, stop: stop)
          if !asNight { film = try verified(film, check) }
        } while try waited(for: film, stop, notice)
        plan.add(comparedSettings(film), selection, workspace)
      }
    } catch is CancellationError {
      return
    }
    question.attempts = attempts
    let found = try find(&plan)
    let known = try history.films(of: found.map(\.path))
    let sizes = Dictionary(found.map { ($0.status.size, 1) }, uniquingKeysWith: +)
    var seen: [String: FilePath] = [:]
    for (found, known) in zip(found, known) {
      if let stop, stop.level > .none {
        plan.films.append(.stopped(found.path))
        continue
      }
      var film: InputDecision
      do {
        // One that was named may fail as often as it likes.
        var question = question
        if found.isNamed, !asNight { question.attempts = nil }
        var known = known
        repeat {
          film = try history.decide(
            found.path, found.status, known: known, hasTwin: sizes[found.status.size, default: 0] > 1, question,
            stop: stop)
          guard found.isNamed, try waited(for: film, stop, notice) else { break }
          known = try history.films(of: [found.path])[0]
        } while true
        film = try lookedAt(film, found, check, asNight: asNight)
      } catch is CancellationError {
        plan.films.append(.stopped(found.path))
        continue
      } catch {
        // One bad film keeps no other from being done.
        let problem =
          error as? JobError ?? JobError(.io, found.path.string, "the film cannot be read", underlying: error)
        plan.films.append(.unreadable(found.path, problem))
        continue
      }
      leaveTwin(&film, of: &seen)
      plan.add(comparedSettings(film), selection, workspace)
    }
  }

  /// Looks at the film's own file and, where it was named, at what its job has done.
  private func lookedAt(
    _ film: InputDecision, _ found: Found, _ check: CompletionCheck, asNight: Bool
  ) throws -> InputDecision {
    var film = film
    if film.kind.isWork { settle(&film, found.status, isNamed: found.isNamed) }
    if found.isNamed, film.kind == .pending, found.status.size == 0 {
      // In a folder it may be a copy that has just begun; who names it wants it done.
      film.problem = JobError(.damaged, found.path.string, film.reason)
    }
    // A film that was named is looked at closely; in a folder of thousands the records count.
    return found.isNamed && !asNight ? try verified(film, check) : film
  }

  /// Leaves a film alone that has the content of another one of this run.
  ///
  /// - Parameter seen: the films so far, by their content.
  private func leaveTwin(_ film: inout InputDecision, of seen: inout [String: FilePath]) {
    guard film.kind != .pending, !film.isCopy, let hash = film.identity?.sha256 else { return }
    if let twin = seen[hash] {
      (film.kind, film.job, film.isCopy) = (.skip, nil, true)
      film.reason = "the same film as \(workspace.documentPath(twin)), by its content"
    } else {
      seen[hash] = film.input
    }
  }

  private func find(_ plan: inout Plan) throws -> [Found] {
    var found: [Found] = []
    for input in plan.inputs {
      let media = try MediaFiles.find(at: input, outside: workspace.ownFolders)
      for path in media.unreadable {
        plan.films.append(InputDecision(.held, of: path, because: MediaFiles.noText))
      }
      plan.folders += media.folders
      for error in media.closed { plan.films.append(.unreadable(FilePath(error.subject), error)) }
      for (path, status) in media.files {
        found.append(Found(path: path, status: status, isNamed: path == absolute(input)))
      }
      for path in media.partial { plan.films.append(.partial(path)) }
      for path in media.missing {
        plan.films.append(InputDecision(.pending, of: path, because: "a link to what is not there"))
      }
    }
    return found
  }

  /// What is to be done with the one job of a worker, which looks at nothing but that job.
  private func workerPlan(_ named: [String], stop: StopSource?, _ notice: IndexNotice) throws -> Plan {
    var plan = Plan(newcomers: Newcomers(ofNoneIn: workspace), inputs: [])
    let question = InputHistory.Question(user: user, stages: selection.wanted, rerun: selection.isRerun)
    let check = CompletionCheck(workspace: workspace, selection: selection, environment: environment, stop: stop)
    for name in named {
      var film: InputDecision
      var hasWaited = false
      var isToWait = false
      repeat {
        hasWaited = hasWaited || isToWait
        guard let job = try JobIndex.standingJob(named: name, in: workspace) else {
          throw JobError(
            .usage, name, "no such job in \(workspace.outputRoot)",
            remedy: "With --no-index a job is named by its whole id or a path in it.")
        }
        let decision = JobDecision(workspace)
        film = try verified(decision.resume(KnownFilm(job), question, stop: stop), check)
        isToWait = try waited(for: film, stop, notice)
      } while isToWait
      if hasWaited, film.kind == .skip, let job = film.job { notice(Self.nothingLeft(of: job)) }
      plan.add(film, selection, workspace)
    }
    return plan
  }

  /// Why whoever has waited for a job leaves it: by whom it was completed meanwhile.
  private static func nothingLeft(of job: JobPaths) -> String {
    let end = (try? Manifest(reading: job.manifest))?.history.last { $0.what == .completed }
    let who = (end?.who).map { " by \($0)" } ?? ""
    return "\(job.id) was completed\(who)\(end.map { " at \($0.at.spaced(19))" } ?? ""); nothing is left to do here"
  }

  /// Waits until nobody else runs the film's job, where that was asked for.
  ///
  /// - Returns: whether there was somebody to wait for; then the film is to be decided about anew.
  private func waited(for film: InputDecision, _ stop: StopSource?, _ notice: IndexNotice) throws -> Bool {
    guard options.waits, let stop, film.kind == .held, let job = film.job else { return false }
    notice("\(film.reason); waiting for it to end")
    do {
      _ = try FileLock.take(job.lock, subject: job.id.description, waitingUnless: stop)
      return true
    } catch let error as JobError where error.code == .locked {
      return false
    }
  }

  /// Sees whether the film is there as a whole.
  private func settle(_ film: inout InputDecision, _ status: FileStatus, isNamed: Bool) {
    switch Settling(of: film.input, status, settle: isNamed ? 0 : options.settle) {
    case .settled: break
    case .beingWritten: (film.kind, film.reason) = (.pending, "a process is still writing the file")
    case .young(let seconds): film.settlesIn = seconds
    }
  }

  /// Says of a film that has just changed when it will be begun: of one that is only looked at, for the reason of one that
  /// runs stays in its job's history.
  private func tellSettling(_ film: inout InputDecision) {
    if !film.kind.isWork || film.settlesIn <= 0 { return }
    film.reason += "; it begins once the file has been still for \(describeDuration(options.settle))"
  }

  /// Says of a completed job that the configuration which was named is not what it was made with.
  private func comparedSettings(_ film: InputDecision) -> InputDecision {
    // Each film of a night comes here, and its files are read only where there is something to say.
    guard renewsConfig, film.kind == .skip, film.archive == nil, let job = film.job else { return film }
    let overlay = (try? Self.overlay(for: film.input)) ?? nil
    guard let differing = try? JobManager(workspace).settingsThatDiffer(of: job, overlay: overlay), !differing.isEmpty
    else { return film }
    var film = film
    let named = differing.prefix(Self.mostSettingsNamed).joined(separator: ", ")
    let more = differing.count - Self.mostSettingsNamed
    film.reason +=
      "; its own settings differ from \(workspace.documentPath(workspace.configFile)) in \(named)"
      + (more > 0 ? " and \(more) more" : "") + "; --force makes a new job"
    film.hasOtherSettings = true
    return film
  }

  private static let mostSettingsNamed = 5

  /// - Throws: `CancellationError`.
  private func verified(_ film: InputDecision, _ check: CompletionCheck) throws -> InputDecision {
    guard film.kind == .skip, film.archive == nil, let job = film.job else { return film }
    var film = film
    do {
      guard let reason = try check.reasonToRun(film, job) else { return film }
      (film.kind, film.reason) = (.resume, reason)
      film.isCancelled = Cancellation(of: job) != nil
    } catch let error as JobError where error.underlying as? Errno == .permissionDenied {
      // Who may not look closely goes by the records.
      return film
    } catch let error where !(error is CancellationError) {
      (film.kind, film.reason) = (.resume, "\(error)")
    }
    return film
  }
}

extension FilmBatch.Plan {
  fileprivate mutating func add(_ film: InputDecision, _ selection: StageSelection, _ workspace: Workspace) {
    var film = film
    if film.kind.isWork || film.kind == .held, let job = film.job,
      let batch = onCluster[workspace.documentPath(job.output)]
    {
      film.kind = .held
      film.reason = "\(job.id) is on the cluster, in the batch \(batch); cpwx run --attach \(batch) follows it"
    }
    if film.kind.isWork {
      let size = film.identity?.size ?? (try? FileStatus(of: film.input))?.size ?? 0
      let left = selection.wanted.filter { selection.isRerun || !film.done.contains($0.canonicalName) }
      film.estimate = WorkEstimate(size: size, playTime: film.playTime, stages: left, history)
    }
    films.append(film)
  }
}
