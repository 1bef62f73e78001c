internal import Index
public import Jobs
internal import SystemPackage

/// What a migration would do: a pure function of the trees, and of the numbers that were ever given.
public struct MigrationPlan: Sendable {
  public let workspace: Workspace
  private let draft: PlanDraft
  /// In the order of their ids; what is no job comes last.
  private let order: Spooled<Int32>
  /// By the entries' numbers in the draft.
  private var ids: PlannedIDs
  /// The first number that is given of each day on which others may be given meanwhile.
  private(set) var openNumbers: [JobID] = []
  /// The places among the twins of each film.
  private var twinsOf = KeyedNumbers()
  /// Entries of titles that others have, too, and their paths.
  private var twins = Spooled<Twin>()
  private var twinPaths = SpooledBytes()
  private let logOwners: LogOwners
  /// What is shown: entries in their order, and behind them what stays in the folder of logs.
  private var shown: Spooled<Int32>
  private var logsLeft = Spooled<LogOwners.Left>()
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
  public var isOfNothing: Bool { shown.count + logsLeft.count + besides.count == 0 && !options.choosesAll }
  private let options: MigrationOptions
  /// Whether it lacks what only a run needs.
  let isShownOnly: Bool

  private struct Twin: BitwiseCopyable {
    let entry: Int32
    let year: Int16?
  }

  private enum Beside {
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
    logs = try OldLogs(in: trees.logs)
    let reader = TreeReader(
      workspace: workspace, trees: trees, inputs: InputFilms(in: trees.input), logs: logs, options: options,
      mentions: try LogMentions(logs, of: walk.found), now: .now,
      leavesOutMux: TreeReader.muxIsOff(workspace.config), isShownOnly: isShownOnly)
    let count = walk.found.count
    let draft = try PlanDraft(walk.found, by: reader, edits) { progress($0, count) }
    self.draft = draft
    linksBesides = draft.linksBesides + (isShownOnly ? [] : Self.links(in: reader.inputs, to: trees))
    order = try draft.inOrder()
    blocked = try draft.blockedYears(in: workspace)
    let (ids, open) = try Self.number(
      draft, order, but: blocked, areElsewhere: trees.output != workspace.outputRoot, in: workspace)
    (self.ids, openNumbers) = (ids, open)
    logOwners = try LogOwners(logs, draft, order) { try ids.contains($0) }
    shown = order
    if !options.choosesAll {
      shown = Spooled()
      try order.forEach { if try draft.keys[Int($1)].isWanted { try shown.append($1) } }
    }
    try findTwins()
    try logOwners.left.forEach { _, log in
      let isWanted = try log.entry < 0 ? wants(logs.all.name(Int(log.log))) : draft.keys[Int(log.entry)].isWanted
      if isWanted { try logsLeft.append(log) }
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
  public var migrated: Int { ids.given }

  // MARK: Ids

  /// The highest number that is given of each day on which others may be given meanwhile.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func highestOpenNumbers() throws -> [JobID] {
    var highest = Dictionary(openNumbers.map { ($0.date, $0) }, uniquingKeysWith: { $1 })
    try ids.forEach { if let id = $0, let known = highest[id.date], known < id { highest[id.date] = id } }
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
    return try (0..<ids.count).count { try before[$0] != ids[$0] }
  }

  /// The highest number of a day that was ever given.
  ///
  /// - Throws: ``JobError`` with code `io`.
  static func highestUsed(on day: JobDate, in workspace: Workspace) throws -> Int {
    max(
      try JobNumbering(workspace: workspace).highestUsed(on: day),
      JobIndex.highestNumbers(in: workspace)[day.digits] ?? 0)
  }

  // MARK: Twins

  private mutating func findTwins() throws {
    let films = try draft.grouped(order) { $0.kind == .other || $0.filmKey == 0 ? nil : $0.filmKey }
    try films.forEach { film, places in
      if places.count == 1 { return }
      for place in places {
        let index = try order[place]
        try twinsOf.add(twins.count, under: film)
        try twins.append(Twin(entry: index, year: draft.keys[Int(index)].year))
        try twinPaths.append(Array(draft.entry(Int(index)).path.utf8))
      }
    }
    try twinsOf.sort()
  }

  /// The paths of the other directories of an entry's film.
  private func twins(of index: Int) throws -> [String] {
    if twins.count == 0 { return [] }
    let key = try draft.keys[index]
    if key.filmKey == 0 || key.kind == .other { return [] }
    let group = try twinsOf[key.filmKey].map { (place: $0, twin: try twins[$0]) }
    let years = Set(group.compactMap(\.twin.year))
    // A directory without a year is of the one film that has the title, if there is but one.
    func year(_ year: Int16?) -> Int16? { year ?? (years.count == 1 ? years.first : nil) }
    return try group.filter { $0.twin.entry != index && year($0.twin.year) == year(key.year) }
      .map { String(decoding: try twinPaths[$0.place], as: UTF8.self) }
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
    let count = shown.count + logsLeft.count + besides.count
    for start in stride(from: 0, to: count, by: group) {
      let made = onAllCores(min(group, count - start), piece: 16) { number in
        Result { prepare(try entry(at: start + number)) }
      }
      for prepared in made { try body(prepared.get()) }
    }
  }

  private func entry(at place: Int) throws -> MigrationEntry {
    if place < shown.count { return try entry(Int(shown[place])) }
    if place < shown.count + logsLeft.count {
      let log = try logsLeft[place - shown.count]
      return try entry(ofLog: logs.all.name(Int(log.log)), of: log.entry < 0 ? nil : Int(log.entry))
    }
    switch besides[place - shown.count - logsLeft.count] {
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

  private func entry(ofLog name: RawPath, of owner: Int?) throws -> MigrationEntry {
    let path = logs.root.appending(name)
    var entry = MigrationEntry(kind: .other, path: workspace.documentPath(path), source: RawPath(path))
    let holder = try owner.map { try draft.entry($0).path }
    let what = holder.map { "belongs to \($0), which stays" } ?? "no job is known that this log belongs to; it stays"
    entry.problems = [.info(what)]
    return entry
  }

  private func entry(_ index: Int) throws -> MigrationEntry {
    var entry = try draft.entry(index)
    entry.twins = try twins(of: index)
    if !entry.twins.isEmpty {
      entry.problems.append(.warning("is of the same film as \(entry.twins.joined(separator: ", ")); none is merged"))
    }
    if !blocked.isEmpty, entry.work != nil, let year = try draft.keys[index].day?.year, blocked.contains(year) {
      entry.leave()
      entry.problems.append(
        .error("belongs into out/\(year), which is a film's directory that stays: migrate that one, too, or rename it"))
    }
    guard let id = try ids[index] else { return entry }
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
