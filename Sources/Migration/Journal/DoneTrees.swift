/// The entries of a plan that are done, with what tells the documents that were written to each, in little memory: there may be a
/// hundred thousand.
struct DoneTrees: Sendable {
  /// By the entries' numbers.
  private var areDone: [Bool] = []
  /// Of the documents of each the first eight bytes of their digests, in the order of their names; 0 for one that has none.
  private var starts: [UInt64] = []
  private(set) var count = 0

  private static let documents = ["manifest.json", "job.env", "job_info.json"]
  /// More than a plan has entries: a line that names one beyond it is damaged, and tells of none.
  private static let limit = 1 << 26

  var isEmpty: Bool { count == 0 }

  /// Of a digest, its first sixteen digits.
  subscript(entry: Int) -> WrittenHashes? {
    get {
      guard areDone.indices.contains(entry), areDone[entry] else { return nil }
      var hashes = WrittenHashes()
      for (number, name) in Self.documents.enumerated() {
        let start = starts[entry * Self.documents.count + number]
        if start != 0 { hashes[name] = Self.digits(start) }
      }
      return hashes
    }
    set {
      guard (0..<Self.limit).contains(entry) else { return }
      while areDone.count <= entry {
        areDone.append(false)
        for _ in Self.documents { starts.append(0) }
      }
      count += (newValue == nil ? 0 : 1) - (areDone[entry] ? 1 : 0)
      areDone[entry] = newValue != nil
      for (number, name) in Self.documents.enumerated() {
        starts[entry * Self.documents.count + number] = Self.start(newValue?[name])
      }
    }
  }

  private static func digits(_ start: UInt64) -> String {
    let digits = String(start, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// - Returns: 0 for a text that is no digest.
  private static func start(_ digest: String?) -> UInt64 {
    guard let digest, digest.utf8.count == 64 else { return 0 }
    return UInt64(digest.prefix(16), radix: 16) ?? 0
  }
}
