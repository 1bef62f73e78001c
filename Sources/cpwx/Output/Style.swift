internal import ArgumentParser
internal import Jobs
internal import Synchronization

/// When output is coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}

/// Colour with meaning: what is well, what failed, what is under way. Never the only bearer of it.
enum Style {
  private static let wish = Mutex((color: ColorChoice.auto, isPlain: false))

  /// Set once, from `--color`, before anything is written.
  static var choice: ColorChoice {
    get { wish.withLock { $0.color } }
    set { wish.withLock { $0.color = newValue } }
  }

  /// Whether nothing is to be read from place, colour or movement: for screen readers, and terminals that cannot more.
  /// Set once, like the colours.
  static var isPlain: Bool {
    get { wish.withLock { $0.isPlain } }
    set { wish.withLock { $0.isPlain = newValue } }
  }

  /// A status in its colour.
  static func status(_ text: String) -> String { painted(text, as: text) }

  /// A text in the colour of a status.
  static func painted(_ text: String, as status: String) -> String { painted(text, code(of: status), isOn) }

  /// A line for standard error, with one word of it in the colour of a status.
  ///
  /// - Parameter word: with what surrounds it, where it might stand elsewhere too; that keeps its colour.
  static func marked(_ line: String, _ word: String, as status: String) -> String {
    guard let place = line.firstRange(of: word) else { return line }
    let found = line[place]
    let letters = found.drop { !$0.isLetter && !$0.isNumber }
    let inner = letters.startIndex..<(letters.lastIndex(where: \.isLetter).map(found.index(after:)) ?? letters.endIndex)
    return line[..<inner.lowerBound] + painted(String(line[inner]), code(of: status), isOnForErrors)
      + line[inner.upperBound...]
  }

  static func heading(_ text: String) -> String { painted(text, "1", isOn) }

  private static func code(of status: String) -> String? {
    switch status {
    case "completed", "success", "ok", "good": "32"
    case "failed", "damaged", "error": "31"
    case "running": "36"
    case "interrupted", "held", "given_up", "warning": "33"
    default: nil
    }
  }

  /// Whether standard output takes colours: a terminal, and NO_COLOR not set.
  static var isOn: Bool { takesColours { Console.outIsTerminal } }
  private static var isOnForErrors: Bool { takesColours { Console.errorIsTerminal } }

  private static func takesColours(_ isTerminal: () -> Bool) -> Bool {
    if isPlain { return false }
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      return environmentVariable("NO_COLOR")?.nonEmpty == nil && isTerminal()
    }
  }

  private static func painted(_ text: String, _ code: String?, _ isOn: Bool) -> String {
    guard isOn, !text.isEmpty, let code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
