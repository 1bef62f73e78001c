internal import ArgumentParser
internal import Glibc

/// When output is coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}

/// Colour with meaning: what is well, what failed, what is under way. Never the only bearer of it.
enum Style {
  /// Set once, from `--color`, before anything is written.
  nonisolated(unsafe) static var choice = ColorChoice.auto

  /// Whether nothing is to be read from place, colour or movement: for screen readers, and terminals that cannot more.
  /// Set once, like the colours.
  nonisolated(unsafe) static var isPlain = false

  /// A status in its colour.
  static func status(_ text: String) -> String { painted(text, as: text) }

  /// A text in the colour of a status.
  static func painted(_ text: String, as status: String) -> String {
    switch status {
    case "completed", "success", "ok", "good": painted(text, "32")
    case "failed", "damaged", "error": painted(text, "31")
    case "running": painted(text, "36")
    case "interrupted", "held", "given_up", "warning": painted(text, "33")
    default: text
    }
  }

  static func heading(_ text: String) -> String { painted(text, "1") }

  /// Whether standard output takes colours: a terminal, and NO_COLOR not set.
  static var isOn: Bool {
    if isPlain { return false }
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      if let wish = getenv("NO_COLOR"), wish.pointee != 0 { return false }
      return Console.outIsTerminal
    }
  }

  private static func painted(_ text: String, _ code: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
