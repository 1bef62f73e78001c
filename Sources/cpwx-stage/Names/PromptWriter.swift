/// Writes initial prompts for whisper: the film's title, then names as a speaker would say them.
enum PromptWriter {
  /// Whisper reads 224 tokens and keeps the last of a longer prompt; with this many nothing is cut.
  static let mostTokens = 190

  /// - Parameter names: the most important first; those that no longer fit are left out.
  /// - Returns: `nil` when nothing is known.
  static func prompt(title: String?, year: Int?, names: [String]) -> String? {
    var text = ""
    if let title = title.map({ singleLine($0) }), !title.isEmpty, tokens(title) < mostTokens {
      text = title + (year.map { " (\($0))" } ?? "") + "."
    }
    var seen: Set<String> = []
    var listed: [String] = []
    var used = tokens(text)
    for name in names.map({ singleLine($0) }) where !name.isEmpty && seen.insert(name.lowercased()).inserted {
      let cost = tokens(name) + 1
      guard used + cost <= mostTokens else { continue }
      used += cost
      listed.append(name)
    }
    if !listed.isEmpty { text += (text.isEmpty ? "" : " ") + listed.joined(separator: ", ") + "." }
    return text.isEmpty ? nil : text
  }

  /// About how many of whisper's tokens a text takes, rather too many: three Latin letters make one, a letter of
  /// another script up to two.
  static func tokens(_ text: String) -> Int {
    let thirds = text.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : 6) }
    return (thirds + 2) / 3
  }

  private static func singleLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
