internal import Jobs
internal import Yams

/// Nodes of YAML as the values that were expected there; each that is none is noted as a mistake with its line.
extension PipelineReader {
  mutating func text(_ node: Node, _ subject: String) -> String? {
    if case .scalar(let scalar) = node, !isNothing(node) { return scalar.string }
    note(line(node), "\(subject) is \(isNothing(node) ? "nothing" : kind(node)); expected a text")
    return nil
  }

  mutating func whole(_ node: Node, _ subject: String, _ range: ClosedRange<Int>) -> Int? {
    if case .scalar(let scalar) = node, let value = Int(scalar.string), range.contains(value) { return value }
    note(
      line(node), "\(subject) is \(kind(node)); expected a whole number from \(range.lowerBound) to \(range.upperBound)"
    )
    return nil
  }

  mutating func decimal(_ node: Node, _ subject: String, _ range: ClosedRange<Double>) -> Double? {
    if case .scalar(let scalar) = node, let value = Double(scalar.string), range.contains(value) { return value }
    note(
      line(node), "\(subject) is \(kind(node)); expected a number from \(range.lowerBound) to \(Int(range.upperBound))")
    return nil
  }

  mutating func boolean(_ node: Node, _ subject: String) -> Bool? {
    if case .scalar(let scalar) = node, let value = parseSwitch(scalar.string) { return value }
    note(line(node), "\(subject) is \(kind(node)); expected true or false")
    return nil
  }

  mutating func duration(_ node: Node, _ subject: String) -> Double? {
    if case .scalar(let scalar) = node, let value = parseDuration(scalar.string), value > 0, value < 1e8 {
      return value
    }
    note(line(node), "\(subject) is \(kind(node)); expected a duration such as 90s, 10m or 4h, up to three years")
    return nil
  }

  mutating func size(_ node: Node, _ subject: String) -> Int? {
    if case .scalar(let scalar) = node, let value = parseSize(scalar.string), value > 0 { return value }
    note(line(node), "\(subject) is \(kind(node)); expected a size such as 512M or 4G")
    return nil
  }

  mutating func strings(_ node: Node, _ subject: String) -> [String]? {
    guard case .sequence(let sequence) = node else {
      note(line(node), "\(subject) is \(kind(node)); expected a list such as [one, two]")
      return nil
    }
    return sequence.compactMap { text($0, "an entry of \(subject)") }
  }

  mutating func templates(_ node: Node, _ subject: String) -> [String]? {
    guard let list = strings(node, subject) else { return nil }
    for entry in node.sequence ?? [] { checkPlaceholders(entry.scalar?.string ?? "", entry, subject) }
    return list
  }

  mutating func checkPlaceholders(_ template: String, _ node: Node, _ subject: String) {
    for name in Placeholders.used(in: template) where !Placeholders.names.contains(name) {
      let known = Placeholders.names.sorted().map { "{\($0)}" }.joined(separator: " ")
      note(
        line(node),
        "\(subject): '{\(name)}' is no placeholder\(hint(name, Array(Placeholders.names))); expected one of \(known), or {{\(name)}} for the text itself"
      )
    }
    if let name = Placeholders.open(in: template) {
      note(line(node), "\(subject): '{\(name)' is not closed; expected {\(name)}")
    }
  }

  /// - Parameter holdsNotes: keys that begin with `x-` are the file's own: places for what others refer to.
  mutating func mapping(
    _ node: Node, _ subject: String, keys: [String]?, holdsNotes: Bool = false
  ) -> [String: Node] {
    guard case .mapping(let mapping) = node else {
      note(line(node), "\(subject) is \(kind(node)); expected key: value pairs")
      return [:]
    }
    var result: [String: Node] = [:]
    for base in mapping.filter({ $0.key.string == Self.merge }).flatMap({ Self.entries($0.value) }) {
      // Of several, the first counts, and what stands here itself over all.
      result.merge(self.mapping(base, "\(subject): \(Self.merge)", keys: keys)) { first, _ in first }
    }
    for (key, value) in mapping where key.string != Self.merge {
      guard let name = key.string else {
        note(line(key), "\(subject): a key is \(kind(key)); expected a name")
        continue
      }
      if let keys, !keys.contains(name), !holdsNotes || !name.hasPrefix("x-") {
        note(
          line(key),
          "\(subject): unknown key '\(name)'\(hint(name, keys)); expected one of \(keys.joined(separator: ", "))")
      }
      // A key with nothing after it is as good as absent.
      result[name] = isNothing(value) ? nil : value
    }
    return result
  }

  /// The key that takes over the pairs of another mapping, or of several.
  private static let merge = "<<"

  private static func entries(_ node: Node) -> [Node] {
    if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
  }

  /// YAML's null: an empty value, `~` or `null` without quotes.
  func isNothing(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  mutating func note(_ line: Int, _ message: String) {
    mistakes.append(.init(line: line, message: message))
  }

  func line(_ node: Node) -> Int { node.mark?.line ?? 1 }

  /// Where the value of `key` stands; where there is none, as it was taken over, the line of the whole.
  func line(of key: String, in node: Node) -> Int { line(node.mapping?[key] ?? node) }

  func kind(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): "'\(scalar.string)'"
    case .mapping: "a set of key: value pairs"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  func hint(_ name: String, _ known: [String]) -> String {
    nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
  }
}
