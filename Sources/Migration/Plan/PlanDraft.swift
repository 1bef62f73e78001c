internal import Index
internal import Jobs
internal import SystemPackage

/// All entries of a plan in the order that they were found in, with what of each decides about the others.
struct PlanDraft: Sendable {
  /// Of one entry.
  struct Key {
    /// `nil` for an entry that is held in memory.
    var place: PlanSpool.Place?
    var kind: MigrationEntry.Kind
    var isPlanned: Bool
    /// Whether it is among those that were asked for.
    var isWanted: Bool
    /// The id that it keeps whatever else is migrated.
    var id: JobID?
    /// Microseconds since 1970.
    var created: Int64
    var day: JobDate?
    var number: Int?
    var filmKey: UInt64
    var year: Int?
    var directory: UInt64
    var bearsYear: Bool

    init(_ entry: MigrationEntry, isWanted: Bool) {
      (kind, id, self.isWanted) = (entry.kind, entry.id, isWanted)
      isPlanned = entry.work != nil
      created = entry.created?.microseconds ?? .max
      day = entry.created.map { JobDate($0) }
      number = JobID(entry.oldID ?? "")?.number
      filmKey = entry.title.map { FilmKeys.bareKey($0).utf8.fnv } ?? 0
      year = entry.year
      directory = entry.source.lastBytes.fnv
      bearsYear = entry.bearsYear
    }
  }

  /// An entry as it goes to the spool.
  private struct Drafted {
    var reading: TreeReader.Reading
    var key: Key
    /// As the file has it; `nil` where there is room in memory.
    var record: [UInt8]?
  }

  /// Entries that are held in memory; of a hundred thousand trees, all others are in a file.
  private static let room = 12_000

  /// The first entries.
  private var held: [MigrationEntry] = []
  /// The others.
  private let spool: PlanSpool
  private(set) var keys: [Key] = []
  private var byDirectory: [Int: [Int]] = [:]
  private var byFilm: [Int: [Int]] = [:]
  private var byTime: [Int: [Int]] = [:]

  /// Reads the trees, on all cores.
  ///
  /// - Parameter edits: what a person wants of the entries, by their paths; `nil` for all as they are.
  init(
    _ found: [FoundTree], by reader: TreeReader, _ edits: [String: PlanEdit]?, progress: (Int) -> Void
  ) throws {
    spool = try PlanSpool()
    var writer = PlanSpool.Writer(spool)
    let group = 1024
    for start in stride(from: 0, to: found.count, by: group) {
      let part = found[start..<min(start + group, found.count)]
      let isHeld = keys.count < Self.room
      let drafted = onAllCores(part.count, piece: 16) { number in
        let tree = part[start + number]
        return reader.read(tree).map { reading in
          Self.draft(reading, edits, isHeld: isHeld, isWanted: reader.wants(reading.entry, of: tree))
        }
      }
      for drafted in drafted.joined() {
        let reading = drafted.reading
        for log in reading.logsByDirectory { byDirectory[log, default: []].append(keys.count) }
        for log in reading.logsByFilm { byFilm[log, default: []].append(keys.count) }
        for log in reading.logsByTime { byTime[log, default: []].append(keys.count) }
        var key = drafted.key
        if let record = drafted.record { key.place = try writer.add(record) } else { held.append(reading.entry) }
        keys.append(key)
      }
      progress(start + part.count)
    }
    try writer.flush()
  }

  private static func draft(
    _ reading: TreeReader.Reading, _ edits: [String: PlanEdit]?, isHeld: Bool, isWanted: Bool
  ) -> Drafted {
    var reading = reading
    if let edits, reading.entry.work != nil {
      if let edit = edits[reading.entry.path] { edit.apply(to: &reading.entry) } else { reading.entry.work = nil }
    }
    if reading.entry.isHeldBack || !isWanted { reading.entry.work = nil }
    return Drafted(
      reading: reading, key: Key(reading.entry, isWanted: isWanted),
      record: isHeld ? nil : reading.entry.record.bytes(.compact))
  }

  func entry(_ index: Int) throws(JobError) -> MigrationEntry {
    guard let place = keys[index].place else { return held[index] }
    return try spool.entry(at: place)
  }

  /// Years that jobs are to be put into, and whose folders are films' directories that do not make way.
  func blockedYears(in workspace: Workspace) -> Set<Int> {
    let planned = keys.filter(\.isPlanned)
    let leaving = Set(planned.filter(\.bearsYear).map(\.directory))
    return Set(planned.compactMap { $0.day?.year }).filter { year in
      guard !leaving.contains(Array(String(year).utf8).fnv),
        let inner = try? FlatFolder(workspace.outputRoot.appending(String(year)))
      else { return false }
      let isEmpty = inner.files.isEmpty && inner.folders.isEmpty && inner.links.isEmpty
      return !isEmpty && !inner.folders.contains { $0.isMonth }
    }
  }

  /// The film's directory that each log belongs to whose name tells of none; those that several may have are in none.
  func owners() -> [Int: Int] {
    var owners: [Int: Int] = [:]
    for candidates in [byDirectory, byFilm, byTime] {
      for (log, entries) in candidates where Set(entries).count == 1 && keys[entries[0]].kind == .movie {
        owners[log] = entries[0]
      }
    }
    return owners
  }
}
