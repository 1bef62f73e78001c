/// A value as an env file writes it, and what it means.
struct EnvValue {
  private let raw: [UInt8]
  private let escapes: [UInt8: UInt8]
  private let isLiteral: Bool

  init(_ raw: [UInt8], quote: UInt8?) {
    self.raw = raw
    isLiteral = quote == UInt8(ascii: "'")
    escapes =
      switch quote {
      case UInt8(ascii: "\"")?: Self.doubleQuotedEscapes
      case UInt8(ascii: "'")?: Self.singleQuotedEscapes
      default: [:]
      }
  }

  /// Without escapes; `${NAME}` as it stands.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Without escapes, `${NAME}` and `${NAME:-default}` filled in; an unknown name without a default becomes empty.
  func expanded(_ lookup: (String) -> [UInt8]?) -> [UInt8] {
    isLiteral ? bytes : decoded { Self.value(of: $0, lookup) }
  }

  private var bytes: [UInt8] { decoded { _ in nil } }

  /// - Parameter variable: what stands for the inside of a `${…}`; `nil` leaves it as it is.
  private func decoded(_ variable: (ArraySlice<UInt8>) -> [UInt8]?) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < raw.count {
      if raw[index] == UInt8(ascii: "\\"), index + 1 < raw.count, let meant = escapes[raw[index + 1]] {
        // An escaped `$` begins no variable.
        result.append(meant)
        index += 2
      } else if let end = endOfVariable(at: index), let value = variable(raw[(index + 2)..<end]) {
        result += value
        index = end + 1
      } else {
        result.append(raw[index])
        index += 1
      }
    }
    return result
  }

  /// Where the `}` is of the `${` that stands at `index`, if one does.
  private func endOfVariable(at index: Int) -> Int? {
    guard raw[index] == UInt8(ascii: "$"), index + 1 < raw.count, raw[index + 1] == UInt8(ascii: "{")
    else { return nil }
    let stop = raw[(index + 2)...].firstIndex { "{}\n".utf8.contains($0) }
    return stop.flatMap { raw[$0] == UInt8(ascii: "}") ? $0 : nil }
  }

  private static func value(of expression: ArraySlice<UInt8>, _ lookup: (String) -> [UInt8]?) -> [UInt8] {
    let colon = expression.firstIndex(of: UInt8(ascii: ":")) ?? expression.endIndex
    let known = lookup(String(decoding: expression[..<colon], as: UTF8.self)) ?? []
    guard known.isEmpty, expression[colon...].starts(with: ":-".utf8) else { return known }
    return Array(expression[colon...].dropFirst(2))
  }

  private static let doubleQuotedEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "\""): UInt8(ascii: "\""),
    UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "$"): UInt8(ascii: "$"), UInt8(ascii: "'"): UInt8(ascii: "'"),
    UInt8(ascii: "`"): UInt8(ascii: "`"),
  ]
  private static let singleQuotedEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
  ]

  /// Whether double quotes hold a byte only with a backslash before it.
  static func needsEscape(_ byte: UInt8) -> Bool { "\"\\$`".utf8.contains(byte) }

  /// The inside of double quotes that means `bytes`.
  static func escape(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x0A: Array("\\n".utf8)
      case 0x0D: Array("\\r".utf8)
      default: needsEscape(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
      }
    }
  }
}
