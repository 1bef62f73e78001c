internal import Index

/// Names as films are told apart by: without case, punctuation, spaces and what colours letters.
enum FilmKeys {
  /// `What's Up, Doc?` and `Whats_Up_Doc` are one.
  static func key(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "&") }) {
      return String(
        decoding: text.utf8.compactMap { byte -> UInt8? in
          switch byte {
          case 0x30...0x39, 0x61...0x7A: byte
          case 0x41...0x5A: byte | 0x20
          default: nil
          }
        }, as: UTF8.self)
    }
    return String(FoldedWords(text).text.filter { $0 != " " })
  }

  /// Without vowel signs and `&`, too, which one of the application's writers of names dropped.
  static func bareKey(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "'") }) { return plainBareKey(text) }
    let words = FoldedWords(text).text.split(separator: " ").filter { $0 != "and" }
    if words.isEmpty { return key(text) }
    let key = words.joined()
    if key.utf8.allSatisfy({ $0 < 0x80 }) { return key }
    var bare = String.UnicodeScalarView()
    for scalar in key.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: continue
      default: bare.append(scalar)
      }
    }
    return String(bare)
  }

  /// The same of ASCII in which no word is elided.
  private static func plainBareKey(_ text: String) -> String {
    var key: [UInt8] = []
    for word in text.utf8.split(whereSeparator: { !isLetterOrDigit($0) }) {
      let start = key.count
      key.append(contentsOf: word.lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
      if key[start...].elementsEqual("and".utf8) { key.removeSubrange(start...) }
    }
    return key.isEmpty ? self.key(text) : String(decoding: key, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// Which episode of a serial a name tells of: `s01e03`; empty for a film's.
  static func episode(in name: String) -> String {
    let words = name.utf8.split { !isLetterOrDigit($0) }
    return words.first(where: isEpisode).map { plainBareKey(String(decoding: $0, as: UTF8.self)) } ?? ""
  }

  private static func isEpisode(_ word: Substring.UTF8View) -> Bool {
    guard let first = word.first, first | 0x20 == UInt8(ascii: "s") else { return false }
    let numbers = word.dropFirst().split(maxSplits: 1, omittingEmptySubsequences: false) {
      $0 | 0x20 == UInt8(ascii: "e")
    }
    return numbers.count == 2 && numbers[0].count > 1 && !numbers[1].isEmpty
      && numbers.allSatisfy { $0.allSatisfy(isDigit) }
  }

  /// A name up to and with each group of four digits in it, as a writer has it that takes whatever stands before a year
  /// for the title: `[Group] Film 2016` of `[Group] Film (2016) 1080p`.
  static func beginnings(of text: String) -> [String] {
    var (ends, digits): ([String.Index], Int) = ([], 0)
    for index in text.utf8.indices {
      let goesOn = isDigit(text.utf8[index])
      if !goesOn, digits == 4 { ends.append(index) }
      digits = goesOn ? digits + 1 : 0
    }
    return ends.map { String(text[..<$0]) }.filter { $0.utf8.count > 4 }
  }

  /// The groups of four digits in a name, which somebody may have taken for a year.
  static func fourDigits(in text: String) -> [String] {
    text.utf8.split(whereSeparator: { !isDigit($0) }).filter { $0.count == 4 }.map {
      String(decoding: Array($0), as: UTF8.self)
    }
  }
}
