extension Secrets {
  /// A document as it may be shown: `values`, which come longest first, and the passwords of URLs masked in its texts.
  ///
  /// Stages write names of their own as well, so those are masked, too, unless they look like a field's: with
  /// `SORT_KEY=title` a title is still found under `title`.
  public static func masked(_ document: JSON, _ values: [String]) -> JSON {
    switch document {
    case .null, .bool: return document
    case .number(let digits): return values.contains(digits) ? .string(mask) : document
    case .string(let text): return .string(masked(text, values))
    case .opaque:
      let text = document.string ?? ""
      let shown = masked(text, values)
      return shown == text ? document : .string(shown)
    case .array(let elements): return .array(elements.map { masked($0, values) })
    case .object(var object):
      for index in object.members.indices {
        object.members[index].value = masked(object.members[index].value, values)
        object.members[index].maskName(values)
      }
      return .object(object)
    }
  }
}

extension JSON.Object.Member {
  fileprivate mutating func maskName(_ values: [String]) {
    if name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }) { return }
    let shown = Secrets.masked(name, values)
    if shown != name { (name, literal) = (shown, nil) }
  }
}
