/// A JSON value that can be written back without losing what it does not understand.
///
/// The order of members, duplicate names, the digits of numbers and strings that are not valid Unicode are all kept,
/// because manifests are shared with writers this package does not know. Source of the format: RFC 8259, and the
/// `NaN` and `Infinity` that Python's `json` module writes.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// The digits as they stood in the text.
  case number(String)
  case string(String)
  /// A string that holds bytes or escapes which no `String` can carry: the literal, without its quotes.
  case opaque([UInt8])
  case array([JSON])
  case object(Object)

  /// An object: members in their order.
  public struct Object: Sendable, Equatable {
    public struct Member: Sendable, Equatable {
      /// The name; repaired where ``literal`` is set.
      public var name: String
      /// The name's literal when it is not valid Unicode, without its quotes.
      var literal: [UInt8]?
      public var value: JSON

      /// By bytes: `==` of strings, which is quick, holds two spellings of one accented letter for the same, and JSON
      /// does not.
      func isNamed(_ other: String) -> Bool {
        guard name.utf8.count == other.utf8.count, name == other else { return false }
        let isSame = unsafe name.utf8.withContiguousStorageIfAvailable { name in
          unsafe other.utf8.withContiguousStorageIfAvailable { unsafe name.elementsEqual($0) }
        }
        return isSame.flatMap { $0 } ?? name.utf8.elementsEqual(other.utf8)
      }
    }

    public var members: [Member] = []

    public init() {}

    init(members: [(name: String, value: JSON)]) {
      self.members = members.map { Member(name: $0.name, literal: nil, value: $0.value) }
    }
  }
}

extension JSON.Object {
  public var names: [String] { members.map(\.name) }

  /// The value under `name`; the last one counts where a name stands twice, as every common reader has it.
  /// Setting `nil` removes the member; a new one goes to the end.
  public subscript(name: String) -> JSON? {
    get {
      for member in members.reversed() where member.isNamed(name) { return member.value }
      return nil
    }
    set {
      let index = members.lastIndex { $0.isNamed(name) }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (nil, let value?): members.append(Member(name: name, literal: nil, value: value))
      case (_?, nil): members.removeAll { $0.isNamed(name) }
      case (nil, nil): break
      }
    }
  }
}

extension JSON {
  public var object: Object? {
    if case .object(let object) = self { object } else { nil }
  }

  public var array: [JSON]? {
    if case .array(let array) = self { array } else { nil }
  }

  public var string: String? {
    switch self {
    case .string(let text): text
    case .opaque(let literal): JSONString.repaired(literal)
    default: nil
    }
  }

  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  public var int: Int? {
    if case .number(let digits) = self { Int(digits) } else { nil }
  }

  /// A number as it stood in the text.
  var digits: String? {
    if case .number(let digits) = self { digits } else { nil }
  }

  public var double: Double? {
    if case .number(let digits) = self { Double(digits) } else { nil }
  }

  public var isNull: Bool { self == .null }

  /// The member `name` of an object. Setting it on what is no object makes it one.
  public subscript(name: String) -> JSON? {
    get { object?[name] }
    set {
      var object = self.object ?? Object()
      // Nobody else has the members now, so that none is copied.
      self = .null
      object[name] = newValue
      self = .object(object)
    }
  }

  /// What kind of value this is, for messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string, .opaque: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }

  public static func int(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

  /// A number of seconds or the like; `null` for what JSON cannot say (infinite, not a number).
  public static func double(_ value: Double) -> JSON { value.isFinite ? .number("\(value)") : .null }

  public static func string(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }

  public static func int(_ value: Int?) -> JSON { value.map { .number(String($0)) } ?? .null }

  @inlinable
  public static func strings(_ values: some Sequence<String>) -> JSON { .array(values.map { .string($0) }) }
}

extension JSON: ExpressibleByDictionaryLiteral {
  /// Keeps the order as written: `["version": .string("1.0.0")]`.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = Object()
    object.members = elements.map { .init(name: $0, literal: nil, value: $1) }
    self = .object(object)
  }
}
