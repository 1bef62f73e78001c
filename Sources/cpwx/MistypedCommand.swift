internal import ArgumentParser
internal import Jobs

/// A word that names no command, where one could have stood.
struct MistypedCommand {
  /// The command that was probably meant: `cpwx job list`.
  let meant: String

  init?(_ arguments: some Sequence<String>) {
    var command: any ParsableCommand.Type = CPWX.self
    var path = ["cpwx"]
    for word in arguments where word != "help" {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || word.hasPrefix("-") { return nil }
      if let next = subcommands.first(where: { $0.configuration.commandName == word }) {
        command = next
        path.append(word)
        continue
      }
      let known = command.shownSubcommands.compactMap { $0.configuration.commandName }
      guard let near = nearest(word, among: known) else { return nil }
      meant = (path + [near]).joined(separator: " ")
      return
    }
    return nil
  }
}

extension ParsableCommand {
  /// The subcommands that help tells of.
  static var shownSubcommands: [any ParsableCommand.Type] {
    configuration.subcommands.filter { $0.configuration.shouldDisplay }
  }
}
