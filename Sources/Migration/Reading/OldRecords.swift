internal import Jobs

/// What an old manifest says of its stages: their own records, of whichever schemas stand in it, and the lists beside
/// them, which are often stale. Names are the documented ones.
struct OldRecords: Sendable {
  /// In their order; of several records of one stage the latest.
  private(set) var all: [StageRecord] = []
  private(set) var listedAsCompleted: [String] = []
  private(set) var listedAsFailed: [String] = []
  private(set) var listedAsSkipped: [String] = []

  init(_ manifest: Manifest?) {
    guard let manifest else { return }
    let pipeline = manifest.document["pipeline"]
    let steps = pipeline?["steps"]?.object?.pairs
    for record in manifest.recordedStages { add(record, winsTies: true) }
    for (name, fields) in steps ?? [] { add(StageRecord(name: name, fields: fields), winsTies: false) }
    func list(_ key: String) -> [String] {
      (pipeline?[key]?.array ?? []).compactMap(\.string).map { Self.name($0) }
    }
    listedAsCompleted = list("completed_stages")
    listedAsFailed = list("failed_stages")
    // The builder's list holds failures, too.
    guard steps != nil || all.isEmpty else { return }
    if manifest.recordedStatus == .failed {
      listedAsFailed += list("skipped_stages")
    } else {
      listedAsSkipped = list("skipped_stages")
    }
  }

  private mutating func add(_ record: StageRecord, winsTies: Bool) {
    var record = record
    record.name = Self.name(record.name)
    guard let place = all.firstIndex(where: { $0.name.isSame(as: record.name) }) else { return all.append(record) }
    guard record.verdict != nil else { return }
    if all[place].verdict == nil || record.isLater(than: all[place]) ?? winsTies { all[place] = record }
  }

  /// The record of a stage, by its documented name.
  func record(of name: String) -> StageRecord? { all.first { $0.name.isSame(as: name) } }

  /// A stage's documented name: some writers had hyphens or capitals in it.
  static func name(_ text: String) -> String {
    var text = text
    if let name = text.withUTF8({ bytes in known.first { unsafe isSpelling(bytes, of: $0.bytes) } })?.name {
      return name
    }
    let name = StageName(text).description
    let lower = name.lowercased()
    return known.contains { $0.name == lower } ? lower : name
  }

  private static func isSpelling(_ text: UnsafeBufferPointer<UInt8>, of name: [UInt8]) -> Bool {
    guard text.count == name.count else { return false }
    return name.indices.allSatisfy {
      unsafe text[$0] == name[$0] || text[$0] == UInt8(ascii: "-") && name[$0] == UInt8(ascii: "_")
    }
  }

  private static let known = StageFiles.optional.union(StageFiles.names).sorted().map {
    (name: $0, bytes: Array($0.utf8))
  }
}

extension StageRecord {
  /// The status, or what older writers had in the place of one.
  var verdict: StageStatus? {
    if let text = (fields["status"] ?? fields).string?.lowercased() {
      return text == "completed" ? .success : StageStatus(rawValue: text)
    }
    return fields["success"]?.bool.map { $0 ? .success : .failed }
  }

  private var moment: Timestamp? {
    Timestamp(recorded: fields["completed_at"]) ?? Timestamp(recorded: fields["started_at"])
  }

  /// `nil` where their times do not tell.
  fileprivate func isLater(than other: StageRecord) -> Bool? {
    guard let own = moment, let others = other.moment, own != others else { return nil }
    return own > others
  }
}
