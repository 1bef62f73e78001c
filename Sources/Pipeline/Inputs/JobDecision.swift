internal import Index
internal import Jobs
internal import SystemPackage

/// What is to be done with a film that has a job, as far as the job itself tells.
struct JobDecision {
  private let workspace: Workspace

  init(_ workspace: Workspace) { self.workspace = workspace }

  /// The decision to go on with a job that was named.
  ///
  /// - Throws: ``JobError`` with code `damaged` when the job's manifest names no film, `io` when the film is gone;
  ///   `CancellationError`.
  func resume(_ film: KnownFilm, _ question: InputHistory.Question, stop: StopSource?) throws -> InputDecision {
    guard let input = film.place(in: workspace) else {
      // One that was made by itself has no manifest yet, and nothing of it is damaged.
      let manifest = film.job.paths(in: workspace).manifest
      throw JobError(
        .damaged, exists(manifest) ? manifest.string : film.job.jobID, "names no film to go on with",
        remedy: "Run the film itself: cpwx run FILE makes a new job of it.")
    }
    let status = try? FileStatus(of: input)
    let known = status.flatMap { film.identity?.stillFits($0) == true ? film.identity : nil }
    return decided(about: film, input, try known ?? FilmIdentity(hashing: input, stop: stop), question)
  }

  /// The decision about a film that has a job.
  func decided(
    about film: KnownFilm, _ input: FilePath, _ identity: FilmIdentity?, _ question: InputHistory.Question
  ) -> InputDecision {
    let job = film.job.paths(in: workspace)
    var (kind, reason) = judge(film, job, question)
    let cancellation = kind.isWork ? Cancellation(of: job) : nil
    if let cancellation {
      // Who names a job or its film, or wants all tried again that was given up, asks for it.
      let isAsked = question.attempts == nil
      let told = "\(job.id) was \(cancellation.reason) at \(cancellation.moment)"
      if !isAsked { kind = .givenUp }
      reason = told + (isAsked ? ", and is asked for again" : "; cpwx run --resume \(job.id) goes on with it")
    }
    // As the manifest has them, where cpwx wrote it; other writers' are often wrong, and the file's name is not.
    var decision =
      if film.identity != nil, let title = film.job.title {
        InputDecision(input: input, title: title, year: film.job.year, kind: kind, reason: reason)
      } else {
        InputDecision(kind, of: input, because: reason)
      }
    (decision.job, decision.identity, decision.playTime) = (job, identity, film.seconds)
    decision.isCancelled = cancellation != nil
    decision.done = Set(
      film.stages.filter { $0.status == .success || $0.status == .skipped }.map { StageName($0.name) })
    if film.job.isArchived {
      decision.archive = film.job.archive
      decision.reason += kind == .skip ? ", and archived" : "; it is archived, and restored first"
      return decision
    }
    guard let known = film.identity, kind == .skip else { return decision }
    let place = film.place(in: workspace)
    if place == input {
      decision.isMoved = identity != known
    } else if let place, exists(place) {
      decision.isCopy = true
      decision.reason += "; the same film as \(workspace.documentPath(place))"
    } else {
      decision.isMoved = true
      decision.reason += place.map { "; its film was \(workspace.documentPath($0)) then" } ?? ""
    }
    return decision
  }

  private func judge(_ film: KnownFilm, _ job: JobPaths, _ question: InputHistory.Question) -> (
    InputDecision.Kind, String
  ) {
    if FileLock.isHeld(job.lock) { return (.held, "\(job.id) is being run by another process") }
    func status(of stage: StageDefinition) -> StageStatus? {
      (film.stages.last { $0.name == stage.name } ?? film.stages.last { StageName($0.name) == stage.canonicalName })?
        .status
    }
    let open = question.stages.filter { ![.success, .skipped].contains(status(of: $0)) }
    switch PipelineStatus(rawValue: film.job.status) {
    case .failed? where !open.isEmpty:
      let failed = film.stages.first { $0.status == .failed }?.name
      let place = failed.map { " in \($0)" } ?? ""
      if let attempts = question.attempts, film.failures >= attempts {
        return (
          .givenUp,
          "\(job.id) failed \(film.failures) \(film.failures == 1 ? "time" : "times"), last\(place); --retry-failed tries again"
        )
      }
      return (.retry, "\(job.id) failed\(place)")
    case .completed? where open.isEmpty && !question.rerun: return (.skip, "\(job.id) is completed")
    case .completed? where question.rerun:
      return (.resume, "\(job.id) is completed; stages of it were asked for again")
    case .completed?:
      return (.resume, "\(job.id) is completed, but not \(open.map(\.name).joined(separator: ", "))")
    case .pending?: return (.resume, "\(job.id) has not begun")
    default: return (.resume, "\(job.id) was interrupted")
    }
  }
}

extension KnownFilm {
  /// Where its job says that it is, also where that names it as containers see it; `nil` where the job says nothing.
  func place(in workspace: Workspace) -> FilePath? {
    guard let path = file.map({ workspace.resolve(documentPath: $0) }) else { return nil }
    guard path.string.hasPrefix(ContainerPlaces.root + "/"), !exists(path) else { return path }
    return ContainerPlaces(workspace).hostPath(of: path.string) ?? path
  }

  /// `nil` where the job does not record all of it.
  var identity: FilmIdentity? {
    guard let sha256, let bytes, let modified, let inode else { return nil }
    return FilmIdentity(sha256: sha256, size: bytes, modified: modified, inode: UInt64(bitPattern: inode))
  }
}
