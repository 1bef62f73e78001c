internal import SystemPackage

/// The words of a failure without what differs from film to film, so that one failure of forty films reads alike.
public struct CauseText {
  /// What to replace, longest first, and by what.
  private let names: [(text: String, word: String)]

  /// - Parameters:
  ///   - input: the film's path, as the job records it.
  ///   - folders: the job's own.
  public init(jobID: String? = nil, title: String? = nil, input: String? = nil, folders: [String] = []) {
    var names: [(String, String)] = folders.map { ($0, "JOB") }
    if let jobID { names.append((jobID, "JOB")) }
    if let input {
      names.append((input, "FILM"))
      let file = FilePath(input).lastComponent
      if let file { names.append((file.string, "FILM")) }
      if let stem = file?.stem { names.append((stem, "FILM")) }
    }
    if let title { names.append((title, "FILM")) }
    // Of a name with a newline in it, a log's last line holds the end.
    names += names.compactMap { name, word in
      name.contains(where: \.isNewline) ? name.split(whereSeparator: \.isNewline).last.map { (String($0), word) } : nil
    }
    // A film called M or Up would be found in every second word.
    self.names = names.filter { $0.0.unicodeScalars.count >= 4 }.sorted { $0.0.utf8.count > $1.0.utf8.count }
  }

  /// Names become `FILM` and `JOB`, numbers `#`, sizes `# bytes`, paths their last part; times fall away. Exit codes, signals
  /// and statuses stay.
  public func normalised(_ text: String) -> String {
    var text = text
    for (name, word) in names { text = Self.replacing(name, by: word, in: text) }
    var words: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) where !Self.isTime(word) {
      let keepsNumbers = words.last.map { Self.beforeCodes.contains($0.lowercased().filter(\.isLetter)) } ?? false
      let last = Self.lastPart(word)
      let plain = keepsNumbers ? String(last) : Self.withoutNumbers(last)
      words.append(words.last?.hasSuffix("#") == true ? Self.withoutUnit(plain) : plain)
    }
    // A log's line mostly begins with when it was said.
    let said = words.drop { $0.allSatisfy { !$0.isLetter } }
    return (said.isEmpty ? words[...] : said).joined(separator: " ")
  }

  private static let beforeCodes: Set<String> = ["code", "signal", "status", "http", "errno"]

  /// Whole words only: a film called Rain is not in `Training`.
  private static func replacing(_ name: String, by word: String, in text: String) -> String {
    var result = ""
    var rest = text[...]
    while let range = rest.firstRange(of: name) {
      let before = range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
      let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
      let isWhole = !(before?.isWordPart ?? false) && !(after?.isWordPart ?? false)
      result += rest[..<range.lowerBound] + (isWhole ? word : String(rest[range]))
      rest = rest[range.upperBound...]
    }
    return result + rest
  }

  /// Of a path the last part; of a URL its host.
  private static func lastPart(_ word: Substring) -> Substring {
    guard word.contains("/") else { return word }
    let parts = word.split(separator: "/")
    if word.contains("://") { return parts.dropFirst().first ?? word }
    return parts.last ?? word
  }

  /// Whether it is a date, a time of day, or both: `2026-01-02`, `03:04:05,123`, `[2026-01-02T03:04:05Z]`.
  private static func isTime(_ word: Substring) -> Bool {
    let bare = word.drop { "[(".contains($0) }
    let marks = bare.filter { ":-/".contains($0) }
    return bare.first?.isNumber == true && (marks.hasPrefix("--") || marks.hasPrefix("//") || marks.hasPrefix("::"))
      && bare.allSatisfy { $0.isNumber || ":-/.,+TZ)]".contains($0) }
  }

  /// Of a size counts that it is one.
  private static func withoutUnit(_ word: String) -> String {
    let unit = word.prefix(while: \.isLetter)
    return sizes.contains(unit.lowercased()) ? "bytes" + word.dropFirst(unit.count) : word
  }

  private static let sizes: Set<String> = [
    "b", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "k", "m", "g", "t",
  ]

  private static func withoutNumbers(_ word: Substring) -> String {
    let isHex = word.utf8.count >= 8 && word.contains(where: \.isNumber) && word.allSatisfy(\.isHexDigit)
    if isHex { return "#" }
    if let address = word.firstRange(of: "0x") {
      let digits = word[address.upperBound...].prefix(while: \.isHexDigit)
      if !digits.isEmpty {
        return withoutNumbers(word[..<address.lowerBound]) + "#" + withoutNumbers(word[digits.endIndex...])
      }
    }
    var result = ""
    for character in word {
      if character.isNumber {
        if result.last == "#" { continue }
        if result.count >= 2, result.dropLast().last == "#", ".,:".contains(result.suffix(1)) {
          result.removeLast()
          continue
        }
        result.append("#")
      } else {
        result.append(character)
      }
    }
    guard let number = result.lastIndex(of: "#") else { return result }
    let rest = String(result[result.index(after: number)...])
    let plain = withoutUnit(rest)
    return result[...number] + (plain == rest ? "" : " ") + plain
  }
}

extension Character {
  fileprivate var isWordPart: Bool { isLetter || isNumber || self == "_" }
}
