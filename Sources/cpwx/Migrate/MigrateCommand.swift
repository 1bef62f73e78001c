internal import ArgumentParser

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Move trees of older layouts into the dated one, losing nothing.",
    discussion: """
      EXAMPLES
        cpwx migrate --from-legacy -n         show what would be done, and do nothing
        cpwx migrate --from-legacy            do it; a run that was cut off goes on
        cpwx migrate undo                     put every byte, name and time back
      Then see: cpwx migrate run for its options, cpwx migrate status
      """,
    subcommands: [MigrateRunCommand.self, MigrateStatusCommand.self, MigrateUndoCommand.self],
    defaultSubcommand: MigrateRunCommand.self)
}
