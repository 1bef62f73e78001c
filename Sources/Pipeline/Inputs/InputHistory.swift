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

  /// Decides about a film.
  ///
  /// A film is known by its content, for each user apart; the newest of its jobs counts.
  /// - Parameter hasTwin: whether another film of this run has its size, and may be the same.
  /// - Throws: ``JobError`` with code `io` when the film cannot be read.
  func decide(_ input: FilePath, _ status: FileStatus, hasTwin: Bool, _ question: Question) throws -> InputDecision {
    let name = FilmName(parsing: input.lastComponent?.string ?? input.string)
    var decision = InputDecision(
      input: input, title: name.title, year: name.year, kind: .new, reason: "no job of this film yet")
    decision.seen = status
    if status.size == 0 {
      // Some files say so and are not.
      _ = try FilmIdentity(hashing: input)
      (decision.kind, decision.reason) = (.pending, "the file is empty: a copy that has just begun, or failed")
      return decision
    }
    let user = question.user
    var films = try self.films(of: input, content: nil)
    decision.identity = films.last { isOf($0, input) && $0.identity?.stillFits(status) == true }?.identity
    if decision.identity == nil, try hasTwin || index.hasInput(ofSize: status.size) {
      let identity = try memory.identity(of: input, status)
      decision.identity = identity
      films = try self.films(of: input, content: identity.sha256)
    }
    let own = films.filter { $0.job.userID == String(user) }
    guard let film = own.last(where: { fits($0, input, decision.identity) }) else {
      if films.contains(where: { fits($0, input, decision.identity) }) {
        decision.reason = "user \(user) has no job of this film yet"
      }
      if own.contains(where: { isOf($0, input) }) {
        decision.reason = "the file's content is not that of its earlier job"
      }
      return decision
    }
    if question.again {
      decision.reason = "asked to run again from the start; \(film.job.jobID) stays as it is"
      return decision
    }
    complete(&decision, film, name, question)
    return decision
  }

  /// The decision to go on with a job that was named.
  ///
  /// - Throws: ``JobError`` with code `damaged` when the job's manifest names no film, `io` when the film is gone.
  func resume(_ job: IndexedJob, _ question: Question) throws -> InputDecision {
    let film = try index.film(of: job)
    guard let input = film.file.map({ workspace.resolve(documentPath: $0) }) else {
      throw JobError(
        .damaged, job.paths(in: workspace).manifest.string, "names no film to go on with",
        remedy: "Run the film itself: cpwx run FILE makes a new job of it.")
    }
    let name = FilmName(parsing: input.lastComponent?.string ?? input.string)
    var decision = InputDecision(input: input, title: name.title, year: name.year, kind: .resume, reason: "")
    let status = try? FileStatus(of: input)
    decision.identity = status.flatMap { film.identity?.stillFits($0) == true ? film.identity : nil }
    if decision.identity == nil { decision.identity = try FilmIdentity(hashing: input) }
    complete(&decision, film, name, question)
    return decision
  }

  private func complete(
    _ decision: inout InputDecision, _ film: KnownFilm, _ name: FilmName, _ question: Question
  ) {
    let job = film.job.paths(in: workspace)
    decision.job = job
    decision.playTime = film.seconds
    // As the manifest has them, where cpwx wrote it; other writers' are often wrong, and the file's name is not.
    if film.identity != nil, let title = film.job.title { (decision.title, decision.year) = (title, film.job.year) }
    (decision.kind, decision.reason) = judge(film, job, question)
    decision.done = Set(
      film.stages.filter { $0.status == .success || $0.status == .skipped }.map { StageName($0.name) })
    guard let known = film.identity, decision.kind == .skip else { return }
    let place = film.file.map { workspace.resolve(documentPath: $0) }
    if place == decision.input {
      decision.isMoved = decision.identity != known
    } else if let place, exists(place) {
      decision.reason += "; the same film as \(workspace.documentPath(place))"
    } else {
      decision.isMoved = true
      decision.reason += place.map { "; its film was \(workspace.documentPath($0)) then" } ?? ""
    }
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

  /// The jobs of a file, and those of a content, oldest first.
  private func films(of file: FilePath, content: String?) throws -> [KnownFilm] {
    let spellings = Set([workspace.documentPath(file), file.string])
    return try index.films(ofInputs: spellings.sorted(), content: content)
  }

  private func isOf(_ film: KnownFilm, _ input: FilePath) -> Bool {
    film.file.map { workspace.resolve(documentPath: $0) } == input
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
