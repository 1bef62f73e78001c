internal import ArgumentParser

/// The words at the beginning of a command line that name a command.
struct CommandPath {
  private(set) var command: any ParsableCommand.Type = CPWX.self
  private(set) var words: [String] = []

  init(_ arguments: some Sequence<String>) {
    for word in arguments {
      guard let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == word })
      else { return }
      command = next
      words.append(word)
    }
  }
}

extension ParsableCommand {
  /// The subcommands that help tells of.
  static var shownSubcommands: [any ParsableCommand.Type] {
    configuration.subcommands.filter { $0.configuration.shouldDisplay }
  }
}
