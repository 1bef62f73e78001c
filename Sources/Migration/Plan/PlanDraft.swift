internal import Dispatch
internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// All entries of a plan in the order of their days, with what of each decides about the others.
struct PlanDraft {
  /// Of one entry.
  struct Key {
    var place: PlanSpool.Place
    var kind: MigrationEntry.Kind
    var isPlanned: Bool
    /// Microseconds since 1970.
    var created: Int64
    var day: JobDate?
    var number: Int?
    var filmKey: UInt64
    var year: Int?
    var directory: UInt64
  }

  let spool: PlanSpool
  private(set) var keys: [Key] = []
  private var byContent: [Int: [Int]] = [:]
  private var byTime: [Int: [Int]] = [:]

  /// What a person wants of the entries, by their paths; `nil` for all as they are.
  private let edits: [String: PlanEdit]?

  init(_ edits: [String: PlanEdit]?) throws {
    spool = try PlanSpool()
    self.edits = edits
  }

  /// Reads the trees, on all cores, and keeps what they are in the order that they were found in.
  mutating func read(_ found: [FoundTree], by reader: TreeReader, progress: (Int) -> Void) throws {
    let piece = 64
    let group = piece * 16
    for start in stride(from: 0, to: found.count, by: group) {
      let part = found[start..<min(start + group, found.count)]
      let pieces = (part.count + piece - 1) / piece
      let results = Mutex<[Int: [TreeReader.Reading]]>([:])
      DispatchQueue.concurrentPerform(iterations: pieces) { number in
        let first = part.startIndex + number * piece
        let readings = part[first..<min(first + piece, part.endIndex)].flatMap { reader.read($0) }
        results.withLock { $0[number] = readings }
      }
      let done = results.withLock { $0 }
      for number in 0..<pieces {
        for reading in done[number] ?? [] { try add(reading) }
      }
      progress(min(start + group, found.count))
    }
  }

  private mutating func add(_ reading: TreeReader.Reading) throws {
    var entry = reading.entry
    if let edits, entry.work != nil {
      if let edit = edits[entry.path] { edit.apply(to: &entry) } else { entry.work = nil }
    }
    for log in reading.logsByContent { byContent[log, default: []].append(keys.count) }
    for log in reading.logsByTime { byTime[log, default: []].append(keys.count) }
    keys.append(
      Key(
        place: try spool.add(entry.record), kind: entry.kind,
        isPlanned: entry.work != nil && !entry.isHeldBack, created: entry.created?.microseconds ?? .max,
        day: entry.created.map { JobDate($0) }, number: JobID(entry.oldID ?? "")?.number,
        filmKey: entry.title.map { Self.hash(FilmKeys.key($0)) } ?? 0, year: entry.year,
        directory: Self.hash(entry.source.name.bytes)))
  }

  /// The job that each log without a directory in its name belongs to; those that several may have are in none.
  func owners() -> [Int: Int] {
    var owners: [Int: Int] = [:]
    for (log, keys) in byContent where Set(keys).count == 1 { owners[log] = keys[0] }
    for (log, keys) in byTime where byContent[log] == nil && Set(keys).count == 1 { owners[log] = keys[0] }
    return owners
  }

  /// FNV-1a.
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  static func hash(_ text: String) -> UInt64 { hash(text.utf8) }
}
