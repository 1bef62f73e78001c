internal import ArgumentParser
internal import Index
internal import Jobs
internal import Migration
internal import SystemPackage

struct MigrateUndoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Put back what a migration changed: every byte, name, mode, time and link.",
    discussion: """
      Each call takes back one migration, the last that is not taken back yet: where one could not do all and a later \
      one did the rest, that is two calls. One that was cut off and then went on is a single one.

      Jobs that have been run, changed, archived or removed since stay as they are, and are named with the reason; the \
      exit code is then 1. The numbers of the jobs are not given again.

      EXAMPLES
        cpwx migrate undo
        cpwx migrate undo m002
      Then see: cpwx migrate status
      """)

  @Argument(
    help: .init("A migration, as cpwx migrate status names it; the last one by default.", valueName: "migration"))
  var migration: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func run() async throws {
    returnFreedLists()
    Interruption.endsQuietly()
    let workspace = try workspaceOptions.open()
    let migrator = try Migrator(workspace)
    let journal = try journal(in: workspace)
    let isLive = Console.errorIsTerminal && !workspaceOptions.quiet
    let outcome = try migrator.undo(journal, tell: { Console.error($0) }) { done, all in
      if isLive { Console.drawLine("\(done) of \(all) trees put back") }
    }
    if isLive { Console.eraseLine() }
    if exists(workspace.stateFolder.appending("index.sqlite")) {
      _ = try Reindex(of: workspace).run(notice: .console)
    }
    for (path, reason) in outcome.refused { Console.error("\(path): was not put back: \(reason)") }
    for (path, error, _) in outcome.failures { Console.error("\(path): was not put back. \(error)") }
    for (path, error) in outcome.outdated { Console.error("\(path): points to what has moved. \(error)") }
    if !workspaceOptions.quiet { Console.note(wrapping: "\(journal.id): \(outcome.done) put back.") }
    if !outcome.refused.isEmpty || !outcome.failures.isEmpty || !outcome.outdated.isEmpty {
      throw ExitStatus.someFailed
    }
  }

  private func journal(in workspace: Workspace) throws -> MigrationJournal {
    let all = try MigrationJournal.all(in: workspace)
    if let migration {
      guard let named = all.first(where: { $0.id == migration }) else {
        throw JobError(
          .usage, migration, "no such migration.\(didYouMean(migration, among: all.map(\.id)))",
          remedy: "See them with: cpwx migrate status")
      }
      if named.state == .undone { throw JobError(.usage, migration, "is undone already") }
      return named
    }
    guard let last = all.last(where: { $0.state != .undone }) else {
      throw JobError(.usage, "migrate undo", "there is no migration that could be undone")
    }
    return last
  }
}
