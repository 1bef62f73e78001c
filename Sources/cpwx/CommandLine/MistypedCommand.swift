internal import ArgumentParser
internal import Jobs

/// A word that names no command, where one could have stood.
struct MistypedCommand {
  let word: String
  /// The command that was probably meant: `cpwx job list`.
  let meant: String?

  init?(_ arguments: [String]) {
    let arguments = arguments.filter { $0 != "help" }
    let path = CommandPath(arguments)
    guard arguments.count > path.words.count, !path.command.configuration.subcommands.isEmpty else { return nil }
    word = arguments[path.words.count]
    if word.hasPrefix("-") { return nil }
    meant = Self.near(word, below: path.command).map { (["cpwx"] + path.words + $0).joined(separator: " ") }
  }

  /// What other programs call it.
  private static let otherNames = [
    "ls": "list", "remove": "rm", "delete": "rm", "log": "logs", "info": "show", "check": "doctor", "unpack": "extract",
  ]

  private static func near(_ word: String, below command: any ParsableCommand.Type) -> [String]? {
    let known = names(command)
    if let near = nearestOrBegun(word, among: known) { return [near] }
    let other = otherNames[word] ?? word
    if known.contains(other) { return [other] }
    // Whoever leaves out the noun.
    let group = command.shownSubcommands.first { names($0).contains(other) }
    return group?.configuration.commandName.map { [$0, other] }
  }

  private static func names(_ command: any ParsableCommand.Type) -> [String] {
    command.shownSubcommands.compactMap { $0.configuration.commandName }
  }
}
