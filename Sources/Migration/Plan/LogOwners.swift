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
    var ends = [Int64?](repeating: nil, count: draft.keys.count)
    var later: [UInt64: Int64] = [:]
    for index in movies.reversed() {
      let key = draft.keys[index]
      ends[index] = later[key.directory]
      later[key.directory] = key.created - Self.lead
    }
    var owners = [Int?](repeating: nil, count: logs.all.count)
    var seen: Set<UInt64> = []
    for index in movies {
      let key = draft.keys[index]
      let start = seen.insert(key.directory).inserted ? Int64.min : key.created - Self.lead
      for log in logs.byDirectory[key.directory] {
        let moment = logs.all[log].moment.microseconds
        guard owners[log] == nil, moment >= start, moment < ends[index] ?? .max,
          logs.directories(ofUncertain: log).first(where: { later[$0] != nil }) ?? key.directory == key.directory
        else { continue }
        owners[log] = index
      }
    }
    for (log, index) in draft.owners() where owners[log] == nil { owners[log] = index }
    for (log, owner) in owners.enumerated() {
      if let owner, isPlanned(owner) {
        byEntry.add(log, under: UInt64(owner))
      } else {
        left.append((log, owner))
      }
    }
    byEntry.sort()
  }

  /// Their whole paths.
  func logs(of entry: Int) -> [RawPath] {
    byEntry[UInt64(entry)].map { RawPath(logs.root).appending(logs.all[$0].name) }.sorted()
  }
}
