internal import ArgumentParser
internal import Jobs

/// What can stand where a word is being typed.
struct Completion {
  struct Candidate {
    var value: String
    var description = ""
  }

  /// What the shell itself completes.
  enum Files {
    case folders
    /// With these endings; with any when there are none.
    case files([String])
  }

  private(set) var candidates: [Candidate] = []
  private(set) var files: Files?

  init(of typed: String, after line: CommandLineSoFar) {
    let values = CompletionValues(after: line)
    if let option = line.awaited, !(option.takesSeveral && typed.hasPrefix("-")) {
      take(values.of(option, typed: typed), beginning: typed)
    } else if typed.hasPrefix("-"), !line.endsOptions {
      if let equals = typed.firstIndex(of: "="), let option = line.option(String(typed[..<equals])) {
        take(values.of(option, typed: String(typed[typed.index(after: equals)...])), behind: typed[...equals], typed)
      } else {
        candidates = options(of: line).filter { $0.value.hasPrefix(typed) }
      }
    } else {
      let commands = line.subcommands.map {
        Candidate(value: $0.configuration.commandName ?? "", description: $0.configuration.abstract)
      }
      candidates = commands.filter { $0.value.hasPrefix(typed) }
      if let argument = line.nextPositional { take(values.of(argument, typed: typed), beginning: typed) }
    }
  }

  private mutating func take(_ found: (candidates: [Candidate], files: Files?), beginning typed: String) {
    candidates += found.candidates.filter { $0.value.hasPrefix(typed) }
    files = found.files
  }

  private mutating func take(
    _ found: (candidates: [Candidate], files: Files?), behind option: Substring, _ typed: String
  ) {
    candidates = found.candidates.map { Candidate(value: option + $0.value, description: $0.description) }
      .filter { $0.value.hasPrefix(typed) }
    files = found.files
  }

  /// By their long names; what has been given and stands once is not offered again.
  private func options(of line: CommandLineSoFar) -> [Candidate] {
    line.arguments.filter { !$0.isPositional && ($0.isRepeating || !$0.names.contains { line.given[$0] != nil }) }
      .compactMap { argument in
        (argument.names.first { $0.hasPrefix("--") } ?? argument.names.first).map {
          Candidate(value: $0, description: argument.description)
        }
      }
  }
}
