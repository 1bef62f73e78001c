internal import ArgumentParser
internal import Jobs
internal import TextWidth

/// What the scripts in completions/ ask, each time that Tab is pressed.
///
/// A line a candidate: its value and, where the shell shows it, a tab and what it is. Lines that begin with a tab ask the
/// shell for `files`, with the endings that are meant, or `folders`.
struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Say what can follow on a command line; the shells' completions ask it.",
    shouldDisplay: false)

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish
  }

  @Argument(help: "Who asks.")
  var shell: Shell

  @Argument(parsing: .captureForPassthrough, help: "The words up to the cursor, as they are typed.")
  var words: [String] = []

  func run() {
    var words = words.map { ShellWord($0).text }
    if shell == .bash { words = ShellWord.joinedAtEquals(words) }
    guard words.count > 1, let typed = words.last else { return }
    let line = CommandLineSoFar(words.dropFirst().dropLast())
    let completion = Completion(of: typed, after: line)
    // Of a word with an equals sign bash takes what follows it for the word.
    let skipped = shell == .bash ? typed.lastIndex(of: "=").map { typed[...$0].count } ?? 0 : 0
    var text = ""
    for candidate in completion.candidates {
      let value = candidate.value.dropFirst(skipped)
      let description = shell == .bash ? "" : candidate.description.onOneLineOfCompletion
      text += description.isEmpty ? "\(value)\n" : "\(value)\t\(description)\n"
    }
    switch completion.files {
    case nil: break
    case .folders?: text += "\tfolders\n"
    case .files(let endings)?: text += "\t" + (["files"] + endings).joined(separator: " ") + "\n"
    }
    Console.out(raw: Array(text.utf8))
  }
}

/// A word as it stands on a command line, without what only the shell takes from it.
private struct ShellWord {
  let text: String

  init(_ typed: String) {
    var text = ""
    var quote: Character?
    var isEscaped = false
    for character in typed {
      if isEscaped {
        text.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      } else {
        text.append(character)
      }
    }
    if text.hasPrefix("~/"), let home = processEnvironment()["HOME"] { text = home + text.dropFirst() }
    self.text = text
  }

  /// Bash breaks words at `=`.
  static func joinedAtEquals(_ words: [String]) -> [String] {
    var joined: [String] = []
    for word in words {
      if let last = joined.last, joined.count > 1, word == "=" || last.hasSuffix("=") {
        joined[joined.count - 1] = last + word
      } else {
        joined.append(word)
      }
    }
    return joined
  }
}

extension String {
  /// Short, and without what would break the protocol's lines.
  fileprivate var onOneLineOfCompletion: String {
    String(map { $0.isNewline || $0 == "\t" ? " " : $0 }).withoutControls.fitting(60)
  }
}
