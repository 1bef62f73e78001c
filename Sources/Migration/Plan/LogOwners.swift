internal import Jobs

/// Which job each of the flat logs goes to: by the directory in its name, else by what stands in it or its moment.
struct LogOwners: Sendable {
  /// A log that stays, with the entry that has it; -1 for none.
  struct Left: BitwiseCopyable {
    let log: Int32
    let entry: Int32
  }

  private let logs: OldLogs
  /// Logs that go along with their entries, by those.
  private var owned = KeyedNumbers()
  private(set) var left = Spooled<Left>()

  /// A run's first log may be older than its manifest, by so many microseconds.
  private static let lead: Int64 = 3_600_000_000

  /// - Parameters:
  ///   - order: of the entries, by their days.
  ///   - isPlanned: whether an entry is migrated.
  /// - Throws: ``JobError`` with code `io`.
  init(_ logs: OldLogs, _ draft: PlanDraft, _ order: Spooled<Int32>, isPlanned: (Int) throws -> Bool) throws {
    self.logs = logs
    let movies = try draft.grouped(order) { $0.kind == .movie ? $0.directory : nil }
    var owners = Spooled<Int32>()
    for _ in 0..<logs.all.count { try owners.append(-1) }
    try movies.forEach { directory, places in
      let entries = try places.map { Int(try order[$0]) }
      // Of directories of one name, each has the logs from its own beginning to the next one's.
      let starts = try entries.dropFirst().map { try draft.keys[$0].created - Self.lead }
      for log in try logs.byDirectory[directory] {
        let known = try logs.directories(ofUncertain: log).first { try !movies[$0].isEmpty }
        guard known ?? directory == directory else { continue }
        let moment = try logs.all.moment(log).microseconds
        try owners.set(log, to: Int32(entries[starts.firstPlace { $0 > moment }]))
      }
    }
    try draft.forEachOwner { log, entry in if try owners[log] < 0 { try owners.set(log, to: Int32(entry)) } }
    try owners.forEach { log, owner in
      if owner >= 0, try isPlanned(Int(owner)) {
        try owned.add(log, under: UInt64(owner))
      } else {
        try left.append(Left(log: Int32(log), entry: owner))
      }
    }
    try owned.sort()
  }

  /// Their whole paths.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func logs(of entry: Int) throws(JobError) -> [RawPath] {
    var paths: [RawPath] = []
    for log in try owned[UInt64(entry)] { paths.append(RawPath(logs.root).appending(try logs.all.name(log))) }
    return paths.sorted()
  }
}
