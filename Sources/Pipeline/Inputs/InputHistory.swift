internal import Index
internal import Jobs
internal import SystemPackage
internal import Titles

/// Which films have which jobs, as the index knows it, and what follows for a film.
struct InputHistory {
  /// What is asked of the films.
  struct Question {
    var user: Int
    /// The stages that are wanted of a film.
    var stages: [StageDefinition]
    /// Make a new job whatever there is.
    var again = false
    /// Run some stages of its job again even when all is done.
    var rerun = false
    /// How often a job may fail before it is left alone; `nil`: as often as it likes.
    var attempts: Int?
  }

  private let index: JobIndex
  private let memory: HashMemory
  private var workspace: Workspace { index.workspace }

  init(_ index: JobIndex, _ memory: HashMemory) throws {
    (self.index, self.memory) = (index, memory)
    try index.refresh()
  }

  /// What is known of files by their names and places: the jobs of each, oldest first.
  func films(of inputs: [FilePath]) throws -> [[KnownFilm]] { try index.films(ofFiles: inputs.map(spellings)) }

  /// Decides about a film.
  ///
  /// A film is known by its content, for each user apart; the newest of its jobs counts.
  /// - Parameters:
  ///   - known: its jobs by its name and place.
  ///   - hasTwin: whether another film of this run has its size, and may be the same.
  ///   - stop: ends the reading of the film.
  /// - Throws: ``JobError`` with code `io` when the film cannot be read; `CancellationError`.
  func decide(
    _ input: FilePath, _ status: FileStatus, known: [KnownFilm], hasTwin: Bool, _ question: Question, stop: StopSource?
  ) throws -> InputDecision {
    if status.size == 0 {
      // Some files say so and are not.
      _ = try FilmIdentity(hashing: input, stop: stop)
      return InputDecision(.pending, of: input, because: "the file is empty: a copy that has just begun, or failed")
    }
    let user = String(question.user)
    var films = known
    var identity = films.last { isOf($0, input) && $0.identity?.stillFits(status) == true }?.identity
    if identity == nil, try hasTwin || index.hasInput(ofSize: status.size) {
      let read = try memory.identity(of: input, status, stop: stop)
      films = try index.films(ofInputs: spellings(of: input), content: read.sha256)
      identity = read
    }
    let own = films.last { $0.job.userID == user && fits($0, input, identity) }
    var decision: InputDecision
    if let own, !question.again {
      decision = decided(about: own, input, identity, question)
    } else {
      decision = InputDecision(.new, of: input, because: reasonForNew(films, own, input, identity, user))
      decision.identity = identity
    }
    decision.seen = status
    return decision
  }

  private func reasonForNew(
    _ films: [KnownFilm], _ own: KnownFilm?, _ input: FilePath, _ identity: FilmIdentity?, _ user: String
  ) -> String {
    if let own { return "asked to run again from the start; \(own.job.jobID) stays as it is" }
    if films.contains(where: { $0.job.userID == user && isOf($0, input) }) {
      return "the file's content is not that of its earlier job"
    }
    if films.contains(where: { fits($0, input, identity) }) { return "user \(user) has no job of this film yet" }
    return "no job of this film yet"
  }

  /// The decision to go on with a job that was named.
  ///
  /// - Throws: ``JobError`` with code `damaged` when the job's manifest names no film, `io` when the film is gone;
  ///   `CancellationError`.
  func resume(_ job: IndexedJob, _ question: Question, stop: StopSource?) throws -> InputDecision {
    let film = try index.film(of: job)
    guard let input = film.file.map({ workspace.resolve(documentPath: $0) }) else {
      throw JobError(
        .damaged, job.paths(in: workspace).manifest.string, "names no film to go on with",
        remedy: "Run the film itself: cpwx run FILE makes a new job of it.")
    }
    let status = try? FileStatus(of: input)
    let known = status.flatMap { film.identity?.stillFits($0) == true ? film.identity : nil }
    return decided(about: film, input, try known ?? FilmIdentity(hashing: input, stop: stop), question)
  }

  /// The decision about a film that has a job.
  private func decided(
    about film: KnownFilm, _ input: FilePath, _ identity: FilmIdentity?, _ question: Question
  ) -> InputDecision {
    let job = film.job.paths(in: workspace)
    let (kind, reason) = judge(film, job, question)
    // As the manifest has them, where cpwx wrote it; other writers' are often wrong, and the file's name is not.
    var decision =
      if film.identity != nil, let title = film.job.title {
        InputDecision(input: input, title: title, year: film.job.year, kind: kind, reason: reason)
      } else {
        InputDecision(kind, of: input, because: reason)
      }
    (decision.job, decision.identity, decision.playTime) = (job, identity, film.seconds)
    decision.done = Set(
      film.stages.filter { $0.status == .success || $0.status == .skipped }.map { StageName($0.name) })
    if film.job.isArchived {
      decision.archive = film.job.archive
      decision.reason += kind == .skip ? ", and archived" : "; it is archived, and restored first"
      return decision
    }
    guard let known = film.identity, kind == .skip else { return decision }
    let place = film.file.map { workspace.resolve(documentPath: $0) }
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

  private func judge(_ film: KnownFilm, _ job: JobPaths, _ question: Question) -> (InputDecision.Kind, String) {
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

  /// How documents may write a file.
  private func spellings(of file: FilePath) -> [String] {
    let short = workspace.documentPath(file)
    return short == file.string ? [short] : [short, file.string]
  }

  private func isOf(_ film: KnownFilm, _ input: FilePath) -> Bool {
    film.file == input.string || film.file.map { workspace.resolve(documentPath: $0) } == input
  }

  private func fits(_ film: KnownFilm, _ input: FilePath, _ identity: FilmIdentity?) -> Bool {
    if let known = film.identity { return known.sha256 == identity?.sha256 }
    return isOf(film, input)
  }
}

extension KnownFilm {
  /// `nil` where the job does not record all of it.
  fileprivate var identity: FilmIdentity? {
    guard let sha256, let bytes, let modified, let inode else { return nil }
    return FilmIdentity(sha256: sha256, size: bytes, modified: modified, inode: UInt64(bitPattern: inode))
  }
}
