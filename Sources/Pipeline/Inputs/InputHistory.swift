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
  private let places: ContainerPlaces
  private var workspace: Workspace { index.workspace }

  init(_ index: JobIndex, _ memory: HashMemory) throws {
    (self.index, self.memory) = (index, memory)
    places = ContainerPlaces(index.workspace)
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
      decision = JobDecision(workspace).decided(about: own, input, identity, question)
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
    try JobDecision(workspace).resume(index.film(of: job), question, stop: stop)
  }

  /// How documents may write a file; those of other orchestrators as their containers saw it, too.
  private func spellings(of file: FilePath) -> [String] {
    let short = workspace.documentPath(file)
    let known = [short, file.string] + [places.containerPath(of: file)].compactMap { $0 }
    return known.enumerated().filter { known.firstIndex(of: $1) == $0 }.map(\.element)
  }

  private func isOf(_ film: KnownFilm, _ input: FilePath) -> Bool {
    film.file == input.string || film.place(in: workspace) == input
  }

  private func fits(_ film: KnownFilm, _ input: FilePath, _ identity: FilmIdentity?) -> Bool {
    if let known = film.identity { return known.sha256 == identity?.sha256 }
    return isOf(film, input)
  }
}
