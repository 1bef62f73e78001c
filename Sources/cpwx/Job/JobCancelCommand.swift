internal import ArgumentParser
internal import Jobs

struct JobCancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Stop jobs, and have no run go on with them until it is asked to.",
    discussion: """
      The stage that runs gets TERM, its grace time and then KILL, and so does everything that it has started; its container \
      is removed. Finished stages stay finished. The batch goes on with its other films. A job that waits for its turn is \
      not begun; one that waits in a cluster's queue leaves it. A run on another machine that shares the workspace is \
      asked to stop as one here is.

      No run takes the job up again but one that names it (cpwx run --resume JOB) or its film, or tries all again that was \
      given up (--retry-failed). A completed job is left as it is.

      Ctrl-C ends the waiting; what was asked to stop stops all the same.

      EXAMPLES
        cpwx job cancel latest
        cpwx job cancel --dry-run 20251030-001 20251030-002
      Then see: cpwx job why JOB, cpwx run --resume JOB
      """)

  @Argument(help: .init("Ids, prefixes of ids, 'latest', or paths in jobs.", valueName: "job"))
  var jobs: [String]

  @Flag(name: [.customShort("n"), .long], help: "Show what would be stopped or not be begun, and do nothing.")
  var dryRun = false

  @Flag(help: "Ask jobs that run to stop, and leave before they have.")
  var noWait = false

  @OptionGroup var workOptions: WorkOptions

  func run() async throws {
    let format = try workOptions.resolved()
    let request = try CancelRequest(jobs, in: workOptions.open()) { [quiet = workOptions.quiet] text in
      if !quiet { Console.note(wrapping: text) }
    }
    if dryRun { return request.outlook().listing().write(format) }
    // A wish that was made stands, whatever becomes of this program.
    Interruption.endsQuietly()
    let results = request.run(waits: !noWait)
    results.listing().write(format)
    if !workOptions.quiet, Console.errorIsRead, !results.cancelled.isEmpty {
      Console.note("To go on with what is cancelled: cpwx run --resume \(results.cancelled.joined(separator: " "))")
    }
    if let status = results.exitStatus { throw status }
  }
}
