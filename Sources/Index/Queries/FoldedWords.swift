internal import Foundation

/// A text as its words without case and diacritics, so that titles of any script are found however they are typed.
///
/// Marks that only colour a letter fall away (`é`, `क़`); those that are letters' vowels stay. Of scripts that put no
/// space between words every letter counts as one. A word behind an elided article is there with and without it.
public struct FoldedWords {
  /// Each word: one letter run, or the letters of a run in an unspaced script.
  let words: [[String]]

  /// The words as the index stores them, separated by spaces.
  public var text: String {
    var text = ""
    for letters in words.joined() { text += text.isEmpty ? letters : " " + letters }
    return text
  }

  public init(_ source: String) {
    if source.utf8.allSatisfy({ $0 < 0x80 }) {
      words = Self.asciiWords(source)
      return
    }
    var words: [[String]] = []
    var word = ""
    var article = 0
    var run: [String] = []
    func endWord() {
      if !word.isEmpty { words.append([word]) }
      let rest = word.unicodeScalars.dropFirst(article)
      if article > 0, !rest.isEmpty { words.append([String(rest)]) }
      (word, article) = ("", 0)
    }
    func endRun() {
      if !run.isEmpty { words.append(run) }
      run = []
    }
    let isDecomposed = source.unicodeScalars.allSatisfy(Self.isItsOwnDecomposition)
    for scalar in (isDecomposed ? source : source.decomposedStringWithCompatibilityMapping).unicodeScalars {
      let properties = scalar.properties
      // Joiners, soft hyphens and the like are not seen; only the space of no width parts words.
      if Self.mayBeIgnored(scalar), properties.isDefaultIgnorableCodePoint, scalar != "\u{200B}" { continue }
      if Self.isUnspaced(scalar) {
        endWord()
        run.append(String(scalar))
        continue
      }
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark:
        let mark = properties.canonicalCombiningClass.rawValue
        guard mark == 0 || mark == 8 || mark == 9 else { continue }
        if run.isEmpty { word.unicodeScalars.append(scalar) } else { run[run.count - 1].unicodeScalars.append(scalar) }
      case .otherLetter, .modifierLetter, .decimalNumber, .otherNumber:
        endRun()
        word.unicodeScalars.append(scalar)
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .letterNumber:
        endRun()
        word += Self.plainLetters[scalar] ?? properties.lowercaseMapping
      case .otherSymbol where properties.isEmoji && scalar.value > 0xFF:
        // A picture, as a word that every tokenizer knows.
        endWord()
        run.append("u" + String(scalar.value, radix: 16))
      default:
        if Self.isApostrophe(scalar) {
          if Self.articles.contains(word) { article = word.unicodeScalars.count }
          continue
        }
        endWord()
        endRun()
        if scalar == "&" { words.append(["and"]) }
      }
    }
    endWord()
    endRun()
    self.words = words
  }

  /// What finds these words in any order, each whole or begun; `nil` when there are none.
  var query: String? {
    guard !words.isEmpty else { return nil }
    return words.map { "\"" + $0.joined(separator: " ") + "\" *" }.joined(separator: " AND ")
  }

  private static func asciiWords(_ source: String) -> [[String]] {
    var words: [[String]] = []
    var word: [UInt8] = []
    var article = 0
    func end() {
      if !word.isEmpty { words.append([String(decoding: word, as: UTF8.self)]) }
      if article > 0, article < word.count { words.append([String(decoding: word[article...], as: UTF8.self)]) }
      word.removeAll(keepingCapacity: true)
      article = 0
    }
    for byte in source.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
      case UInt8(ascii: "'"): if articles.contains(String(decoding: word, as: UTF8.self)) { article = word.count }
      case UInt8(ascii: "&"):
        end()
        words.append(["and"])
      default: end()
      }
    }
    end()
    return words
  }

  private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "'" || scalar == "\u{2019}" || scalar == "\u{2BC}"
  }

  /// What French and Italian write before an apostrophe and a noun of its own.
  private static let articles: Set<String> = [
    "l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quelqu", "un", "gl", "dell", "all",
    "dall",
    "nell", "sull", "quell", "sant", "bell",
  ]

  /// Letters that no decomposition takes apart, as they are typed without the keys for them.
  private static let plainLetters: [Unicode.Scalar: String] = [
    "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "ß": "ss", "ẞ": "ss",
    "ħ": "h", "Ħ": "h", "ŧ": "t", "Ŧ": "t", "ŋ": "n", "Ŋ": "n", "æ": "ae", "Æ": "ae",
    "œ": "oe", "Œ": "oe", "ı": "i", "þ": "th", "Þ": "th", "ς": "σ",
  ]

  /// Whether no decomposition changes it: known of ASCII, and of most of Devanagari, Cyrillic and Chinese.
  private static func isItsOwnDecomposition(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x80, 0x4E00...0x9FFF: true
    case 0x0410...0x044F: scalar != "\u{419}" && scalar != "\u{439}"
    case 0x0901...0x0957: scalar != "\u{929}" && scalar != "\u{931}" && scalar != "\u{934}"
    default: false
    }
  }

  /// Whether it may be one that is not seen: known not to be of most letters, without a look into tables.
  private static func mayBeIgnored(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xAD, 0x34F, 0x61C: true
    case 0..<0x115F, 0x4E00...0x9FFF: false
    default: true
    }
  }

  /// Chinese, Japanese, Thai, Lao, Burmese, Khmer.
  private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E01...0x0E30, 0x0E80...0x0EB0, 0x1000...0x103F, 0x1780...0x17D3, 0x3041...0x3096, 0x30A1...0x30FC,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
      !scalar.properties.generalCategory.isMark
    default: false
    }
  }
}

extension Unicode.GeneralCategory {
  fileprivate var isMark: Bool { self == .nonspacingMark || self == .spacingMark || self == .enclosingMark }
}
