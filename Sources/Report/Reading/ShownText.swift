internal import Jobs
internal import TextWidth

/// Makes texts that jobs wrote fit to be shown: secret values masked, escapes and controls of terminals taken out.
struct ShownText: Sendable {
  /// Longest first.
  let secrets: [String]

  /// Both as it is written and as it is shown: a secret may hold a tab, and colours may stand within one.
  func callAsFunction(_ text: String) -> String { masked(masked(text).withoutControls) }

  /// Masks alone, for names and paths that must stay exact.
  func masked(_ text: String) -> String { Secrets.masked(text, secrets) }

  func masked(_ text: String?) -> String? { text.map { masked($0) } }
}
