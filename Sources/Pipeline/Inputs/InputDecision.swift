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
    /// Its job has failed as often as it may, or was cancelled.
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
  /// The archive that is all that is left of that job.
  var archive: String?
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
  /// Whether its job was cancelled, and is asked for all the same.
  var isCancelled = false
  /// Whether it is the same film as another one.
  var isCopy = false
  /// Whether the settings of its completed job are not those that were asked for.
  var hasOtherSettings = false
  /// Why nothing can be done with the film.
  public var problem: JobError?
}

extension InputDecision {
  /// Whether there is no more to say of the film than that it is done.
  var isPlainlyDone: Bool { kind == .skip && !isMoved && !isCopy && !hasOtherSettings }

  /// A decision about a film that is called as its file is, or the folder of it.
  init(_ kind: Kind, of input: FilePath, because reason: String) {
    let names = input.components.reversed().lazy.map(\.string)
    let name = FilmName(parsing: names.first ?? input.string, in: names.dropFirst())
    self.init(input: input, title: name.title, year: name.year, kind: kind, reason: reason)
  }

  /// The decision about a copy under way.
  static func partial(_ path: FilePath) -> InputDecision {
    var decision = InputDecision(.pending, of: path.removingExtension, because: "a copy under way, by its name")
    decision.input = path
    return decision
  }

  /// The decision about a film that cannot be read.
  static func unreadable(_ input: FilePath, _ problem: JobError) -> InputDecision {
    var decision = InputDecision(.pending, of: input, because: problem.message)
    decision.problem = problem
    return decision
  }

  /// The decision about a film that was not looked at any more.
  static func stopped(_ input: FilePath) -> InputDecision {
    InputDecision(.pending, of: input, because: "not looked at: stopped")
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

extension FilePath {
  fileprivate var removingExtension: FilePath { removingLastComponent().appending(stem ?? "") }
}
