internal import Jobs

/// Which job each of the flat logs goes to: by the directory in its name, else by what stands in it or its moment.
struct LogOwners: Sendable {
  private let logs: OldLogs
  /// The entry that each log belongs to; -1 for none.
  private var owners: [Int32]
  /// Logs that go along with their entries, by those.
  private var owned: [Int32] = []
  /// Logs that stay.
  private var staying: [Int32] = []

  /// A run's first log may be older than its manifest, by so many microseconds.
  private static let lead: Int64 = 3_600_000_000

  /// - Parameters:
  ///   - order: of the entries, by their days.
  ///   - isPlanned: whether an entry is migrated.
  init(_ logs: OldLogs, _ draft: PlanDraft, _ order: [Int32], isPlanned: (Int) -> Bool) {
    self.logs = logs
    let movies = draft.grouped(order) { $0.kind == .movie ? $0.directory : nil }
    func key(_ place: Int) -> PlanDraft.Key? { movies.indices.contains(place) ? draft.keys[Int(movies[place])] : nil }
    func isKnown(_ directory: UInt64) -> Bool {
      let first = movies.firstPlace { draft.keys[Int($0)].directory >= directory }
      return key(first)?.directory == directory
    }
    var owners = [Int32](repeating: -1, count: logs.all.count)
    for (place, entry) in movies.enumerated() {
      let directory = draft.keys[Int(entry)].directory
      // Of directories of one name, each has the logs from its own beginning to the next one's.
      func beginning(_ place: Int) -> Int64? {
        key(place).flatMap { $0.directory == directory ? $0.created - Self.lead : nil }
      }
      let start = beginning(place - 1) == nil ? .min : beginning(place) ?? .min
      let end = beginning(place + 1) ?? .max
      for log in logs.byDirectory[directory] {
        let moment = logs.all.moment(log).microseconds
        guard owners[log] < 0, moment >= start, moment < end,
          logs.directories(ofUncertain: log).first(where: isKnown) ?? directory == directory
        else { continue }
        owners[log] = entry
      }
    }
    for (log, entry) in draft.owners() where owners[log] < 0 { owners[log] = Int32(entry) }
    self.owners = owners
    for (log, owner) in owners.enumerated() {
      if owner >= 0, isPlanned(Int(owner)) { owned.append(Int32(log)) } else { staying.append(Int32(log)) }
    }
    owned.sort { (owners[Int($0)], $0) < (owners[Int($1)], $1) }
  }

  /// Logs that stay, with the entry that stays as well and has them.
  var left: some Sequence<(log: Int, entry: Int?)> {
    staying.lazy.map { [owners] log -> (log: Int, entry: Int?) in
      let owner = owners[Int(log)]
      return (log: Int(log), entry: owner < 0 ? nil : Int(owner))
    }
  }

  /// Their whole paths.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func logs(of entry: Int) throws(JobError) -> [RawPath] {
    let first = owned.firstPlace { Int(owners[Int($0)]) >= entry }
    var paths: [RawPath] = []
    for log in owned[first...].prefix(while: { Int(owners[Int($0)]) == entry }) {
      paths.append(RawPath(logs.root).appending(try logs.all.name(Int(log))))
    }
    return paths.sorted()
  }
}
