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
    /// Another process has its job in hand, or there is no room for it now.
    case held
    /// The file is not there yet, as a film.
    case pending
    /// Its job has failed as often as it may.
    case givenUp = "given_up"

    /// Whether a run has something to do.
    var isWork: Bool { self == .new || self == .resume || self == .retry }
  }

  public var input: FilePath
  public var title: String
  public var year: Int?
  public var kind: Kind
  /// A sentence for the admin.
  public var reason: String
  /// The job that is there already.
  public var job: JobPaths?
  /// `nil` as long as the film need not be read: no other film of its size is known.
  public var identity: FilmIdentity?
  /// How long the film plays, in seconds, where its job says so.
  var playTime: Double?
  /// Seconds until a film that has just changed counts as still; 0 for one that does.
  var settlesIn = 0.0
  /// What it will take, where there is something to do.
  public internal(set) var estimate: WorkEstimate?
  /// Stages of its job that are done.
  var done: Set<StageName> = []
  /// The file as it was when it was decided about.
  var seen: FileStatus?
  /// Whether the film of its completed job has another name or place than the job knows.
  var isMoved = false
  /// Why nothing can be done with the film.
  public var problem: JobError?
}

extension InputDecision {
  /// The decision about a copy under way.
  static func partial(_ path: FilePath) -> InputDecision {
    let name = FilmName(parsing: path.stem ?? path.string)
    return InputDecision(
      input: path, title: name.title, year: name.year, kind: .pending, reason: "a copy under way, by its name")
  }

  /// The decision about a film that cannot be read.
  static func unreadable(_ input: FilePath, _ problem: JobError) -> InputDecision {
    let name = FilmName(parsing: input.lastComponent?.string ?? input.string)
    return InputDecision(
      input: input, title: name.title, year: name.year, kind: .pending, reason: problem.message,
      problem: problem)
  }

  /// What a manifest's `input` says of the film.
  func document(in workspace: Workspace) -> JSON {
    var document: JSON = [
      "file": .string(workspace.documentPath(input)), "title": .string(title), "year": .int(year),
    ]
    identity?.record(in: &document)
    document["duration_seconds"] = playTime.map { .double($0) }
    return document
  }
}
