internal import ArgumentParser
internal import Jobs
internal import Migration

struct MigrateStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "List the migrations of a workspace, and how far each has come.",
    discussion: """
      EXAMPLES
        cpwx migrate status
        cpwx migrate status --format json | jq '.[-1].state'
      Then see: cpwx migrate undo
      """)

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let rows = try MigrationJournal.all(in: workspace).map(\.document)
    Listing(
      rows: rows,
      columns: [
        .init("MIGRATION", key: "migration_id"), .init("STATE", key: "state"),
        .init("PLANNED") { JobColumns.moment($0["planned_at"]?.string ?? "", nil) }.dispensable(4),
        .init("AGE") { JobColumns.age($0["planned_at"]?.string ?? "", nil) ?? "" }.extra,
        .init("ENTRIES", key: "entries").dispensable(3), .init("TO DO", key: "to_do").dispensable(2),
        .init("DONE", key: "done"), .init("FAILED", key: "failed"), .init("UNDONE", key: "undone").dispensable(1),
      ],
      keys: RowKeys.migration
    ).write(
      try formatOptions.resolved(), orSay: "Nothing was migrated here. See what could be: cpwx migrate --from-legacy -n"
    )
  }
}
