/// A password that stands in a URL: `https://user:password@host`.
struct URLPassword {
  /// In bytes of the text.
  let range: Range<Int>
  /// As it stands there, escapes and all.
  let text: String
  /// `//user`.
  private let before: String

  /// Those in `text`, in their order. It may hold anything beside them.
  static func all(in text: String) -> [URLPassword] {
    // Every setting of every job comes by here, and hardly one has any.
    guard text.utf8.contains(UInt8(ascii: "@")) else { return [] }
    let bytes = Array(text.utf8)
    return places(in: bytes).map { start, range in
      let user = String(decoding: bytes[(start - 2)..<(range.lowerBound - 1)], as: UTF8.self)
      return URLPassword(range: range, text: String(decoding: bytes[range], as: UTF8.self), before: user)
    }
  }

  /// What stands before an authority.
  private static let mark = Array("://".utf8)

  /// Where those in `bytes` are, each with the beginning of its URL's authority.
  fileprivate static func places(in bytes: [UInt8]) -> [(authority: Int, range: Range<Int>)] {
    var found: [(authority: Int, range: Range<Int>)] = []
    var index = 0
    while let start = firstPlace(of: mark, in: bytes, from: index).map({ $0 + mark.count }) {
      index = start
      guard let range = range(in: bytes, authority: start) else { continue }
      found.append((start, range))
      index = range.upperBound
    }
    return found
  }

  /// What to search for in logs: the password as it is sent and as it is written. A short one only with what is around
  /// it in the URL, for the reason of ``Secrets/shortestSearched``.
  var searched: [String] {
    [text, Self.unescaped(text)].compactMap { $0 }.map { password in
      password.utf8.count >= Secrets.shortestSearched ? password : "\(before):\(password)@"
    }
  }

  /// The password of the URL whose authority begins at `start`: from the first colon to the last `@`, as curl and
  /// browsers have it.
  private static func range(in bytes: [UInt8], authority start: Int) -> Range<Int>? {
    let end = bytes[start...].firstIndex { endsURL($0) || $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? bytes.count
    guard let colon = bytes[start..<end].firstIndex(of: 0x3A) else { return nil }
    var at = bytes[start..<end].lastIndex(of: 0x40)
    if at == nil, bytes[start] != UInt8(ascii: "["), !bytes[(colon + 1)..<end].allSatisfy(isDigit) {
      // Neither a port nor an address: a password with a slash that should have been escaped.
      at = bytes[end...].prefix { !endsURL($0) }.lastIndex(of: 0x40)
    }
    guard let at, colon + 1 < at else { return nil }
    return colon + 1..<at
  }

  /// Blanks, control characters, and what quotes a URL and cannot be part of it.
  private static func endsURL(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// `text` with its `%XX` decoded; `nil` where that is no text.
  private static func unescaped(_ text: String) -> String? {
    var rest = Array(text.utf8)[...]
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      let isEscape = byte == UInt8(ascii: "%") && digits.count == 2 && !digits.contains(UInt8(ascii: "+"))
      if isEscape, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension Secrets {
  /// `text` with the password of each URL in it masked, and nothing else of the URL.
  public static func maskedURLs(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
    return String(decoding: maskedURLs(Array(text.utf8)), as: UTF8.self)
  }

  /// The same for bytes, which may be no text.
  public static func maskedURLs(_ bytes: [UInt8]) -> [UInt8] {
    var masked: [UInt8] = []
    var index = 0
    for (_, range) in URLPassword.places(in: bytes) {
      masked += bytes[index..<range.lowerBound]
      masked += mask.utf8
      index = range.upperBound
    }
    return index == 0 ? bytes : masked + bytes[index...]
  }
}
