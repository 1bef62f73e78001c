internal import ArgumentParser
internal import Jobs
internal import Migration
internal import SystemPackage

struct MigrateRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Plan and carry out a migration.",
    discussion: """
      Every directory in out/ is told by what lies in it: its film, how far it came, when it was made. Jobs get an id \
      in the order of their days and move to out/Y/M/D/USER/ID; what is no job stays. Logs move along, embedded names \
      and links follow, the old manifest is kept beside the new one. Nothing is ever replaced, and everything can be \
      undone. Killed at any moment, the next run goes on where it stopped.

      EXIT CODES
        1   something needs a person; of a dry run, too
        64  nothing fits --only
        74  the disk is full
        75  another migration is at work

      EXAMPLES
        cpwx migrate --from-legacy -n --format json | jq '.entries[].problems'
        cpwx migrate --from-legacy /srv/old --user 2 --exclude '*_test'
      Then see: cpwx migrate status, cpwx job list
      """)

  @Flag(help: "Look for trees of every older layout. Required, so that nothing is moved by mistake.")
  var fromLegacy = false

  @Argument(
    help: .init("A folder with out/ in it, or such an out/ itself; the workspace's by default.", valueName: "dir"))
  var folder: String?

  @Flag(name: [.customShort("n"), .long], help: "Show the plan, and change nothing.")
  var dryRun = false

  @Option(
    parsing: .unconditional,
    help: .init(
      "Whose the jobs are whose trees do not say. (default: USER_ID of config/.env, else 1)", valueName: "number"))
  var user: Int?

  @Option(help: .init("Only entries that fit this shell pattern, by name or path; may be repeated.", valueName: "glob"))
  var only: [String] = []

  @Option(help: .init("No entries that fit this shell pattern; may be repeated.", valueName: "glob"))
  var exclude: [String] = []

  @Option(
    help: .init(
      "What tells the date: manifest, log or newest_file. (default: the first that does)", valueName: "source"))
  var dateFrom: String?

  @Flag(help: "Open the plan in $VISUAL or $EDITOR before it runs.")
  var edit = false

  @OptionGroup var workOptions: WorkOptions

  func validate() throws {
    if !fromLegacy { throw ValidationError("Say --from-legacy, or -n with it to see what would be done.") }
    if edit, dryRun {
      throw ValidationError("--edit opens a plan that is then run: leave out -n, or --edit to see the plan alone.")
    }
    if let user, !JobManager.userIDs.contains(user) { throw ValidationError("--user is a number from 1.") }
    if let dateFrom, !MigrationOptions.dateSources.contains(dateFrom) {
      throw ValidationError(
        "'\(dateFrom)' tells no date.\(didYouMean(dateFrom, among: MigrationOptions.dateSources)) "
          + "Expected: \(MigrationOptions.dateSources.joined(separator: ", "))")
    }
  }

  func run() async throws {
    Interruption.endsQuietly()
    let request = try MigrationRequest(self)
    if dryRun { return try request.show() }
    try request.run()
  }
}
