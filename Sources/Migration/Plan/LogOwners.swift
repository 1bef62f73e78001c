internal import Jobs

/// Which job each of the flat logs goes to: by the directory in its name, else by what stands in it or its moment.
struct LogOwners: Sendable {
  private let logs: OldLogs
  private var byEntry = LogNumbers()
  /// Logs that stay, with the entry that stays as well and has them.
  private(set) var left: [(log: Int, entry: Int?)] = []

  /// A run's first log may be older than its manifest, by so many microseconds.
  private static let lead: Int64 = 3_600_000_000

  /// - Parameters:
  ///   - order: of the entries, by their days.
  ///   - isPlanned: whether an entry is migrated.
  init(_ logs: OldLogs, _ draft: PlanDraft, _ order: [Int], isPlanned: (Int) -> Bool) {
    self.logs = logs
    let movies = order.filter { draft.keys[$0].kind == .movie }
    // Of directories of one name, each has the logs from its own beginning to the next one's.
    var ends = [Int64](repeating: .max, count: draft.keys.count)
    var later: [UInt64: Int64] = [:]
    for index in movies.reversed() {
      let key = draft.keys[index]
      ends[index] = later[key.directory] ?? .max
      later[key.directory] = key.created - Self.lead
    }
    var owners = [Int32](repeating: -1, count: logs.all.count)
    var seen: Set<UInt64> = []
    for index in movies {
      let key = draft.keys[index]
      let start = seen.insert(key.directory).inserted ? Int64.min : key.created - Self.lead
      for log in logs.byDirectory[key.directory] {
        let moment = logs.all.moment(log).microseconds
        guard owners[log] < 0, moment >= start, moment < ends[index],
          logs.directories(ofUncertain: log).first(where: { later[$0] != nil }) ?? key.directory == key.directory
        else { continue }
        owners[log] = Int32(index)
      }
    }
    for (log, index) in draft.owners() where owners[log] < 0 { owners[log] = Int32(index) }
    for (log, owner) in owners.enumerated() {
      let entry = owner < 0 ? nil : Int(owner)
      if let entry, isPlanned(entry) { byEntry.add(log, under: UInt64(entry)) } else { left.append((log, entry)) }
    }
    byEntry.sort()
  }

  /// Their whole paths.
  func logs(of entry: Int) -> [RawPath] {
    byEntry[UInt64(entry)].map { RawPath(logs.root).appending(logs.all.name($0)) }.sorted()
  }
}
