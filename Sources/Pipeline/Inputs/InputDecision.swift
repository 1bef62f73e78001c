internal import Index
public import Jobs
public import SystemPackage
internal import Titles

/// What a run does with one film, and why.
public struct InputDecision: Sendable {
  public enum Kind: String, Sendable {
    /// A job is made.
    case new
    /// An unfinished job goes on.
    case resume
    /// A failed job is tried again.
    case retry
    /// Nothing is left to do.
    case skip
    /// Another process has its job in hand.
    case held
    /// The file is not there yet, as a film.
    case pending
  }

  public var input: FilePath
  public var title: String
  public var year: Int?
  public var kind: Kind
  /// A sentence for the admin.
  public var reason: String
  /// The job that is there already.
  public var job: JobPaths?
  public var identity: FilmIdentity
  /// Why nothing can be done with the film.
  public var problem: JobError?
}

/// Which films have which jobs: found in the index, read from the jobs' own files.
struct InputHistory {
  private struct Entry {
    var job: JobPaths
    var identity: FilmIdentity?
    var file: FilePath?

    init(_ job: JobPaths, in workspace: Workspace) {
      self.job = job
      let input =
        (try? JobInfo(reading: job.info))?.input ?? (try? Manifest(reading: job.manifest))?.document["input"]
      identity = FilmIdentity(recordedIn: input)
      file = input?["file"]?.string.map { workspace.resolve(documentPath: $0) }
    }

    /// What the job has done; empty where the manifest cannot be read.
    var manifest: Manifest { (try? Manifest(reading: job.manifest)) ?? Manifest(document: .object(.init())) }
  }

  private let index: JobIndex
  private var workspace: Workspace { index.workspace }

  init(_ index: JobIndex) throws {
    self.index = index
    try index.refresh()
  }

  /// The jobs of a file, and those of a content, oldest first.
  private func entries(of file: FilePath, content: String?) throws -> [Entry] {
    let spellings = Set([workspace.documentPath(file), file.string])
    return try index.jobs(ofInputs: spellings.sorted(), content: content)
      .map { Entry($0.paths(in: workspace), in: workspace) }
  }

  /// Decides about a film.
  ///
  /// A film is known by its content, for each user apart; the newest of its jobs counts.
  /// - Parameters:
  ///   - stages: those that are wanted of it.
  ///   - again: make a new job whatever there is.
  ///   - rerun: run some stages of its job again even when all is done.
  /// - Throws: ``JobError`` with code `io` when the film cannot be read.
  func decide(
    _ input: FilePath, user: Int, stages: [StageDefinition], again: Bool, rerun: Bool
  ) throws -> InputDecision {
    let identity = try identity(of: input)
    let name = FilmName(parsing: input.lastComponent?.string ?? input.string)
    var decision = InputDecision(
      input: input, title: name.title, year: name.year, kind: .new, reason: "no job of this film yet",
      identity: identity)
    if identity.size == 0 {
      (decision.kind, decision.reason) = (.pending, "the file is empty: a copy that has just begun, or failed")
      return decision
    }
    let entries = try entries(of: input, content: identity.sha256)
    let own = entries.filter { $0.job.userID == user }
    guard let entry = own.last(where: { fits($0, input, identity) }) else {
      if entries.contains(where: { fits($0, input, identity) }) {
        decision.reason = "user \(user) has no job of this film yet"
      }
      if own.contains(where: { $0.file == input }) {
        decision.reason = "the file's content is not that of its earlier job"
      }
      return decision
    }
    if again {
      decision.reason = "asked to run again from the start; \(entry.job.id) stays as it is"
      return decision
    }
    let manifest = entry.manifest
    decision.job = entry.job
    (decision.title, decision.year) = Self.titleAndYear(of: manifest, entry, name)
    (decision.kind, decision.reason) = Self.judge(entry.job, manifest, stages: stages, rerun: rerun)
    return decision
  }

  /// The decision to go on with a job that was named.
  ///
  /// - Throws: ``JobError`` with code `damaged` when the job's manifest names no film, `io` when the film is gone.
  func resume(_ job: JobPaths, _ selection: StageSelection) throws -> InputDecision {
    let entry = Entry(job, in: workspace)
    let manifest = entry.manifest
    let recorded = manifest.inputFile.map { workspace.resolve(documentPath: $0) }
    guard let input = recorded ?? entry.file else {
      throw JobError(
        .damaged, job.manifest.string, "names no film to go on with",
        remedy: "Run the film itself: cpwx run FILE makes a new job of it.")
    }
    let name = FilmName(parsing: input.lastComponent?.string ?? input.string)
    let (title, year) = Self.titleAndYear(of: manifest, entry, name)
    let (kind, reason) = Self.judge(job, manifest, stages: selection.wanted, rerun: selection.isRerun)
    return InputDecision(
      input: input, title: title, year: year, kind: kind, reason: reason, job: job, identity: try identity(of: input))
  }

  /// As the manifest has them, where cpwx wrote it; other writers' are often wrong, and the file's name is not.
  private static func titleAndYear(of manifest: Manifest, _ entry: Entry, _ name: FilmName) -> (String, Int?) {
    guard entry.identity != nil, let title = manifest.title else { return (name.title, name.year) }
    return (title, manifest.year)
  }

  private static func judge(
    _ job: JobPaths, _ manifest: Manifest, stages: [StageDefinition], rerun: Bool
  ) -> (InputDecision.Kind, String) {
    if FileLock.isHeld(job.lock) { return (.held, "\(job.id) is being run by another process") }
    let open = stages.filter { stage in
      let status = manifest.stage(stage.name)?.status
      return status != .success && status != .skipped
    }
    switch manifest.status(isRunning: false) {
    case .failed where !open.isEmpty:
      let failed = manifest.stages.first { $0.status == .failed }?.name
      return (.retry, "\(job.id) failed\(failed.map { " in \($0)" } ?? "")")
    case .completed where open.isEmpty && !rerun: return (.skip, "\(job.id) is completed")
    case .completed where rerun: return (.resume, "\(job.id) is completed; stages of it were asked for again")
    case .completed: return (.resume, "\(job.id) is completed, but not \(open.map(\.name).joined(separator: ", "))")
    case .pending: return (.resume, "\(job.id) has not begun")
    default: return (.resume, "\(job.id) was interrupted")
    }
  }

  private func fits(_ entry: Entry, _ input: FilePath, _ identity: FilmIdentity) -> Bool {
    if let known = entry.identity { return known.sha256 == identity.sha256 }
    return entry.file == input
  }

  /// The film's identity, from a manifest where the file is plainly the one that was read for it.
  private func identity(of input: FilePath) throws -> FilmIdentity {
    if let status = try? FileStatus(of: input),
      let known = try entries(of: input, content: nil)
        .last(where: { $0.file == input && $0.identity?.stillFits(status) == true })?.identity
    {
      return known
    }
    return try FilmIdentity(hashing: input)
  }
}

extension InputDecision {
  /// The decision about a film that cannot be read.
  static func unreadable(_ input: FilePath, _ problem: JobError) -> InputDecision {
    let name = FilmName(parsing: input.lastComponent?.string ?? input.string)
    return InputDecision(
      input: input, title: name.title, year: name.year, kind: .pending, reason: problem.message, identity: .unknown,
      problem: problem)
  }

  /// What a manifest's `input` says of the film.
  func document(in workspace: Workspace) -> JSON {
    var document: JSON = [
      "file": .string(workspace.documentPath(input)), "title": .string(title), "year": .int(year),
    ]
    identity.record(in: &document)
    return document
  }
}
