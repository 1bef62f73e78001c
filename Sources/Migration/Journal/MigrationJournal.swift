public import Jobs
internal import SystemPackage

/// A migration as it is kept in `.cpwx/migrations/ID/`: its plan with everything that undoing it takes, written and
/// durable before anything is touched, and what of it has been done.
///
///     plan.ndjson      an entry a line, with "work" where something is done; the last line seals it
///     journal.ndjson   {"done": [[NUMBER, SHA256 of the new manifest], …]}, {"failed": NUMBER, "message": …},
///                      {"finished": …}, {"undo": "begun"}, {"undone": [NUMBER, …]}, {"undo": "finished"}
public struct MigrationJournal: Sendable {
  public let id: String
  let folder: FilePath

  /// How far it has come.
  public enum State: String, Sendable {
    case unfinished, finished
    case undoing = "undo unfinished"
    case undone
  }

  private(set) var entries = 0
  /// A folder's time, before anything in it was moved.
  private(set) var parents: [(path: RawPath, modified: Int64)] = []
  /// Links that lie in no job, by their whole paths, as they were before.
  private(set) var links: [TreeScan.Link] = []
  private(set) var isSealed = false
  public private(set) var state = State.unfinished
  /// The new manifest's hash of each entry that is done, by the entry's number.
  private(set) var done: [Int: String] = [:]
  private(set) var failed: [Int: String] = [:]
  private(set) var undone: Set<Int> = []
  /// Where each entry to be changed begins in the plan.
  private(set) var places: [(number: Int, offset: Int64)] = []

  var planFile: FilePath { folder.appending("plan.ndjson") }
  private var journalFile: FilePath { folder.appending("journal.ndjson") }

  static func root(in workspace: Workspace) -> FilePath { workspace.stateFolder.appending("migrations") }

  /// All migrations of a workspace, oldest first. Plans that were never whole are none.
  ///
  /// - Throws: ``JobError``.
  public static func all(in workspace: Workspace) throws -> [MigrationJournal] {
    let root = root(in: workspace)
    return try names(in: root).compactMap { name in
      guard number(of: name) != nil else { return nil }
      let journal = try MigrationJournal(id: name, folder: root.appending(name))
      return journal.isSealed ? journal : nil
    }
  }

  private static func number(of name: String) -> Int? { name.hasPrefix("m") ? Int(name.dropFirst()) : nil }

  private init(id: String, folder: FilePath) throws {
    (self.id, self.folder) = (id, folder)
    var number = 0
    try LineReader(path: planFile).forEach { line, offset in
      if let sealed = line["sealed"]?.int {
        isSealed = sealed == number
        parents = (line["parents"]?.array ?? []).compactMap { entry in
          guard let path = RawPath(entry["path"]), let time = entry["modified_ns"]?.int else { return nil }
          return (path, Int64(time))
        }
        links = (line["links"]?.array ?? []).compactMap { TreeScan.Link($0) }
      } else {
        if line["work"] != nil { places.append((number, offset)) }
        number += 1
      }
    }
    entries = number
    try LineReader(path: journalFile).forEach { line, _ in
      for pair in line["done"]?.array ?? [] {
        if let number = pair.array?.first?.int, let hash = pair.array?.last?.string { done[number] = hash }
      }
      if let number = line["failed"]?.int { failed[number] = line["message"]?.string ?? "" }
      if line["finished"] != nil { state = .finished }
      for number in line["undone"]?.array ?? [] { if let number = number.int { undone.insert(number) } }
      if line["undo"]?.string == "begun" { state = .undoing }
      if line["undo"]?.string == "finished" { state = .undone }
      if line["undo"]?.string == "partly" { state = .finished }
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
      guard try !MigrationJournal(id: name(number), folder: folder).isSealed else { continue }
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
  static func write(
    _ plan: MigrationPlan, in workspace: Workspace, each: (MigrationEntry) -> Void
  ) throws -> MigrationJournal {
    let (id, folder) = try make(in: workspace)
    do {
      let writer = try LineWriter(folder.appending("plan.ndjson"))
      var parents = ParentTimes()
      var links: [TreeScan.Link] = []
      var number = 0
      try plan.forEach { entry in
        var record = entry.record
        if entry.isMigrated { parents.add(entry, in: workspace) } else { record["work"] = nil }
        links += entry.links
        for link in entry.links { parents.note(link.path.folder.path) }
        try writer.add(record)
        each(entry)
        number += 1
      }
      try writer.add(["sealed": .int(number), "parents": parents.document, "links": .array(links.map(\.document))])
      try writer.sync()
      try DurableFile.syncFolder(of: folder.appending("plan.ndjson"))
      try DurableFile.syncFolder(of: folder)
      try DurableFile.syncFolder(of: folder.removingLastComponent())
    } catch {
      _ = FolderTree(root: folder).remove()
      throw error
    }
    return try MigrationJournal(id: id, folder: folder)
  }

  func writer() throws -> LineWriter { try LineWriter(journalFile) }

  func entry(at offset: Int64) throws -> MigrationEntry {
    guard let entry = MigrationEntry(try LineReader(path: planFile).line(at: offset)) else {
      throw JobError(.damaged, planFile.string, "an entry of the plan cannot be read", remedy: "Nothing was changed.")
    }
    return entry
  }

  /// Hands over every entry of the plan in its order.
  public func forEach(_ body: (MigrationEntry) throws -> Void) throws {
    try LineReader(path: planFile).forEach { line, _ in
      if let entry = MigrationEntry(line) { try body(entry) }
    }
  }

  /// What `migrate status` tells of it.
  public var document: JSON {
    [
      "migration_id": .string(id), "state": .string(state.rawValue), "entries": .int(entries),
      "to_do": .int(places.count), "done": .int(done.count), "failed": .int(failed.count),
      "undone": .int(undone.count),
    ]
  }
}

/// The times of the folders that things are moved out of and into.
private struct ParentTimes {
  private var times: [FilePath: Int64] = [:]

  mutating func add(_ entry: MigrationEntry, in workspace: Workspace) {
    guard let work = entry.work, let paths = entry.paths(in: workspace) else { return }
    note(entry.source.path.removingLastComponent())
    note(paths.output.removingLastComponent())
    for log in work.logs { note(log.path.removingLastComponent()) }
    if !work.logs.isEmpty { note(paths.logs) }
    if let folder = work.logFolder {
      note(folder.path.removingLastComponent())
      note(paths.logs.removingLastComponent())
    }
    if let prepared = work.prepared { note(prepared.path.removingLastComponent()) }
  }

  /// The folder, or the nearest one above it that is there.
  mutating func note(_ folder: FilePath) {
    var folder = folder
    while times[folder] == nil {
      if let status = Steps.status(folder) {
        times[folder] = status.modified
        return
      }
      guard folder.removeLastComponent() else { return }
    }
  }

  var document: JSON {
    .array(
      times.sorted { RawPath($0.key) < RawPath($1.key) }.map {
        ["path": RawPath($0.key).document, "modified_ns": .int($0.value)]
      })
  }
}
