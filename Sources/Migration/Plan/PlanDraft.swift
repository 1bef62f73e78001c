internal import Index
internal import Jobs
internal import SystemPackage

/// All entries of a plan in the order that they were found in, with what of each decides about the others.
struct PlanDraft: Sendable {
  /// Of one entry. There are as many as trees, so it is small.
  struct Key: BitwiseCopyable {
    // The largest first, so that no room is left between them.
    /// Microseconds since 1970.
    let created: Int64
    let filmKey: UInt64
    let directory: UInt64
    /// Of the id that the tree bears; 0 for none.
    private let oldNumber: Int64
    /// `YYYYMMDD`; 0 for an entry without a day.
    private let dayDigits: Int32
    let year: Int16?
    let kind: MigrationEntry.Kind
    let isPlanned: Bool
    /// Whether it is among those that were asked for.
    let isWanted: Bool
    /// Whether it keeps its id whatever else is migrated.
    let keepsID: Bool
    let bearsYear: Bool

    var day: JobDate? {
      let digits = Int(dayDigits)
      return JobDate(year: digits / 10_000, month: digits / 100 % 100, day: digits % 100)
    }
    var number: Int? { oldNumber == 0 ? nil : Int(oldNumber) }

    init(_ entry: MigrationEntry, isWanted: Bool) {
      (kind, keepsID, self.isWanted) = (entry.kind, entry.id != nil, isWanted)
      isPlanned = entry.work != nil
      created = entry.created?.microseconds ?? .max
      let day = entry.created.map { JobDate($0) }
      dayDigits = day.map { Int32($0.year * 10_000 + $0.month * 100 + $0.day) } ?? 0
      oldNumber = Int64(JobID(entry.oldID ?? "")?.number ?? 0)
      let name = entry.inputFile.map { FilmGuess.lastComponent($0) } ?? entry.source.name.text
      filmKey = entry.title.map { (FilmKeys.bareKey($0) + FilmKeys.episode(in: name)).utf8.fnv } ?? 0
      year = entry.year.map { Int16(clamping: $0) }
      directory = entry.source.lastBytes.fnv
      bearsYear = entry.bearsYear
    }
  }

  /// An entry in one piece of memory: handing it on costs no look at all that it has.
  private final class Held: Sendable {
    let entry: MigrationEntry

    init(_ entry: MigrationEntry) { self.entry = entry }
  }

  /// An entry as it comes from its tree.
  private struct Drafted {
    /// Where there is room in memory.
    var held: Held?
    /// Where there is none, for the file.
    var bytes: EntryBytes?
    var key: Key
    /// As ``TreeReader/Reading`` has them.
    var logs: (byDirectory: [Int], byFilm: [Int], byTime: [Int])
    /// Of an entry that nobody asked for, and so is not in the plan.
    var links: [TreeScan.Link]
  }

  /// Entries that are held in memory, so that a plan of few trees takes no room on a disk; all others are in a file.
  private static let room = 1_024

  /// The first entries.
  private var held: [Held] = []
  /// The others.
  private var others = SpooledBytes()
  private(set) var keys = Spooled<Key>()
  /// Links in trees that nobody asked for, by their whole paths.
  private(set) var linksBesides: [TreeScan.Link] = []
  /// Entries by the logs that tell of each, as ``TreeReader/Reading`` has them.
  private var byDirectory = KeyedNumbers()
  private var byFilm = KeyedNumbers()
  private var byTime = KeyedNumbers()

  /// Reads the trees, on all cores.
  ///
  /// - Parameters:
  ///   - edits: what a person wants of the entries, by their paths; `nil` for all as they are.
  init(
    _ found: FoundTrees, by reader: TreeReader, _ edits: [String: PlanEdit]?, progress: (Int) -> Void
  ) throws {
    let group = 1024
    for start in stride(from: 0, to: found.count, by: group) {
      let count = min(group, found.count - start)
      let isHeld = keys.count < Self.room
      let drafted = onAllCores(count, piece: 8) { number in
        Result { () throws -> [Drafted] in
          let tree = try found.tree(start + number)
          return try reader.read(tree).map { reading in
            Self.draft(reading, edits, isHeld: isHeld, isWanted: reader.wants(reading.entry, of: tree))
          }
        }
      }
      for drafted in try drafted.flatMap({ try $0.get() }) {
        for log in drafted.logs.byDirectory { try byDirectory.add(keys.count, under: UInt64(log)) }
        for log in drafted.logs.byFilm { try byFilm.add(keys.count, under: UInt64(log)) }
        for log in drafted.logs.byTime { try byTime.add(keys.count, under: UInt64(log)) }
        linksBesides += drafted.links
        if let entry = drafted.held { held.append(entry) }
        if let bytes = drafted.bytes { try others.append(bytes.bytes) }
        try keys.append(drafted.key)
      }
      progress(start + count)
    }
    try byDirectory.sort()
    try byFilm.sort()
    try byTime.sort()
  }

  private static func draft(
    _ reading: TreeReader.Reading, _ edits: [String: PlanEdit]?, isHeld: Bool, isWanted: Bool
  ) -> Drafted {
    var reading = reading
    if let edits, reading.entry.work != nil {
      if let edit = edits[reading.entry.path] { edit.apply(to: &reading.entry) } else { reading.entry.leave() }
    }
    if reading.entry.isHeldBack || !isWanted { reading.entry.leave() }
    return Drafted(
      held: isHeld ? Held(reading.entry) : nil, bytes: isHeld ? nil : EntryBytes(reading.entry),
      key: Key(reading.entry, isWanted: isWanted),
      logs: (reading.logsByDirectory, reading.logsByFilm, reading.logsByTime),
      links: isWanted ? [] : reading.entry.links)
  }

  /// - Throws: ``JobError`` with code `io`.
  func entry(_ index: Int) throws(JobError) -> MigrationEntry {
    if index < held.count { return held[index].entry }
    return EntryBytes.entry(of: try others[index - held.count])
  }

  /// All entries by when they were made; what is no job comes last.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func inOrder() throws -> Spooled<Int32> {
    var byMoment = KeyedNumbers()
    try keys.forEach { index, key in
      try byMoment.add(index, under: key.kind == .other ? .max : min(key.created.inOrder, .max - 1))
    }
    try byMoment.sort()
    var order = Spooled<Int32>()
    try byMoment.forEach { _, indices in for index in indices { try order.append(Int32(index)) } }
    return order
  }

  /// The places in an order, by a hash of what is there; those that have none are left out.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func grouped(_ order: Spooled<Int32>, by hash: (Key) -> UInt64?) throws -> KeyedNumbers {
    var groups = KeyedNumbers()
    try order.forEach { place, index in
      if let hash = hash(try keys[Int(index)]) { try groups.add(place, under: hash) }
    }
    try groups.sort()
    return groups
  }

  /// Years that jobs are to be put into, and whose folders are films' directories that do not make way: those of trees that stay,
  /// and of trees that would go to such a year themselves, or in a circle.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func blockedYears(in workspace: Workspace) throws -> Set<Int> {
    var goals: [Int: Int] = [:]
    var years: Set<Int> = []
    try keys.forEach { index, key in
      guard key.isPlanned, let day = key.day else { return }
      years.insert(day.year)
      guard key.bearsYear else { return }
      let source = try entry(index).source
      guard let name = Int(source.name.text), source == RawPath(workspace.outputRoot).appending(source.name) else {
        return
      }
      goals[name] = day.year
    }
    var blocked = years.filter { year in
      guard goals[year] == nil, let inner = try? FlatFolder(workspace.outputRoot.appending(String(year))) else {
        return false
      }
      let isEmpty = inner.files.isEmpty && inner.folders.isEmpty && inner.links.isEmpty
      return !isEmpty && !inner.folders.contains { $0.isMonth }
    }
    blocked.formUnion(goals.keys.filter { Self.isInCircle($0, goals) })
    while let next = goals.first(where: { !blocked.contains($0.key) && blocked.contains($0.value) }) {
      blocked.insert(next.key)
    }
    return blocked
  }

  /// Whether one of several waits for the others, and they for it. One that goes to its own year makes way for itself.
  private static func isInCircle(_ name: Int, _ goals: [Int: Int]) -> Bool {
    var place = goals[name]
    for _ in goals {
      guard let current = place, goals[current] != current else { return false }
      if current == name { return true }
      place = goals[current]
    }
    return false
  }

  /// Hands over each log whose name tells of no directory with the film's directory that it belongs to; those that several
  /// may have are none's.
  ///
  /// - Throws: ``JobError`` with code `io`, and what `body` throws.
  func forEachOwner(_ body: (_ log: Int, _ entry: Int) throws -> Void) throws {
    for candidates in [byDirectory, byFilm, byTime] {
      try candidates.forEach { log, entries in
        guard Set(entries).count == 1, try keys[entries[0]].kind == .movie else { return }
        try body(Int(log), entries[0])
      }
    }
  }
}
