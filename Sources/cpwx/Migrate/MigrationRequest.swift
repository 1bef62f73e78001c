internal import Index
internal import Jobs
internal import Migration
internal import SystemPackage

/// What a `cpwx migrate --from-legacy` is about.
struct MigrationRequest {
  private let workspace: Workspace
  private let trees: OldTrees
  /// As it was given.
  private let folder: String?
  private let options: MigrationOptions
  private let format: OutputFormat
  private let isQuiet: Bool
  private let edits: Bool

  /// - Throws: ``JobError``.
  init(_ command: MigrateRunCommand) throws {
    returnFreedLists()
    workspace = try command.workOptions.open()
    folder = command.folder
    trees = try OldTrees(command.folder.map { FilePath($0) }, in: workspace)
    options = MigrationOptions(
      user: try command.user ?? workspace.configuredUser, only: command.only, exclude: command.exclude,
      dateFrom: command.dateFrom)
    format = try command.workOptions.resolved()
    (isQuiet, edits) = (command.workOptions.quiet, command.edit)
  }

  private var isLive: Bool { Console.errorIsTerminal && !isQuiet }

  /// Shows what would be done: of a migration that was cut off, its own plan.
  func show() throws {
    let output = MigrationOutput(format)
    var isUnread = false
    if let begun = try Migrator.unfinished(in: workspace) {
      Console.note(wrapping: "\(begun.id) was cut off; this is its plan, and a run finishes it first.")
      try begun.forEach(preparing: output.rows) { output.write($0) }
      output.end(begun.id)
      isUnread = begun.hasFailures || !begun.unread.isEmpty
    } else {
      // What is written is in no table.
      let plan = try plan(isShownOnly: format == .table)
      try plan.forEach(preparing: output.rows) { output.write($0) }
      output.end(nil)
      isUnread = !plan.unread.isEmpty
    }
    if !isQuiet { Console.note(wrapping: output.summary(done: nil)) }
    if output.heldBack > 0 || isUnread { throw ExitStatus.someFailed }
  }

  private func plan(_ edited: [String: PlanEdit]? = nil, isShownOnly: Bool = false) throws -> MigrationPlan {
    let plan = try MigrationPlan(
      of: trees, in: workspace, options: options, edits: edited, isShownOnly: isShownOnly
    ) { done, all in
      if isLive { Console.drawLine("\(done) of \(all) trees read") }
    }
    if isLive { Console.eraseLine() }
    for error in plan.unread { Console.error(error.description) }
    if plan.isOfNothing, plan.unread.isEmpty { try tellOfNothing() }
    return plan
  }

  /// A pattern that fits nothing is mistyped, unless it is what was migrated before: asking for that twice is no mistake.
  ///
  /// - Throws: ``JobError`` with code `usage`.
  private func tellOfNothing() throws {
    if options.only.isEmpty { return Console.error("nothing is left that --exclude does not fit") }
    guard try Migrator.hasMigrated(options, in: workspace) else {
      let place = folder.map { " '\($0)'" } ?? ""
      throw JobError(
        .usage, "--only \(options.only.joined(separator: ", "))", "fits nothing that is there",
        remedy: "Nothing was changed. See what is there: cpwx migrate --from-legacy -n\(place)")
    }
    Console.error("what --only fits has been migrated already")
  }

  /// Finishes what was cut off, then does what is left to do.
  func run() throws {
    let migrator = try Migrator(workspace)
    let output = MigrationOutput(format)
    guard let (journal, isUnread) = try begin(migrator, output) else { return }
    // Shown when it is written down, and nobody waits for who reads it.
    try journal.forEach(preparing: output.rows) { output.write($0) }
    let outcome = try migrator.run(journal, trees: trees, tell: { Console.error($0) }) { done, all in
      if isLive { Console.drawLine("\(done) of \(all) trees moved") }
    }
    if isLive { Console.eraseLine() }
    do {
      try migrator.tellIndex(of: journal, notice: isQuiet ? IndexNotice { Console.error($0) } : .console)
    } catch {
      Console.error("the index could not be written (\(error)); the next look at it brings it up to date")
    }
    output.end(journal.id)
    for (path, error, isBack) in outcome.failures {
      Console.error("\(path): \(isBack ? "stays where it is" : "could not be finished, nor put back"). \(error)")
    }
    for (path, error) in outcome.outdated { Console.error("\(path): points to what has moved. \(error)") }
    if !isQuiet {
      Console.note(wrapping: "\(journal.id): " + output.summary(done: outcome.done, failed: outcome.failures.count))
      Console.note("To put everything back: cpwx migrate undo \(journal.id)")
    }
    if !outcome.failures.isEmpty || !outcome.outdated.isEmpty || output.heldBack > 0 || isUnread {
      throw ExitStatus.someFailed
    }
  }

  /// A migration that was cut off, and whether a part of its trees could not be read.
  private func unfinished() throws -> (MigrationJournal, isUnread: Bool)? {
    guard let begun = try Migrator.unfinished(in: workspace) else { return nil }
    guard begun.state == .unfinished else {
      throw JobError(
        .locked, begun.id, "the undoing of this migration was cut off",
        remedy: "Finish it first: cpwx migrate undo \(begun.id)")
    }
    if !isQuiet {
      let what = "was cut off, and goes on with the plan and the settings that it was begun with"
      Console.note(wrapping: "\(begun.id) \(what). For what else there is, run this again.")
    }
    for error in begun.unread { Console.error(error.description) }
    return (begun, !begun.unread.isEmpty)
  }

  /// The migration that was cut off, or else a new one, written down; and whether a part of its trees could not be read.
  ///
  /// - Returns: `nil` where nothing is to be migrated; the plan is then shown.
  private func begin(
    _ migrator: borrowing Migrator, _ output: MigrationOutput
  ) throws -> (MigrationJournal, isUnread: Bool)? {
    if let begun = try unfinished() { return begun }
    let plan = edits ? try plan(PlanEditor().edit(try plan(isShownOnly: true))) : try plan()
    let isUnread = !plan.unread.isEmpty
    guard plan.migrated > 0 else {
      try plan.forEach(preparing: output.rows) { output.write($0) }
      output.end(nil)
      if !isQuiet { Console.note(wrapping: output.summary(done: nil)) }
      if output.heldBack > 0 || isUnread { throw ExitStatus.someFailed }
      return nil
    }
    if !isQuiet {
      for id in try MigrationJournal.neverBegun(in: workspace) {
        Console.note(
          wrapping:
            "\(id) was cut off while its plan was written. Nothing had been done of it; this one takes its place.")
      }
    }
    return (try migrator.begin(plan, renumbered: tellOfNumbers), isUnread)
  }

  private func tellOfNumbers(_ count: Int) {
    let what = count == 1 ? "1 tree gets another number" : "\(count) trees get other numbers"
    Console.error("\(what): jobs were made while the plan was")
  }
}
