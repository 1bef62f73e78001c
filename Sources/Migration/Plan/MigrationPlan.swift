internal import Index
public import Jobs
internal import SystemPackage

/// What a migration would do: a pure function of the trees, and of the numbers that were ever given.
public struct MigrationPlan: Sendable {
  public let workspace: Workspace
  private let draft: PlanDraft
  /// In the order of their ids; what is no job comes last.
  private let order: [Int32]
  /// By the entries' numbers in the draft.
  private var ids: PlannedIDs
  /// The first number that is given of each day on which others may be given meanwhile.
  private(set) var openNumbers: [JobID] = []
  /// Entries of titles that others have, too, by their films, and their paths.
  private var twins: [Int32] = []
  private var twinPaths = NameList()
  private var logOwners: LogOwners
  /// What is shown: entries in their order, and behind them what stays in the folder of logs.
  private var shown: [Int32] = []
  private var besides: [Beside] = []
  private let logs: OldLogs
  let trees: OldTrees
  /// Links in trees that are not among the entries, and in the folder of films, by their whole paths.
  let linksBesides: [TreeScan.Link]
  /// Years whose folder is a film's directory, which stays.
  private let blocked: Set<Int>
  /// Folders that could not be read, so that their content is not in the plan.
  public let unread: [JobError]
  /// Whether patterns were given, and nothing that is there fits them.
  public var isOfNothing: Bool { shown.isEmpty && besides.isEmpty && !options.choosesAll }
  private let options: MigrationOptions
  /// Whether it lacks what only a run needs.
  let isShownOnly: Bool

  private enum Beside {
    /// By its number, with the entry that has it, and stays as well.
    case log(Int, of: Int?)
    case file(RawPath)
    case link(RawPath)
  }

  /// Makes the plan.
  ///
  /// - Parameters:
  ///   - isShownOnly: whether it will be shown and not run: what nobody sees of it is then not looked for.
  ///   - progress: told how many trees have been read, of how many.
  /// - Throws: ``JobError`` with code `io`.
  public init(
    of trees: OldTrees, in workspace: Workspace, options: MigrationOptions, edits: [String: PlanEdit]? = nil,
    isShownOnly: Bool = false, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    (self.workspace, self.trees, self.options, self.isShownOnly) = (workspace, trees, options, isShownOnly)
    let walk = try TreeWalk(trees)
    unread = walk.problems.map { JobError(.io, $0.path.string, $0.reason, remedy: "What is in it stays as it is.") }
    logs = OldLogs(in: trees.logs)
    let reader = TreeReader(
      workspace: workspace, trees: trees, inputs: InputFilms(in: trees.input), logs: logs, options: options,
      mentions: try LogMentions(logs, of: walk.found), now: .now,
      leavesOutMux: TreeReader.muxIsOff(workspace.config), isShownOnly: isShownOnly)
    let count = walk.found.count
    let draft = try PlanDraft(walk.found, by: reader, edits) { progress($0, count) }
    self.draft = draft
    linksBesides = draft.linksBesides + (isShownOnly ? [] : Self.links(in: reader.inputs, to: trees))
    var order = draft.keys.indices.map { Int32($0) }
    order.sort {
      let (left, right) = (draft.keys[Int($0)], draft.keys[Int($1)])
      return left.kind == .other || right.kind == .other
        ? (left.kind == .other ? 1 : 0, $0) < (right.kind == .other ? 1 : 0, $1)
        : (left.created, $0) < (right.created, $1)
    }
    self.order = order
    blocked = try draft.blockedYears(in: workspace)
    let (ids, open) = try Self.number(
      draft, order, but: blocked, areElsewhere: trees.output != workspace.outputRoot, in: workspace)
    (self.ids, openNumbers) = (ids, open)
    logOwners = LogOwners(logs, draft, order) { ids.contains($0) }
    try findTwins()
    shown = options.choosesAll ? order : order.filter { draft.keys[Int($0)].isWanted }
    for (log, owner) in logOwners.left {
      let isWanted = try owner.map { draft.keys[$0].isWanted } ?? wants(logs.all.name(log))
      if isWanted { besides.append(.log(log, of: owner)) }
    }
    for name in logs.others where wants(name) { besides.append(.file(name)) }
    for name in logs.links where wants(name) { besides.append(.link(name)) }
  }

  /// Links in the folder of films that lead to what may move.
  private static func links(in inputs: InputFilms, to trees: OldTrees) -> [TreeScan.Link] {
    let roots = [trees.output, trees.jobs, trees.logs].compactMap { realPath($0) }
    return inputs.links.filter { link in
      guard let place = realPath(inputs.root.appending(link.path)) else { return false }
      return roots.contains { place.starts(with: $0) }
    }.map { $0.below(RawPath(inputs.root)) }
  }

  private func wants(_ log: RawPath) -> Bool {
    let path = logs.root.appending(log)
    return options.choosesAll || options.wants([log.name.text, path.string, workspace.documentPath(path)])
  }

  /// How many trees are to be changed.
  public var migrated: Int { ids.indices.count { ids.contains($0) } }

  // MARK: Ids

  /// The highest number that is given of each day on which others may be given meanwhile.
  var highestOpenNumbers: [JobID] {
    var highest = Dictionary(openNumbers.map { ($0.date, $0) }, uniquingKeysWith: { $1 })
    for case let id? in ids { if let known = highest[id.date], known < id { highest[id.date] = id } }
    return highest.values.sorted()
  }

  /// Gives the next numbers where others have got those of the plan since it was made.
  ///
  /// - Returns: how many trees get another one.
  /// - Throws: ``JobError`` with code `io`.
  mutating func takeFreeNumbers() throws -> Int {
    guard try openNumbers.contains(where: { try $0.number <= Self.highestUsed(on: $0.date, in: workspace) }) else {
      return 0
    }
    let before = ids
    (ids, openNumbers) = try Self.number(
      draft, order, but: blocked, areElsewhere: trees.output != workspace.outputRoot, in: workspace)
    return zip(before, ids).count { $0 != $1 }
  }

  /// The highest number of a day that was ever given.
  ///
  /// - Throws: ``JobError`` with code `io`.
  static func highestUsed(on day: JobDate, in workspace: Workspace) throws -> Int {
    max(
      try JobNumbering(workspace: workspace).highestUsed(on: day),
      JobIndex.highestNumbers(in: workspace)[day.digits] ?? 0)
  }

  private static func number(
    _ draft: PlanDraft, _ order: [Int32], but blocked: Set<Int>, areElsewhere: Bool, in workspace: Workspace
  ) throws -> (ids: PlannedIDs, open: [JobID]) {
    let order = order.lazy.map { Int($0) }
    var ids = PlannedIDs(count: draft.keys.count)
    let numbering = JobNumbering(workspace: workspace)
    let indexed = JobIndex.highestNumbers(in: workspace)
    var taken: [JobDate: Set<Int>] = [:]
    for key in draft.keys where key.kind == .dated && !key.isPlanned {
      if let day = key.day, let number = key.number { taken[day, default: []].insert(number) }
    }
    var used: [JobDate: Int] = [:]
    func highestUsed(on day: JobDate) throws -> Int {
      if let known = used[day] { return known }
      let highest = max(try numbering.highestUsed(on: day), indexed[day.digits] ?? 0)
      used[day] = highest
      return highest
    }
    for index in order where draft.keys[index].isPlanned && draft.keys[index].keepsID {
      guard let id = try draft.entry(index).id else { continue }
      ids[index] = id
      taken[id.date, default: []].insert(id.number)
    }
    // Ids that may be kept are, before any is given anew.
    for index in order where !ids.contains(index) {
      let key = draft.keys[index]
      guard key.isPlanned, key.kind == .dated, let day = key.day, let number = key.number,
        !blocked.contains(day.year)
      else { continue }
      // Trees of another folder are none of those that the numbers of this one were counted over.
      if areElsewhere, try number <= highestUsed(on: day) { continue }
      let entry = try draft.entry(index)
      // Of a day that a person has changed, the number is none.
      guard let old = JobID(entry.oldID ?? ""), old.date == day, taken[day, default: []].insert(number).inserted else {
        continue
      }
      ids[index] = old
    }
    var next: [JobDate: Int] = [:]
    for index in order where draft.keys[index].isPlanned && !ids.contains(index) {
      guard let day = draft.keys[index].day, !blocked.contains(day.year) else { continue }
      if next[day] == nil { next[day] = max(try highestUsed(on: day), taken[day]?.max() ?? 0) + 1 }
      let number = next[day] ?? 1
      ids[index] = JobID(date: day, number: number)
      next[day] = number + 1
    }
    // Jobs are made today, or where another clock says so.
    let first = JobDate(Timestamp(microseconds: Timestamp.now.microseconds - 86_400_000_000))
    var open: [JobDate: JobID] = [:]
    for case let id? in ids where id.date >= first {
      guard try id.number > highestUsed(on: id.date), open[id.date].map({ id < $0 }) ?? true else { continue }
      open[id.date] = id
    }
    return (ids, open.values.sorted())
  }

  // MARK: Twins

  private mutating func findTwins() throws {
    let films = draft.grouped(order) { $0.kind == .other || $0.filmKey == 0 ? nil : $0.filmKey }
    func film(_ place: Int) -> UInt64? { films.indices.contains(place) ? draft.keys[Int(films[place])].filmKey : nil }
    for place in films.indices where film(place) == film(place - 1) || film(place) == film(place + 1) {
      twins.append(films[place])
      twinPaths.append(RawPath(try draft.entry(Int(films[place])).path))
    }
  }

  /// The paths of the other directories of an entry's film.
  private func twins(of index: Int) -> [String] {
    let film = draft.keys[index].filmKey
    if twins.isEmpty || film == 0 || draft.keys[index].kind == .other { return [] }
    let first = twins.firstPlace { draft.keys[Int($0)].filmKey >= film }
    let group = twins[first...].prefix { draft.keys[Int($0)].filmKey == film }
    let years = Set(group.compactMap { draft.keys[Int($0)].year })
    // A directory without a year is of the one film that has the title, if there is but one.
    func year(of entry: Int) -> Int16? { draft.keys[entry].year ?? (years.count == 1 ? years.first : nil) }
    let own = year(of: index)
    let others = group.indices.filter { Int(twins[$0]) != index && year(of: Int(twins[$0])) == own }
    return others.map { twinPaths[$0].text }
  }

  // MARK: Reading it

  /// Hands over each entry, in the order of their ids.
  ///
  /// - Throws: what `body` throws.
  public func forEach(_ body: (MigrationEntry) throws -> Void) throws { try forEach(preparing: { $0 }, body) }

  /// Hands over what is made of each entry, on all cores, in the order of their ids.
  ///
  /// - Throws: what `body` throws.
  public func forEach<Prepared: Sendable>(
    preparing prepare: @Sendable (MigrationEntry) -> Prepared, _ body: (Prepared) throws -> Void
  ) throws {
    let group = 256
    let count = shown.count + besides.count
    for start in stride(from: 0, to: count, by: group) {
      let made = onAllCores(min(group, count - start), piece: 16) { number in
        Result { () throws(JobError) in prepare(try entry(at: start + number)) }
      }
      for prepared in made { try body(prepared.get()) }
    }
  }

  private func entry(at place: Int) throws(JobError) -> MigrationEntry {
    if place < shown.count { return try entry(Int(shown[place])) }
    switch besides[place - shown.count] {
    case .log(let log, let owner): return try entry(ofLog: try logs.all.name(log), of: owner)
    case .file(let name): return try entry(ofLog: name, of: nil)
    case .link(let name): return entry(ofLink: name)
    }
  }

  private func entry(ofLink name: RawPath) -> MigrationEntry {
    let path = logs.root.appending(name)
    var entry = MigrationEntry(kind: .other, path: workspace.documentPath(path), source: RawPath(path))
    entry.problems = [.info("is a symbolic link; what it points to is not followed")]
    if let target = Steps.read(link: path), let status = Steps.status(path) {
      entry.links = [TreeScan.Link(path: entry.source, target: target, modified: status.modified)]
    }
    return entry
  }

  private func entry(ofLog name: RawPath, of owner: Int?) throws(JobError) -> MigrationEntry {
    let path = logs.root.appending(name)
    var entry = MigrationEntry(kind: .other, path: workspace.documentPath(path), source: RawPath(path))
    let holder = try owner.map { (index) throws(JobError) in try draft.entry(index).path }
    let what = holder.map { "belongs to \($0), which stays" } ?? "no job is known that this log belongs to; it stays"
    entry.problems = [.info(what)]
    return entry
  }

  private func entry(_ index: Int) throws(JobError) -> MigrationEntry {
    var entry = try draft.entry(index)
    entry.twins = twins(of: index)
    if !entry.twins.isEmpty {
      entry.problems.append(.warning("is of the same film as \(entry.twins.joined(separator: ", ")); none is merged"))
    }
    if entry.work != nil, let year = draft.keys[index].day?.year, blocked.contains(year) {
      entry.leave()
      entry.problems.append(
        .error("belongs into out/\(year), which is a film's directory that stays: migrate that one, too, or rename it"))
    }
    guard let id = ids[index] else { return entry }
    entry.id = id
    guard let paths = entry.paths(in: workspace), var work = entry.work else { return entry }
    entry.outputDir = workspace.documentPath(paths.output)
    work.isInPlace = RawPath(paths.output) == entry.source
    if work.name == RawPath(id.description) { work.renames = [] }
    work.logs = try logOwners.logs(of: index)
    if entry.kind == .dated, !work.isInPlace {
      var relative = entry.source.path
      if relative.removePrefix(trees.output) {
        let folder = trees.logs.pushing(relative)
        if isDirectory(folder) {
          work.logFolder = RawPath(folder)
          work.logLinks = FolderLinks(in: folder)
          entry.problems += work.logLinks.links.filter(\.goesAround).map { .around($0, in: "logs") }
        }
      }
    }
    entry.work = work
    return entry
  }
}
