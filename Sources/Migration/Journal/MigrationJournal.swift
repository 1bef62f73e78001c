public import Jobs
internal import SystemPackage

/// A migration as it is kept in `.cpwx/migrations/ID/`: its plan with everything that undoing it takes, written and
/// durable before anything is touched, and what of it has been done.
///
///     plan.ndjson      an entry a line, with "work" before all else where something is done; the last line seals it
///     journal.ndjson   {"done": [[NUMBER, SHA256 of the new manifest, {"job.env": SHA256, …}], …]},
///                      {"failed": NUMBER, "message": …, "remedy": …, "back": whether it is as it was}, {"finished": …},
///                      {"undo": "begun"}, {"undone": [NUMBER, …]}, {"undo": "finished"}
public struct MigrationJournal: Sendable {
  public let id: String
  let folder: FilePath

  /// How far it has come.
  public enum State: String, Sendable {
    case unfinished, finished
    case undoing = "undo unfinished"
    case undone
    /// Its plan lost its end after trees had been moved by it.
    case damaged = "plan damaged"
    /// Some of it stays as it was migrated, and can be put back later.
    case partlyUndone = "partly undone"
  }

  /// Whether its plan has its end.
  private let isWhole: Bool
  let entries: Int
  /// How many of them are to be changed.
  let toDo: Int
  /// The highest number of each day that it gives.
  let numbers: [JobID]
  /// Entries that must make way before any other is moved.
  let first: Set<Int>
  /// Whether any link may point to a log.
  let linksToLogs: Bool
  /// With what it was begun, and so goes on: the folder of films, settings, where jobs and logs lie; `nil` where its plan is of
  /// an earlier version.
  let input: RawPath?
  let env: JobEnvTemplate?
  private let roots: (output: RawPath, logs: RawPath)?
  /// The workspace's folder by then; `nil` in plans of an earlier version.
  private let place: RawPath?
  /// Folders that could not be read when it was planned.
  public let unread: [JobError]
  /// A folder's time, before anything in it was moved.
  let parents: [(path: RawPath, modified: Int64)]
  /// Links that lie in no job, by their whole paths, as they were before.
  let links: [TreeScan.Link]
  public private(set) var state = State.unfinished
  /// Of each entry that is done what was written to it, by the entry's number.
  private(set) var done = DoneTrees()
  private(set) var failed: [Int: (message: String, remedy: String?, isBack: Bool)] = [:]
  private(set) var undone = RangeSet<Int>()

  /// Whether there are trees that could not be done.
  public var hasFailures: Bool { failed.contains { done[$0.key] == nil } }

  var planFile: FilePath { folder.appending("plan.ndjson") }

  /// When its plan was whole; nothing changes that file later.
  private var planned: Timestamp? {
    (try? FileStatus(of: planFile)).map { Timestamp(microseconds: $0.modified / 1000) }
  }

  private var journalFile: FilePath { folder.appending("journal.ndjson") }

  static func root(in workspace: Workspace) -> FilePath { workspace.stateFolder.appending("migrations") }

  /// All migrations of a workspace, oldest first. Plans that were never whole are none.
  ///
  /// - Throws: ``JobError``.
  public static func all(in workspace: Workspace) throws -> [MigrationJournal] {
    let root = root(in: workspace)
    return try names(in: root).compactMap { name in
      number(of: name) == nil ? nil : try MigrationJournal(id: name, folder: root.appending(name))
    }
  }

  private static func number(of name: String) -> Int? { name.hasPrefix("m") ? Int(name.dropFirst()) : nil }

  /// - Returns: `nil` for a plan that was never whole, so that nothing was done of it.
  /// - Throws: ``JobError``.
  private init?(id: String, folder: FilePath) throws {
    (self.id, self.folder) = (id, folder)
    let seal = try Self.seal(of: folder.appending("plan.ndjson"))
    isWhole = seal != nil
    if !isWhole, !exists(folder.appending("journal.ndjson")) { return nil }
    entries = seal?["sealed"]?.int ?? 0
    toDo = seal?["to_do"]?.int ?? 0
    numbers = (seal?["numbers"]?.array ?? []).compactMap { $0.string.flatMap { JobID($0) } }
    first = Set((seal?["first"]?.array ?? []).compactMap(\.int))
    linksToLogs = seal?["links_to_logs"]?.bool ?? false
    input = RawPath(seal?["input"])
    env = JobEnvTemplate(seal?["settings"])
    roots = RawPath(seal?["output_root"]).flatMap { output in RawPath(seal?["log_root"]).map { (output, $0) } }
    place = RawPath(seal?["workspace"])
    unread = (seal?["unread"]?.array ?? []).map { entry in
      let text = entry["message"]?.string ?? ""
      return JobError(.io, entry["path"]?.string ?? "", text, remedy: entry["remedy"]?.string)
    }
    parents = (seal?["parents"]?.array ?? []).compactMap { entry in
      guard let path = RawPath(entry["path"]), let time = entry["modified_ns"]?.int else { return nil }
      return (path, Int64(time))
    }
    links = (seal?["links"]?.array ?? []).compactMap { TreeScan.Link($0) }
    try LineReader(path: journalFile).forEach { line, _ in
      for pair in line["done"]?.array ?? [] {
        if let pair = pair.array, let number = pair.first?.int { done[number] = WrittenHashes(pair.dropFirst()) }
      }
      if let number = line["failed"]?.int {
        failed[number] = (line["message"]?.string ?? "", line["remedy"]?.string, line["back"]?.bool ?? false)
      }
      if line["finished"] != nil { state = .finished }
      for number in line["undone"]?.array ?? [] { if let number = number.int, number < .max { undone.insert(number) } }
      if line["undo"]?.string == "begun" { state = .undoing }
      if line["undo"]?.string == "finished" { state = .undone }
      if line["undo"]?.string == "partly" { state = .partlyUndone }
    }
    if !isWhole, state == .unfinished || state == .undoing { state = .damaged }
  }

  /// The last line of a plan, which seals it; `nil` where that is not there.
  private static func seal(of plan: FilePath) throws -> JSON? {
    do {
      let last = try LineReader(path: plan).last()
      return last?["sealed"]?.int == nil ? nil : last
    } catch let error as JobError where error.code == .damaged {
      return nil
    } catch let error as Errno {
      throw JobError(.io, plan.string, "cannot be read", underlying: error)
    }
  }

  /// - Throws: ``JobError`` with code `damaged` where the plan lost its end: it can neither go on nor be undone.
  func requireWhole() throws {
    if isWhole { return }
    throw JobError(
      .damaged, folder.string, "its plan lost its end, and trees were moved by it",
      remedy:
        "Nothing was changed. Put plan.ndjson back from a copy; or move that folder elsewhere, and what was moved "
        + "stays so, and the next migration goes on with the rest.")
  }

  /// - Throws: ``JobError`` with code `usage` in a workspace that was moved since, or is a copy of the one that it was made
  ///   in: its plan names whole paths, and those lead there.
  func requirePlace(of workspace: Workspace) throws {
    guard let place else { return }
    if let there = try? FileStatus(of: place.path), let here = try? FileStatus(of: workspace.root),
      there.device == here.device, there.inode == here.inode
    {
      return
    }
    throw JobError(
      .usage, id, "was made in \(place.path), and not in this workspace",
      remedy: exists(place.path)
        ? "Nothing was changed. Do it there, with -C '\(place.path)'."
        : "Nothing was changed. Has it been moved, let a link lead to it: ln -s '\(workspace.root)' '\(place.path)'")
  }

  /// The workspace as it was when it was begun, with jobs and logs where they lay by then.
  func workspace(_ workspace: Workspace) -> Workspace {
    roots.map { workspace.with(outputRoot: $0.output.path, logRoot: $0.logs.path) } ?? workspace
  }

  /// Whether the plan in a folder was ever whole.
  private static func isBegun(_ folder: FilePath) throws -> Bool {
    try exists(folder.appending("journal.ndjson")) || seal(of: folder.appending("plan.ndjson")) != nil
  }

  /// Migrations that were cut off while their plans were written; nothing was done of them, and the next takes their place.
  public static func neverBegun(in workspace: Workspace) throws -> [String] {
    let root = root(in: workspace)
    return try names(in: root).filter { name in
      guard number(of: name) != nil else { return false }
      return try !isBegun(root.appending(name))
    }
  }

  /// Makes room for a new one. The leftovers of a plan that was not written whole go: nothing of it was done.
  static func make(in workspace: Workspace) throws -> (id: String, folder: FilePath) {
    let root = root(in: workspace)
    try makeFolder(root, mode: [.ownerReadWriteExecute])
    let numbers = names(in: root).compactMap { number(of: $0) }
    var next = (numbers.max() ?? 0) + 1
    for number in numbers.sorted() {
      let folder = root.appending(name(number))
      if try isBegun(folder) { continue }
      _ = FolderTree(root: folder).remove()
      next = number
    }
    let folder = root.appending(name(next))
    try makeFolder(folder, mode: [.ownerReadWriteExecute])
    return (name(next), folder)
  }

  private static func name(_ number: Int) -> String { "m\(number.padded(3))" }

  /// Writes a plan; nothing has been done of it when this returns.
  ///
  /// - Throws: ``JobError``; there is then no migration.
  static func write(_ plan: MigrationPlan, in workspace: Workspace) throws -> MigrationJournal {
    precondition(!plan.isShownOnly, "a plan that lacks what a run needs")
    let (id, folder) = try make(in: workspace)
    do {
      let writer = try LineWriter(folder.appending("plan.ndjson"))
      var seal = Seal(of: plan)
      try plan.forEach(preparing: { ($0, $0.record.bytes(.compact)) }) { entry, record in
        try writer.add(record)
        seal.add(entry, in: workspace)
      }
      // The seal is on the disk only when all before it is.
      try writer.sync()
      try writer.add(seal.document)
      try writer.sync()
      try DurableFile.syncFolder(of: folder.appending("plan.ndjson"))
      try DurableFile.syncFolder(of: folder)
      try DurableFile.syncFolder(of: folder.removingLastComponent())
    } catch {
      _ = FolderTree(root: folder).remove()
      throw error
    }
    do {
      if let journal = try MigrationJournal(id: id, folder: folder) { return journal }
      throw Errno.noSuchFileOrDirectory
    } catch {
      throw JobError(
        .io, folder.string, "the plan cannot be read back", remedy: "Nothing was changed.", underlying: error)
    }
  }

  /// Opens the journal to be written to. That it has been opened is on the disk before anything is touched: it tells a plan
  /// that was damaged since from one that was never whole.
  func writer() throws -> LineWriter {
    let writer = try LineWriter(journalFile)
    try DurableFile.syncFolder(of: journalFile)
    return writer
  }

  func entry(at offset: Int64) throws -> MigrationEntry {
    guard let entry = MigrationEntry(try LineReader(path: planFile).line(at: offset)) else {
      throw JobError(.damaged, planFile.string, "an entry of the plan cannot be read", remedy: "Nothing was changed.")
    }
    return entry
  }

  typealias Place = PlanPlaces.Place

  func places() throws -> PlanPlaces {
    let mark = Array("{\"work\":".utf8)
    var places = PlanPlaces(reserving: entries + 1)
    try LineReader(path: planFile).forEachLine { line, offset in
      places.append(offset, isToDo: line.starts(with: mark))
    }
    // The last one is the seal.
    if !places.isEmpty { places.removeLast() }
    return places
  }

  /// Hands over every entry of the plan in its order.
  public func forEach(_ body: (MigrationEntry) throws -> Void) throws { try forEach(preparing: { $0 }, body) }

  /// Hands over what is made of each entry, on all cores, in their order.
  ///
  /// - Throws: ``JobError``, and what `body` throws.
  public func forEach<Prepared: Sendable>(
    preparing prepare: @Sendable (MigrationEntry) -> Prepared, _ body: (Prepared) throws -> Void
  ) throws {
    let reader = LineReader(path: planFile)
    var lines: [[UInt8]] = []
    func handOver() throws {
      let made = onAllCores(lines.count, piece: 16) { [lines] number in
        Result { MigrationEntry(try reader.parse(lines[number])).map(prepare) }
      }
      lines.removeAll(keepingCapacity: true)
      for prepared in made { if let prepared = try prepared.get() { try body(prepared) } }
    }
    try reader.forEachLine { line, _ in
      lines.append(Array(line))
      if lines.count == 512 { try handOver() }
    }
    try handOver()
  }

  /// Trees that make way for a year, in layers: each comes after the one whose name is the year that it goes to itself.
  func inLayers(_ places: [Place]) throws -> [[Place]] {
    var rest = try places.map { place in
      let entry = try entry(at: place.offset)
      return (place: place, name: Int(entry.source.name.text), goal: entry.id?.date.year)
    }
    var layers: [[Place]] = []
    while !rest.isEmpty {
      let ready = rest.filter { tree in
        !rest.contains { $0.place.number != tree.place.number && $0.name == tree.goal }
      }
      let layer = Set((ready.isEmpty ? rest : ready).map(\.place.number))
      layers.append(rest.map(\.place).filter { layer.contains($0.number) })
      rest.removeAll { layer.contains($0.place.number) }
    }
    return layers
  }

  /// What `migrate status` tells of it.
  public var document: JSON {
    [
      "migration_id": .string(id), "state": .string(state.rawValue), "entries": .int(entries),
      "to_do": .int(toDo), "done": .int(done.count), "failed": .int(failed.count),
      "undone": .int(undone.numbers), "planned_at": .string(planned?.text),
    ]
  }
}
