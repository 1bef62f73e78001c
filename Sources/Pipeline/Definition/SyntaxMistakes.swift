internal import Yams

/// What the YAML parser finds wrong, with the line where a person would mend it and what was expected there.
extension PipelineReader {
  mutating func noteSyntax(_ error: any Error, in yaml: String) {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _)?, .parser(let context, let problem, let mark, _)?,
      .composer(let context, let problem, let mark, _)?:
      if let context, context.text.contains("quoted scalar"), problem.contains("unexpected") {
        noteOpenQuote(context.mark.line)
      } else if case .parser? = error as? YamlError, let line = Self.lineOfOpenQuote(before: mark, in: yaml) {
        noteOpenQuote(line)
      } else if problem.contains("another document") {
        note(mark.line, "a second document begins here; expected one, with 'name' and 'stages'")
      } else {
        let whole = context.map(\.mark.line).flatMap { $0 < mark.line ? ", in what begins in line \($0)" : nil } ?? ""
        note(mark.line, "this is no YAML: \(problem)\(whole)\(Self.expectation(problem, at: mark, in: yaml))")
      }
    case .duplicatedKeysInMapping(let duplicates, let context)?:
      let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      note(context.mark.line, "the key \(names) stands twice; expected each key once")
    case .reader(_, _, let value, _)?:
      let before = yaml.unicodeScalars.prefix { $0.value != UInt32(bitPattern: value) }
      note(
        before.count { $0 == "\n" } + 1,
        "the character U+\(String(value, radix: 16, uppercase: true)) is none of a text; expected letters, signs and spaces"
      )
    default: note(1, "this is no YAML: \(error); expected 'name' and 'stages'")
    }
  }

  private mutating func noteOpenQuote(_ line: Int) {
    note(line, "a quote opens here that is not closed in this line; expected one at the end of the text, too")
  }

  /// The line of an open quote that the next one in the file has closed, where what that was to open stands at `mark`.
  private static func lineOfOpenQuote(before mark: Mark, in yaml: String) -> Int? {
    let lines = yaml.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    guard mark.line >= 1, mark.line <= lines.count else { return nil }
    let before = lines[mark.line - 1].prefix(mark.column - 1)
    guard let quote = before.last, quote == "\"" || quote == "'" else { return nil }
    if before.dropLast().contains(quote) { return nil }
    return lines.prefix(mark.line - 1).lastIndex { $0.contains(quote) }.map { $0 + 1 }
  }

  /// What was expected where the parser does not say so itself.
  private static func expectation(_ problem: String, at mark: Mark, in yaml: String) -> String {
    if problem.contains(" expected") { return "" }
    let lines = yaml.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    if mark.line <= lines.count, lines[mark.line - 1].dropFirst(mark.column - 1).first == "\t" {
      return "; expected spaces, no tab"
    }
    if problem.contains("cannot start any token") { return "; expected quotes around a text that begins so" }
    if problem.contains("mapping values are not allowed") {
      return "; expected the indent of the keys around it, and quotes around a text that holds ': '"
    }
    if problem.contains("alias") {
      return "; expected an anchor of that name before it, or quotes around a text that begins with '*'"
    }
    if problem.contains("escape character") { return "; expected single quotes, or two backslashes for one" }
    return "; expected 'key: value' pairs and lists, as cpwx.yaml(5) shows them"
  }
}
