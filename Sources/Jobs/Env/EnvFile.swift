public import SystemPackage

/// A `.env` file that can be edited in place: every byte that an edit does not concern stays as it was.
///
/// Reads what python-dotenv, docker compose and shells agree on: `KEY=value`, an `export ` prefix, single and double
/// quotes (which may span lines), comments after white space and `#`, CRLF, a byte-order mark. Lines it does not
/// understand are kept.
public struct EnvFile: Sendable, Equatable {
  enum Line: Sendable, Equatable {
    case other([UInt8])
    case assignment(EnvAssignment)

    var assignment: EnvAssignment? {
      if case .assignment(let assignment) = self { assignment } else { nil }
    }

    var bytes: [UInt8] {
      switch self {
      case .other(let bytes): bytes
      case .assignment(let assignment): assignment.bytes
      }
    }
  }

  var lines: [Line]

  public init(parsing bytes: [UInt8]) {
    var parser = EnvParser(bytes)
    lines = parser.lines()
  }

  /// The same, of what was read from `path`.
  ///
  /// - Throws: ``JobError`` with code `configuration` for what is no text, of which settings would be missed unseen.
  public init(parsing bytes: [UInt8], of path: FilePath) throws {
    if let flaw = TextFlaw.any(in: bytes) {
      let remedy =
        if case .encoding(let name) = flaw {
          "Put in its place what this gives: iconv -f \(name) -t UTF-8 \(path)"
        } else {
          "Write line \(flaw.line) anew, as NAME=value; where all of it is no text, put a copy in its place."
        }
      throw JobError(.configuration, path.string, "the settings cannot be read", remedy: remedy, underlying: flaw)
    }
    self.init(parsing: bytes)
  }

  public init(_ text: String = "") { self.init(parsing: Array(text.utf8)) }

  /// Lines that set nothing and are neither empty nor a comment, and those whose quotes do not close: each counted from 1,
  /// with the key that it sets.
  public var oddLines: [(number: Int, key: String?)] {
    var odd: [(number: Int, key: String?)] = []
    var number = 1
    for line in lines {
      switch line {
      case .other(let bytes):
        let text = number == 1 ? bytes.withoutByteOrderMark : bytes[...]
        let first = text.first { ![0x20, 0x09, 0x0D, 0x0A].contains($0) }
        if let first, first != UInt8(ascii: "#") { odd.append((number, nil)) }
      case .assignment(let assignment):
        if assignment.hasOpenQuote { odd.append((number, assignment.key)) }
      }
      number += line.bytes.count { $0 == 0x0A }
    }
    return odd
  }

  /// Whether it is some other kind of file: something stands in it that is no comment, and no line sets anything.
  public var isOfOtherKind: Bool { assignments.isEmpty && !oddLines.isEmpty }

  /// Whether a line can set a key of that name.
  public static func isKey(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy(EnvParser.isKeyByte)
  }

  /// A setting as people read it: in a line of its own, in quotes where only those keep it there.
  public static func line(_ key: String, _ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return "\(key)=\(value)" }
    return String(decoding: EnvAssignment(key: key, quoting: value).bytes, as: UTF8.self)
  }

  /// The file's bytes.
  public var bytes: [UInt8] { lines.flatMap(\.bytes) }

  /// The keys in their order, each once.
  public var keys: [String] {
    var seen: Set<String> = []
    return assignments.map(\.key).filter { seen.insert($0).inserted }
  }

  /// The value of `key`, unquoted; the last assignment counts where a key stands twice. Setting `nil` removes it.
  public subscript(key: String) -> String? {
    get { assignments.last { $0.key == key }?.decodedValue }
    set {
      if let newValue {
        if change(key, { $0.setValue(newValue) }) { return }
        append(EnvAssignment(key: key, value: newValue, newline: newline))
      } else {
        lines.removeAll { $0.assignment?.key == key }
      }
    }
  }

  /// Sets `key` in each of its assignments: readers differ in which one counts.
  mutating func setEverywhere(_ key: String, _ value: String) {
    self[key] = value
    for index in lines.indices {
      guard var assignment = lines[index].assignment, assignment.key == key else { continue }
      assignment.setValue(value)
      lines[index] = .assignment(assignment)
    }
  }

  /// Leaves of every secret only that there is one, also of those that a later assignment of their key stands over.
  public mutating func maskSecrets() {
    for index in lines.indices {
      guard var assignment = lines[index].assignment, Secrets.isSecret(assignment.key),
        !assignment.decodedValue.isEmpty
      else { continue }
      assignment.setValue(Secrets.mask)
      lines[index] = .assignment(assignment)
    }
  }

  /// Changes the assignment of `key` that counts; `false` when there is none.
  @discardableResult
  private mutating func change(_ key: String, _ change: (inout EnvAssignment) -> Void) -> Bool {
    guard let index = lines.lastIndex(where: { $0.assignment?.key == key }),
      var assignment = lines[index].assignment
    else { return false }
    change(&assignment)
    lines[index] = .assignment(assignment)
    return true
  }

  /// Every key with its value, in the file's order, `${NAME}` and `${NAME:-default}` filled in from earlier keys and
  /// then from `outer`. Single-quoted values are taken as they are.
  public func values(outer: [String: String] = [:]) -> [(key: String, value: String)] {
    byteValues(outer: outer).map { ($0, String(decoding: $1, as: UTF8.self)) }
  }

  /// The same, byte for byte: a value need not be UTF-8.
  public func byteValues(outer: [String: String] = [:]) -> [(key: String, value: [UInt8])] {
    var known: [String: [UInt8]] = [:]
    for assignment in assignments {
      known[assignment.key] = assignment.expandedValue { name in
        known[name] ?? outer[name].map { environmentBytes(name, $0) }
      }
    }
    return keys.map { ($0, known[$0] ?? []) }
  }

  /// Lays `other` over this file: each of its keys is set here, as it is written there; at the end where it is made of
  /// others of `other` that stand further down here than it does. Else in its place: what is made of it here reads it.
  public mutating func overlay(_ other: EnvFile) {
    for key in other.keys {
      guard let theirs = other.assignments.last(where: { $0.key == key }) else { continue }
      let value = theirs.quote == UInt8(ascii: "'") ? "" : theirs.decodedValue
      let place = lastPlace(of: key) ?? .max
      let isTooEarly = other.keys.contains { name in
        (value.contains("${\(name)}") || value.contains("${\(name):")) && lastPlace(of: name) ?? .max >= place
      }
      if self[key] == nil || isTooEarly { append(EnvAssignment(key: key, value: "", newline: newline)) }
      change(key) { $0.takeValue(of: theirs) }
    }
  }

  private func lastPlace(of key: String) -> Int? { lines.lastIndex { $0.assignment?.key == key } }

  private var assignments: [EnvAssignment] { lines.compactMap(\.assignment) }

  /// The line ending that the file has.
  private var newline: [UInt8] {
    let ended = lines.lazy.map(\.bytes).first { $0.last == 0x0A }
    return ended?.suffix(2) == [0x0D, 0x0A] ? [0x0D, 0x0A] : [0x0A]
  }

  private mutating func append(_ assignment: EnvAssignment) {
    if let last = lines.last?.bytes, last.last != 0x0A { lines.append(.other(newline)) }
    lines.append(.assignment(assignment))
  }
}
