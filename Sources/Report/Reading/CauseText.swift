internal import Jobs
internal import SystemPackage

/// The words of a failure without what differs from film to film, so that one failure of forty films reads alike.
struct CauseText {
  /// What to replace, longest first, and by what.
  private let names: [(text: String, word: String)]

  init(jobID: String?, title: String?, input: String?, folders: [String]) {
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

  /// Names become `FILM` and `JOB`, numbers `#`, paths their last part. Exit codes, signals and statuses stay.
  func normalised(_ text: String) -> String {
    var text = text
    for (name, word) in names { text = Self.replacing(name, by: word, in: text) }
    var words: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      let keepsNumbers = words.last.map { Self.beforeCodes.contains($0.lowercased().filter(\.isLetter)) } ?? false
      let last = Self.lastPart(word)
      words.append(keepsNumbers ? String(last) : Self.withoutNumbers(last))
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

  private static func withoutNumbers(_ word: Substring) -> String {
    let isHex = word.utf8.count >= 8 && word.contains(where: \.isNumber) && word.allSatisfy(\.isHexDigit)
    if isHex { return "#" }
    if word.hasPrefix("0x") { return "#" + word.dropFirst(2).drop(while: \.isHexDigit) }
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
    return result
  }
}

extension Character {
  fileprivate var isWordPart: Bool { isLetter || isNumber || self == "_" }
}
