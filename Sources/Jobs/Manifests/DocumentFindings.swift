public import SystemPackage

extension Manifest {
  /// Everything that is not as documented in the file at `path`; of one that is no manifest, why.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public static func findings(ofFileAt path: FilePath) throws -> [ManifestFinding] {
    let bytes = try DurableFile.read(path)
    let mark = ManifestFinding(
      path: "$", severity: .error, message: "begins with a byte-order mark, which no JSON does; Python refuses the file"
    )
    let start = bytes.starts(with: byteOrderMark) ? [mark] : []
    do {
      let manifest = Manifest(document: try Jobs.document(of: bytes, at: path))
      let control = lineOfControlCharacter(in: bytes).map {
        ManifestFinding(
          path: "$", severity: .error,
          message: "holds a control character in the string on line \($0), as it is; Python refuses the file")
      }
      return start + (control.map { [$0] } ?? []) + manifest.findings(in: path.removingLastComponent())
    } catch let error as JobError where error.code == .damaged {
      let place = (error.underlying as? JSONSyntaxError)?.path ?? "$"
      let text = error.underlying.map { "\(error.message): \($0)" } ?? error.message
      return start + [ManifestFinding(path: place, severity: .error, message: text)]
    }
  }

  /// Where a string of a document has a line feed or the like that is not escaped, as JSON wants it.
  private static func lineOfControlCharacter(in document: [UInt8]) -> Int? {
    var (line, isInString, isEscaped) = (1, false, false)
    for byte in document {
      if isInString, byte < 0x20 { return line }
      if byte == 0x0A { line += 1 }
      if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    }
    return nil
  }
}

extension JSON {
  /// What readers of JSON do not agree about, wherever it stands.
  func findings(at path: String) -> [ManifestFinding] {
    let oddEscape = "holds a backslash that begins no escape of JSON; Python refuses the file"
    func error(_ path: String, _ message: String) -> ManifestFinding {
      ManifestFinding(path: path, severity: .error, message: message)
    }
    switch self {
    case .null, .bool, .string: return []
    case .opaque(let literal):
      if !literal.isText { return [error(path, "holds bytes that are no UTF-8")] }
      return literal.hasOddEscape ? [error(path, oddEscape)] : []
    case .number(let digits):
      // Python writes the words; they are read for what they are.
      let isTooLarge = digits.first?.isNumber == true || digits.dropFirst().first?.isNumber == true
      guard isTooLarge, double?.isFinite == false else { return [] }
      return [error(path, "is \(digits.prefix(60)), more than a number can be")]
    case .array(let elements):
      return elements.enumerated().flatMap { $1.findings(at: "\(path)[\($0)]") }
    case .object(let object):
      var names: Set<[UInt8]> = []
      return object.members.flatMap { member in
        let place = "\(path).\(member.name)"
        var found: [ManifestFinding] = []
        if member.literal?.isText == false { found.append(error(place, "has a name that is no UTF-8")) }
        if member.literal?.hasOddEscape == true { found.append(error(place, oddEscape)) }
        if !names.insert(member.literal ?? Array(member.name.utf8)).inserted {
          found.append(error(place, "stands there twice; most readers take the last"))
        }
        return found + member.value.findings(at: place)
      }
    }
  }
}

extension [UInt8] {
  fileprivate var isText: Bool { String(validating: self, as: UTF8.self) != nil }

  /// Whether the inside of a string's literal has an escape that JSON has not; half a surrogate pair is one that it has.
  fileprivate var hasOddEscape: Bool {
    var rest = self[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "\\")) {
      let escape = rest[(start + 1)...]
      let isNumber = escape.first == UInt8(ascii: "u")
      let digits = escape.dropFirst().prefix(4)
      if isNumber, digits.count < 4 || !digits.allSatisfy(Self.isHexadecimal) { return true }
      guard let mark = escape.first, isNumber || "\"\\/bfnrt".utf8.contains(mark) else { return true }
      rest = escape.dropFirst()
    }
    return false
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }
}
