internal import Jobs
internal import TextWidth

/// Makes texts that jobs wrote fit to be shown: secret values masked, escapes and controls of terminals taken out.
struct ShownText: Sendable {
  /// Longest first.
  let secrets: [String]

  func callAsFunction(_ text: String) -> String { masked(text.withoutControls) }

  /// Masks alone, for names and paths that must stay exact.
  func masked(_ text: String) -> String { Secrets.masked(text, secrets) }

  func masked(_ text: String?) -> String? { text.map { masked($0) } }
}
