public import Jobs
internal import SystemPackage

/// One thing that lies in an old tree: what it is, and what becomes of it.
public struct MigrationEntry: Sendable {
  public enum Kind: String, Sendable, BitwiseCopyable {
    /// A film's directory of the flat layout.
    case movie
    /// A job that lies by its date already.
    case dated
    /// No job; it stays.
    case other
  }

  /// The shapes that trees have had.
  enum Layout: String, Sendable {
    /// `out/Movie_Name_2023`
    case flat
    /// `out/Y/M/D/USER/YYYYMMDD-NNN`
    case today
    /// The same with job.json, `.ID.env` and a copy of the film, numbered per user and day.
    case prepared
    /// `out/Y/M/D/ID`, perhaps with `jobs/Y/M/D/ID` beside it.
    case userless
    /// `jobs/Y/M/D/ID` alone.
    case waiting
    /// `out/Y/M/D/LOGIN/COUNTER`, with job.json.
    case later
  }

  public var kind: Kind
  /// As documents write it: relative to the workspace where it lies in it.
  public var path: String
  var source: RawPath
  var layout: Layout?
  public var title: String?
  public var year: Int?
  /// Which of what tells of the film won: input_file, in_folder, directory, manifest, tmdb.
  public var titleSource: String?
  public var yearSource: String?
  public var status: PipelineStatus?
  public var completedStages: [String] = []
  public var failedStages: [String] = []
  public var created: Timestamp?
  /// What told the date: manifest, log, newest_file, path.
  public var dateSource: String?
  public var userID: Int?
  public var id: JobID?
  /// What the tree called itself and its user, where it bore an id.
  var oldID: String?
  var oldUser: String?
  public var outputDir: String?
  /// The other directories of the same film.
  public var twins: [String] = []
  public var problems: [Problem] = []
  var inputFile: String?
  /// Of what is no job: the links in it, by their whole paths.
  var links: [TreeScan.Link] = []
  /// What is to be done; `nil` where nothing is.
  var work: EntryWork?

  init(kind: Kind, path: String, source: RawPath) { (self.kind, self.path, self.source) = (kind, path, source) }

  /// Whether a person must see to it first.
  public var isHeldBack: Bool { problems.contains { $0.severity == .error } }

  /// Whether it is changed.
  public var isMigrated: Bool { work != nil && id != nil && !isHeldBack }

  /// Whether it is a film's directory that bears the name of a year, whose folder it may stand in the way of.
  var bearsYear: Bool { kind == .movie && source.name.isNumber(of: 4) }

  /// Has it stay as it is; links in it may still point into what moves.
  mutating func leave() {
    if let work {
      links += work.links.map { $0.below(source) }
      if let prepared = work.prepared { links += work.preparedLinks.links.map { $0.below(prepared) } }
    }
    work = nil
  }

  /// What a migration does with it, in a word.
  public var action: String {
    if isHeldBack { return "held back" }
    if isMigrated { return work?.isInPlace == true ? "complete" : "move" }
    return kind == .dated ? "adopt" : "leave"
  }

  /// The documented object.
  public var document: JSON {
    [
      "path": .string(path), "kind": .string(kind.rawValue), "title": .string(title), "year": .int(year),
      "status": .string(status?.rawValue), "completed_stages": .strings(completedStages),
      "failed_stages": .strings(failedStages), "job_id": .string(id?.description), "output_dir": .string(outputDir),
      "date": .string(created?.format("%Y-%m-%d")), "date_source": .string(dateSource), "twins": .strings(twins),
      "problems": .array(problems.map(\.document)), "user_id": .int(userID), "created_at": .string(created?.text),
      "layout": .string(layout?.rawValue), "title_source": .string(titleSource), "year_source": .string(yearSource),
      "old_job_id": .string(oldID), "action": .string(action), "renames": .int(work?.renames.count ?? 0),
      "logs": .int(work?.logs.count ?? 0), "writes": .strings(work?.madeNames ?? []),
    ]
  }

  /// All of it, as a journal keeps it: what is to be done, if anything, before all else.
  var record: JSON {
    var members = JSON.Object()
    members["work"] = work?.document
    members.members += document.object?.members ?? []
    var record = JSON.object(members)
    record["source"] = source.document
    record["created_us"] = .int(created.map { Int($0.microseconds) })
    record["old_user"] = .string(oldUser)
    record["input_file"] = .string(inputFile)
    if !links.isEmpty { record["links"] = .array(links.map(\.document)) }
    return record
  }

  init?(_ record: JSON) {
    guard let kind = record["kind"]?.string.flatMap({ Kind(rawValue: $0) }), let path = record["path"]?.string,
      let source = RawPath(record["source"])
    else { return nil }
    self.init(kind: kind, path: path, source: source)
    func texts(_ key: String) -> [String] { (record[key]?.array ?? []).compactMap(\.string) }
    layout = record["layout"]?.string.flatMap { Layout(rawValue: $0) }
    (title, year) = (record["title"]?.string, record["year"]?.int)
    (titleSource, yearSource) = (record["title_source"]?.string, record["year_source"]?.string)
    status = record["status"]?.string.flatMap { PipelineStatus(rawValue: $0) }
    (completedStages, failedStages) = (texts("completed_stages"), texts("failed_stages"))
    created = record["created_us"]?.int.map { Timestamp(microseconds: Int64($0)) }
    (dateSource, userID) = (record["date_source"]?.string, record["user_id"]?.int)
    id = record["job_id"]?.string.flatMap { JobID($0) }
    (oldID, oldUser) = (record["old_job_id"]?.string, record["old_user"]?.string)
    (outputDir, inputFile) = (record["output_dir"]?.string, record["input_file"]?.string)
    twins = texts("twins")
    problems = (record["problems"]?.array ?? []).compactMap { Problem($0) }
    links = (record["links"]?.array ?? []).compactMap { TreeScan.Link($0) }
    work = record["work"].flatMap { EntryWork($0) }
  }

  /// Where everything of the job will lie.
  func paths(in workspace: Workspace) -> JobPaths? {
    guard let id, let userID else { return nil }
    return JobPaths(id: id, userID: userID, in: workspace)
  }
}

extension Int {
  func padded(_ width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
