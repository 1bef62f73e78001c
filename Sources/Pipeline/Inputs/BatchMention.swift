public import Jobs
public import SystemPackage

/// What the last batch that had a film before it, and did nothing with it, says of it in its record.
public struct BatchMention: Sendable {
  /// When the batch began: local time, in the documented form.
  public let at: String
  let kind: InputDecision.Kind
  let reason: String?

  /// How many batches are looked through: a night's folder has one or two a day.
  private static let most = 100

  /// - Parameter since: only of batches that began after this time.
  public init?(of film: FilePath, since: String?, in workspace: Workspace) {
    let input = workspace.documentPath(film)
    for path in workspace.batchRecords().reversed().prefix(Self.most) {
      guard let record = try? BatchRecord(reading: path), let at = record.startedAt else { continue }
      if let since, at < since { return nil }
      guard let entry = record.document["jobs"]?.array?.last(where: { $0["input"]?.string == input }) else { continue }
      guard entry["status"]?.string == nil,
        let kind = entry["decision"]?.string.flatMap({ InputDecision.Kind(rawValue: $0) })
      else { return nil }
      (self.at, self.kind, reason) = (at, kind, entry["reason"]?.string)
      return
    }
    return nil
  }

  /// As a part of a sentence.
  var words: String { "was \(what) by the batch of \(at.spaced(16))\(reason.map { " (\($0))" } ?? "")" }

  /// As a line of a history.
  var line: String { "\(at.spaced(19))  \(what)\(reason.map { ": \($0)" } ?? "")" }

  private var what: String {
    switch kind {
    case .held: "held"
    case .givenUp: "given up"
    case .pending: "waited for"
    case .skip: "left out"
    case .new, .resume, .retry: "not begun"
    }
  }
}

extension String {
  /// A documented time for people, as far as so many characters.
  func spaced(_ length: Int) -> String { prefix(length).map { $0 == "T" ? " " : String($0) }.joined() }
}
