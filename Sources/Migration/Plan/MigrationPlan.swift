internal import Glibc
internal import Index
public import Jobs
internal import SystemPackage

/// What a migration would do: a pure function of the trees, and of the numbers that were ever given.
public struct MigrationPlan {
  /// How much there is of what.
  public struct Counts: Sendable, Equatable {
    public var movies = 0
    public var dated = 0
    public var others = 0
    /// To be changed.
    public var migrated = 0
    public var heldBack = 0
    public var warnings = 0
    public var twins = 0
  }

  public let workspace: Workspace
  private let draft: PlanDraft
  /// In the order of their ids; what is no job comes last.
  private var order: [Int]
  private var ids: [Int: JobID] = [:]
  private var twins: [Int: [Int]] = [:]
  private var refusals: [Int: Problem] = [:]
  private var logOwners: [Int: [Int]] = [:]
  private let logs: OldLogs
  /// The first moment of the logs that belong to a later directory of the same name.
  private var nextOfName: [Int: Int64] = [:]
  /// Directories of a name that an earlier one has, too.
  private var followers: Set<Int> = []
  public private(set) var counts = Counts()
  /// Folders that could not be read, so that their content is not in the plan.
  public let unread: [JobError]

  /// Makes the plan.
  ///
  /// - Parameter progress: told how many trees have been read, of how many.
  /// - Throws: ``JobError`` with code `io`.
  public init(
    of trees: OldTrees, in workspace: Workspace, options: MigrationOptions, edits: [String: PlanEdit]? = nil,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    self.workspace = workspace
    let walk = try TreeWalk(trees)
    unread = walk.problems.map { JobError(.io, $0.path.string, $0.reason, remedy: "What is in it stays as it is.") }
    logs = OldLogs(in: trees.logs)
    let reader = TreeReader(
      workspace: workspace, trees: trees, inputs: InputFilms(in: trees.input), logs: logs, options: options,
      mentions: LogMentions(logs), now: .now)
    var draft = try PlanDraft(edits)
    let found = walk.found.filter { options.wants($0, in: workspace) }
    try draft.read(found, by: reader) { progress($0, found.count) }
    self.draft = draft
    order = draft.keys.indices.sorted {
      let (left, right) = (draft.keys[$0], draft.keys[$1])
      return left.kind == .other || right.kind == .other
        ? (left.kind == .other ? 1 : 0, $0) < (right.kind == .other ? 1 : 0, $1)
        : (left.created, $0) < (right.created, $1)
    }
    try number()
    findTwins()
    assignLogs()
    count()
  }

  // MARK: Ids

  private mutating func number() throws {
    let numbering = JobNumbering(workspace: workspace)
    let indexed = JobIndex.highestNumbers(in: workspace)
    var taken: [JobDate: Set<Int>] = [:]
    for key in draft.keys where key.kind == .dated && !key.isPlanned {
      if let day = key.day, let number = key.number { taken[day, default: []].insert(number) }
    }
    // Ids that may be kept are, before any is given anew.
    for index in order {
      let key = draft.keys[index]
      guard key.isPlanned, key.kind == .dated, let day = key.day, let number = key.number else { continue }
      let entry = try draft.spool.record(at: key.place)
      guard let old = JobID(entry.oldID ?? ""), taken[day, default: []].insert(number).inserted else { continue }
      ids[index] = old
    }
    var next: [JobDate: Int] = [:]
    for index in order where draft.keys[index].isPlanned && ids[index] == nil {
      guard let day = draft.keys[index].day else { continue }
      if next[day] == nil {
        let used = max(try numbering.highestUsed(on: day), indexed[day.digits] ?? 0)
        next[day] = max(used, taken[day]?.max() ?? 0) + 1
      }
      let number = next[day] ?? 1
      ids[index] = JobID(date: day, number: number)
      next[day] = number + 1
    }
  }

  // MARK: Twins

  private mutating func findTwins() {
    var groups: [UInt64: [Int]] = [:]
    for index in order where draft.keys[index].kind != .other && draft.keys[index].filmKey != 0 {
      groups[draft.keys[index].filmKey, default: []].append(index)
    }
    for group in groups.values where group.count > 1 {
      let years = Set(group.compactMap { draft.keys[$0].year })
      for index in group {
        // A directory without a year is of the one film that has the title, if there is but one.
        let own = draft.keys[index].year ?? (years.count == 1 ? years.first : nil)
        let others = group.filter { other in
          other != index && (draft.keys[other].year ?? (years.count == 1 ? years.first : nil)) == own
        }
        if !others.isEmpty { twins[index] = others }
      }
    }
  }

  // MARK: Logs

  private mutating func assignLogs() {
    for (log, key) in draft.owners() where ids[key] != nil { logOwners[key, default: []].append(log) }
    var later: [UInt64: Int64] = [:]
    for index in order.reversed() where draft.keys[index].kind == .movie {
      let key = draft.keys[index]
      if let next = later[key.directory] { nextOfName[index] = next }
      later[key.directory] = key.created - 3_600_000_000
    }
    var seen: Set<UInt64> = []
    for index in order where draft.keys[index].kind == .movie {
      if !seen.insert(draft.keys[index].directory).inserted { followers.insert(index) }
    }
  }

  private func logs(of entry: MigrationEntry, _ index: Int) -> [RawPath] {
    guard entry.kind == .movie else { return [] }
    let own = followers.contains(index) ? draft.keys[index].created - 3_600_000_000 : Int64.min
    let end = nextOfName[index] ?? .max
    let named = (logs.byDirectory[entry.source.name] ?? []).filter {
      $0.moment.microseconds >= own && $0.moment.microseconds < end
    }
    let told = (logOwners[index] ?? []).map { logs.unnamed[$0] }
    return (named + told).map { RawPath(logs.root.appending($0.name)) }.sorted()
  }

  private mutating func count() {
    for key in draft.keys {
      switch key.kind {
      case .movie: counts.movies += 1
      case .dated: counts.dated += 1
      case .other: counts.others += 1
      }
    }
    counts.migrated = ids.count - refusals.count
    counts.twins = twins.count
  }

  // MARK: Reading it

  /// Hands over each entry, in the order of their ids.
  ///
  /// - Throws: what `body` throws.
  public func forEach(_ body: (MigrationEntry) throws -> Void) throws {
    var claimed: Set<RawPath> = []
    for index in order {
      let entry = try self.entry(index)
      for log in entry.work?.logs ?? [] where entry.isMigrated { claimed.insert(log) }
      try body(entry)
    }
    for name in (logs.byDirectory.values.flatMap { $0 }.map(\.name) + logs.unnamed.map(\.name) + logs.others).sorted() {
      let path = logs.root.appending(name)
      guard claimed.insert(RawPath(path)).inserted else { continue }
      var entry = MigrationEntry(kind: .other, path: workspace.documentPath(path), source: RawPath(path))
      entry.problems = [.info("no job is known that this log belongs to; it stays")]
      try body(entry)
    }
  }

  private func entry(_ index: Int) throws -> MigrationEntry {
    var entry = try draft.spool.record(at: draft.keys[index].place)
    if let refusal = refusals[index] { entry.problems.append(refusal) }
    if let others = twins[index] {
      entry.twins = try others.map { try draft.spool.record(at: draft.keys[$0].place).path }
      entry.problems.append(.warning("is of the same film as \(entry.twins.joined(separator: ", ")); none is merged"))
    }
    guard let id = ids[index] else { return entry }
    entry.id = id
    guard let paths = entry.paths(in: workspace), var work = entry.work else { return entry }
    entry.outputDir = workspace.documentPath(paths.output)
    work.isInPlace = RawPath(paths.output) == entry.source
    if work.name == RawPath(id.description) { work.renames = [] }
    work.logs = logs(of: entry, index)
    if entry.kind == .dated, !work.isInPlace {
      var relative = entry.source.path
      if relative.removePrefix(workspace.outputRoot) {
        let folder = workspace.logRoot.pushing(relative)
        if isDirectory(folder) { work.logFolder = RawPath(folder) }
      }
    }
    entry.work = work
    return entry
  }
}

extension MigrationOptions {
  /// Whether an entry is among those that were asked for.
  func wants(_ tree: FoundTree, in workspace: Workspace) -> Bool {
    if only.isEmpty && exclude.isEmpty { return true }
    let texts = [tree.path.string, workspace.documentPath(tree.path), tree.name.text]
    func fits(_ pattern: String) -> Bool { texts.contains { fnmatch(pattern, $0, 0) == 0 } }
    return (only.isEmpty || only.contains(where: fits)) && !exclude.contains(where: fits)
  }
}
