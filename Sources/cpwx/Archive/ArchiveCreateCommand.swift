internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Pipeline
internal import SeekableTar

struct ArchiveCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Archive jobs: those that are named, or those that fit; cpwx archive alone does the same.",
    discussion: """
      For each job: lock it, write the archive beside its place, read it back from the disk and compare, give it its name, \
      look whether the job is as it was, and only then remove it. Killed at any moment, it goes on with the next run.

      Never archived are jobs that run. Those that can be resumed, that were restored, or that have changed since they were \
      archived, go only with --force, for jobs that are named, or whose status is named by --status: -n shows which those are, and \
      cpwx run --resume puts back any of them. With --older-than, one that was restored \
      counts as old from then, and goes when it is. The first Ctrl-C lets the jobs at hand finish, the second stops them; they \
      stay as they were.

      EXIT CODES
        0   all that was chosen is archived
        1   a job was kept back, or failed; the reason stands beside it
        74  the disk is full, or failed

      EXAMPLES
        cpwx archive --older-than 30d -n
        cpwx archive --older-than 30d --exclude '*.wav'
        cpwx archive --over 80%
        cpwx archive --redact 20251030-001
      Then see: cpwx archive list
      """)

  @Argument(
    help: .init("Jobs: ids, prefixes of ids, 'latest', or paths in jobs.", valueName: "job"))
  var jobs: [String] = []

  @Option(help: .init("Jobs that were completed so long ago, or before a date.", valueName: "30d"))
  var olderThan: String?

  @Option(help: .init("Archive the oldest jobs until no more of the disk is in use.", valueName: "80%"))
  var over: String?

  @Option(
    help: .init(
      "Choose jobs of these statuses: completed, failed, interrupted, pending, damaged. (default: completed)",
      valueName: "a,b"))
  var status: String?

  @Option(help: .init("Choose only jobs of this user.", valueName: "number"))
  var user: String?

  @Option(
    help: .init(
      "Leave out files of that name or path, also in folders of that name; more than once for more. "
        + "(default: ARCHIVE_EXCLUDE)", valueName: "glob"))
  var exclude: [String] = []

  @Flag(help: "Leave the jobs where they are.")
  var keep = false

  @Flag(
    help:
      "Make copies for sharing instead, JOB.redacted.tar.zst, with secrets masked in all text; what is no text stays as it is, and so do the jobs."
  )
  var redact = false

  @Flag(
    help:
      "Also jobs, named or chosen by --status, that could go on, were restored, or have changed since they were archived."
  )
  var force = false

  @Option(
    name: [.customShort("j"), .long], parsing: .unconditional,
    help: .init("Jobs at a time, 54 to 80 MB of memory each. (default: 2)", valueName: "n"))
  var parallel: Int?

  @Flag(
    name: [.customShort("n"), .long], help: "Show what would be archived, its size and what that saves, and do nothing."
  )
  var dryRun = false

  @OptionGroup var workOptions: WorkOptions

  func validate() throws {
    let isChoice = olderThan != nil || over != nil || status != nil || user != nil
    if jobs.isEmpty, !isChoice {
      throw ValidationError("Name jobs, or choose some: --older-than 30d, --over 80%, --status completed, --user 2.")
    }
    if !jobs.isEmpty, isChoice {
      throw ValidationError("Jobs that are named are chosen already: no --older-than, --over, --status or --user.")
    }
    if exclude.contains("") { throw ValidationError("--exclude takes a name or a pattern of files.") }
    if force, jobs.isEmpty, status == nil {
      throw ValidationError("--force is for jobs that are named, or chosen by --status.")
    }
    if let parallel, parallel < 1 { throw ValidationError("--parallel is a number from 1.") }
  }

  func run() async throws {
    let format = try workOptions.resolved()
    let request = try ArchiveRequest(self)
    let candidates = try request.candidates()
    if dryRun {
      let results = request.results(request.plan(candidates))
      results.listing().write(format)
      if format == .table { Console.hint(results.expectation) }
      if let status = results.exitStatus { throw status }
      return
    }
    let stop = try StopSource()
    let display = ArchiveDisplay(isQuiet: workOptions.quiet, jobs: candidates.count)
    let receipt = Signals.forward(to: stop) { level in
      display.say(
        level == .drain
          ? "Stopping after the jobs at hand; once more to stop them now. They stay as they are then."
          : "Stopping now. The jobs at hand stay as they were.")
    }
    let outcomes = request.run(candidates, stop: stop, display)
    display.close()
    let results = request.results(outcomes)
    results.listing().write(format)
    if !workOptions.quiet { Console.note(wrapping: results.summary) }
    if let status = receipt.exitStatus ?? results.exitStatus { throw status }
  }
}
