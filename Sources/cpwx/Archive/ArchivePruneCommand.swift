internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs

struct ArchivePruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove archives that no rule keeps. Only shows what would go, unless --yes is given.",
    discussion: """
      The rules are those of backups: what any of them keeps stays. An archive's age is that of its job's completion. An \
      archive that is the only copy of its job goes only when the job is named as well; its number is never given again, \
      and a run over its film makes a new job of it. The job's folder counts as another copy when it holds all that is in \
      the archive. Copies for sharing count for no rule, and go only when their job, or their file, is named.

      EXAMPLES
        cpwx archive prune --keep-last 100 --keep-monthly 12
        cpwx archive prune --older-than 2y --yes 20231030-001 20231030-002
        cpwx archive prune 20231030-001
      Then see: cpwx archive list
      """)

  @Argument(
    help: .init(
      "Jobs whose archives may go though they are the only copies; or the paths of archives, of which only that file goes.",
      valueName: "job"))
  var jobs: [String] = []

  @Option(parsing: .unconditional, help: .init("Keep the newest so many.", valueName: "n"))
  var keepLast: Int?

  @Option(
    parsing: .unconditional,
    help: .init("Keep the newest of each of the last so many days that have any.", valueName: "n"))
  var keepDaily: Int?

  @Option(parsing: .unconditional, help: .init("The same for weeks,", valueName: "n"))
  var keepWeekly: Int?

  @Option(parsing: .unconditional, help: .init("months,", valueName: "n"))
  var keepMonthly: Int?

  @Option(parsing: .unconditional, help: .init("and years.", valueName: "n"))
  var keepYearly: Int?

  @Option(help: .init("Leave alone what is younger: an age, or a date.", valueName: "2y"))
  var olderThan: String?

  @Flag(name: [.short, .long], help: "Do it.")
  var yes = false

  @Flag(name: [.customShort("n"), .long], help: "Only show what would go, as without --yes.")
  var dryRun = false

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func validate() throws {
    let counts = [keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly].compactMap { $0 }
    if counts.contains(where: { $0 < 0 }) { throw ValidationError("What is kept is a number from 0.") }
    if counts.isEmpty, olderThan == nil, jobs.isEmpty {
      throw ValidationError("Give a rule, as in --keep-last 100 or --older-than 2y, or name jobs.")
    }
  }

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    var rules = RetentionRules()
    (rules.last, rules.daily, rules.weekly) = (keepLast, keepDaily, keepWeekly)
    (rules.monthly, rules.yearly) = (keepMonthly, keepYearly)
    rules.before = try olderThan.map { try momentOption($0, "--older-than") }
    let named = Set(try jobs.map { try self.named($0, in: workspace) })
    let archives = try JobIndex.look(in: workspace, notice: .console) { try $0.archives() }
    let pruning = ArchivePruning(in: workspace, rules, named: named)
    var outcomes = pruning.plan(archives)
    if yes, !dryRun {
      ArchiveRecovery.run(in: workspace) { Console.error("\($0)") }
      outcomes = pruning.run(outcomes)
      try JobIndex.look(in: workspace, notice: .console) { try $0.refresh() }
    }
    let secrets = workspace.secrets(outer: processEnvironment())
    Listing(
      rows: outcomes.map {
        ArchiveColumns.row(Secrets.masked(document($0, in: workspace), secrets), of: $0.archive, format)
      },
      columns: [
        .init("JOB", key: "job_id"), .init("STATUS", key: "status"),
        .init("DATE") { String(($0["date"]?.string ?? "").prefix(10)) }.dispensable(2), ArchiveColumns.age,
        .init("ARCHIVE") { $0["archive_bytes"]?.int.map(describeSize) ?? "" }.dispensable(3),
        .init("TITLE", key: "title", isFlexible: true).dispensable(1), .reason { plain($0["reason"] ?? .null) },
      ],
      keys: RowKeys.prunedArchive
    ).write(format)
    if format == .table { Console.hint(summary(outcomes)) }
    let codes = Set(outcomes.compactMap { $0.error.map { ExitStatus($0).rawValue } })
    if let status = ExitStatus(sharedBy: codes) { throw status }
  }

  /// The folder of a job, or the path of an archive.
  private func named(_ name: String, in workspace: Workspace) throws -> String {
    guard name.hasSuffix(".tar.zst") else { return try workspace.job(named: name).folder }
    let file = try ArchiveFile(named: name, in: { workspace }, notice: .console)
    if let archive = file.indexed { return archive.path }
    throw JobError(
      .usage, name, "is no job's archive of this workspace", remedy: "See which there are with: cpwx archive list")
  }

  private func document(_ outcome: ArchivePruning.Outcome, in workspace: Workspace) -> JSON {
    var document = outcome.archive.document(in: workspace)
    (document["status"], document["reason"]) = (.string(outcome.status.rawValue), .string(outcome.reason))
    document["only_copy"] = .bool(outcome.isOnlyCopy)
    return document
  }

  private func summary(_ outcomes: [ArchivePruning.Outcome]) -> String {
    func size(_ status: ArchivePruning.Outcome.Status) -> (Int, String) {
      let those = outcomes.filter { $0.status == status }
      return (those.count, describeSize(those.reduce(0) { $0 + $1.archive.archiveBytes }))
    }
    let (removed, freed) = size(.removed)
    if yes, !dryRun { return "\(removed) removed, \(freed) freed." }
    let (planned, toFree) = size(.planned)
    if planned == 0 { return "Nothing to do: no archive would go." }
    return "\(planned == 1 ? "1 archive" : "\(planned) archives") would go, and free \(toFree). To do it: --yes"
  }
}
