/// A `.env` file that can be edited in place: every byte that an edit does not concern stays as it was.
///
/// Reads what python-dotenv, docker compose and shells agree on: `KEY=value`, an `export ` prefix, single and double
/// quotes (which may span lines), comments after white space and `#`, CRLF. Lines it does not understand are kept.
public struct EnvFile: Sendable, Equatable {
  enum Line: Sendable, Equatable {
    case other([UInt8])
    case assignment(EnvAssignment)
  }

  var lines: [Line]

  public init(parsing bytes: [UInt8]) {
    var parser = EnvParser(bytes)
    lines = parser.lines()
  }

  public init(_ text: String = "") { self.init(parsing: Array(text.utf8)) }

  /// The file's bytes.
  public var bytes: [UInt8] {
    lines.flatMap { line in
      switch line {
      case .other(let bytes): bytes
      case .assignment(let assignment): assignment.bytes
      }
    }
  }

  /// The keys in their order, each once.
  public var keys: [String] {
    var seen: Set<String> = []
    return assignments.map(\.key).filter { seen.insert($0).inserted }
  }

  /// The value of `key`, unquoted; the last assignment counts where a key stands twice. Setting `nil` removes it.
  public subscript(key: String) -> String? {
    get { assignments.last { $0.key == key }?.decodedValue }
    set {
      let index = lines.lastIndex { line in
        if case .assignment(let assignment) = line { assignment.key == key } else { false }
      }
      switch (index, newValue) {
      case (let index?, let value?):
        guard case .assignment(var assignment) = lines[index] else { return }
        assignment.setValue(value)
        lines[index] = .assignment(assignment)
      case (nil, let value?): append(EnvAssignment(key: key, value: value, newline: newline))
      case (_?, nil):
        lines.removeAll { line in
          if case .assignment(let assignment) = line { assignment.key == key } else { false }
        }
      case (nil, nil): break
      }
    }
  }

  /// Every key with its value, in the file's order, `${NAME}` and `${NAME:-default}` filled in from earlier keys and
  /// then from `outer`. Single-quoted values are taken as they are.
  public func values(outer: [String: String] = [:]) -> [(key: String, value: String)] {
    var known: [String: String] = [:]
    for assignment in assignments {
      var value = assignment.decodedValue
      if assignment.quote != UInt8(ascii: "'") {
        value = expandVariables(value) { known[$0] ?? outer[$0] }
      }
      known[assignment.key] = value
    }
    return keys.map { ($0, known[$0] ?? "") }
  }

  /// Lays `other` over this file: each of its keys is set here.
  public mutating func overlay(_ other: EnvFile) {
    for key in other.keys { self[key] = other[key] }
  }

  private var assignments: [EnvAssignment] {
    lines.compactMap { line in
      if case .assignment(let assignment) = line { assignment } else { nil }
    }
  }

  private var newline: [UInt8] {
    assignments.lazy.map(\.newline).first { !$0.isEmpty } ?? [0x0A]
  }

  private mutating func append(_ assignment: EnvAssignment) {
    switch lines.last {
    case .other(let bytes)? where bytes.last != 0x0A: lines[lines.count - 1] = .other(bytes + newline)
    case .assignment(var last)? where last.newline.isEmpty:
      last.newline = newline
      lines[lines.count - 1] = .assignment(last)
    default: break
    }
    lines.append(.assignment(assignment))
  }
}

/// Fills in `${NAME}` and `${NAME:-default}`; an unknown name without a default becomes empty.
private func expandVariables(_ text: String, lookup: (String) -> String?) -> String {
  guard text.contains("${") else { return text }
  var result = ""
  var rest = text[...]
  while let start = rest.firstRange(of: "${") {
    result += rest[..<start.lowerBound]
    let inside = rest[start.upperBound...]
    guard let end = inside.firstIndex(of: "}") else { return result + rest[start.lowerBound...] }
    let expression = inside[..<end]
    if let marker = expression.firstRange(of: ":-") {
      let value = lookup(String(expression[..<marker.lowerBound])) ?? ""
      result += value.isEmpty ? String(expression[marker.upperBound...]) : value
    } else {
      result += lookup(String(expression)) ?? ""
    }
    rest = inside[inside.index(after: end)...]
  }
  return result + rest
}
