/// The values that stand for `{name}` in commands and paths.
///
/// A placeholder never splits an argument. `{name?}` as a whole argument is left out when there is no value, elsewhere
/// it is empty. Braces are themselves when they hold no lower-case name, and after a dollar sign (`${x}` is the shell's);
/// `{{name}}` stands for `{name}`.
public struct Placeholders: Sendable {
  /// What may stand between the braces.
  public static let names: Set<String> = [
    "input", "input_dir", "input_name", "input_stem", "job_dir", "job_name", "log_dir", "title", "year", "config",
    "job_id", "user_id", "stage", "workspace",
  ]

  private let values: [String: String]

  public init(_ values: [String: String]) { self.values = values }

  /// `template` with its placeholders filled in; `nil` when it is one optional placeholder without a value.
  public func expand(_ template: String) -> String? {
    var result = ""
    for piece in Self.pieces(of: template) {
      switch piece {
      case .text(let text): result += text
      case .placeholder(let name, let optional):
        let value = values[name] ?? ""
        if optional, value.isEmpty, template == "{\(name)?}" { return nil }
        result += value
      }
    }
    return result
  }

  /// An argument vector, filled in.
  public func expand(_ templates: [String]) -> [String] { templates.compactMap { expand($0) } }

  /// The placeholders that `template` uses, known or not.
  public static func used(in template: String) -> [String] {
    pieces(of: template).compactMap { piece in
      if case .placeholder(let name, _) = piece { name } else { nil }
    }
  }

  /// The name of a placeholder that `template` ends in, or has before a slash, and that is not closed.
  static func open(in template: String) -> String? {
    template.split(separator: "{", omittingEmptySubsequences: false).dropFirst().lazy
      .map { String($0.prefix { $0 != "/" }) }.first { names.contains($0) }
  }

  private enum Piece {
    case text(String)
    case placeholder(name: String, optional: Bool)
  }

  private static func pieces(of template: String) -> [Piece] {
    var pieces: [Piece] = []
    var text = ""
    var rest = template[...]
    while let character = rest.popFirst() {
      if character == "{", let length = doubled(rest) {
        text += "{" + rest.dropFirst().prefix(length - 2)
        rest = rest.dropFirst(length)
      } else if character == "{", text.last != "$", let (name, optional, length) = placeholder(rest) {
        if !text.isEmpty { pieces.append(.text(text)) }
        text = ""
        pieces.append(.placeholder(name: name, optional: optional))
        rest = rest.dropFirst(length)
      } else {
        text.append(character)
      }
    }
    if !text.isEmpty { pieces.append(.text(text)) }
    return pieces
  }

  /// How long what follows the first brace of `{{name}}` is; `nil` for all else.
  private static func doubled(_ rest: Substring) -> Int? {
    guard rest.first == "{", let (_, _, length) = placeholder(rest.dropFirst()) else { return nil }
    return rest.dropFirst(1 + length).first == "}" ? length + 2 : nil
  }

  private static func placeholder(_ rest: Substring) -> (name: String, optional: Bool, length: Int)? {
    let name = rest.prefix { ("a"..."z").contains($0) || $0 == "_" }
    let optional = rest.dropFirst(name.count).first == "?"
    let length = name.count + (optional ? 2 : 1)
    guard !name.isEmpty, rest.dropFirst(length - 1).first == "}" else { return nil }
    return (String(name), optional, length)
  }
}
