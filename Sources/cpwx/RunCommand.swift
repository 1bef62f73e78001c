internal import ArgumentParser
internal import Engines
internal import Index
internal import Jobs
internal import Notices
internal import Pipeline
internal import SystemPackage

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Turn films into subtitled videos.",
    discussion: """
      Each film becomes a job under out/, several side by side as far as the lanes of the pipeline go. A film with a completed job is left alone; an unfinished job goes on from \
      where it stopped. Without PATH, the films in in/ are taken.

      cpwx run FILE config/.env 2 works too, as pipeline.py took it: with that configuration, for that user. \
      A second word that names no film and no folder must be a file of settings.

      The first Ctrl-C lets the running stage finish, the second stops it; both leave the job to be resumed.

      EXAMPLES
        cpwx run in/film.mp4
        cpwx run --workflow transcribe --user 2 in/
        cpwx run --until 06:00 --min-free 20G
        cpwx run --watch
        cpwx run --executor slurm --detach
      Then see: cpwx status, cpwx job show latest, and in the morning: cpwx report
      """)

  @Argument(help: .init("Films, or folders of films. (default: in/)", valueName: "path"))
  var paths: [String] = []

  @Option(
    help: .init("The base configuration that new jobs copy. An unfinished job takes it over, too.", valueName: "file"))
  var config: String?

  @Option(
    parsing: .unconditional,
    help: .init("Whose jobs these are. (default: USER_ID of the configuration, else 1)", valueName: "number"))
  var user: Int?

  @Option(help: .init("The pipeline file. (default: config/pipeline.yaml, else the ten stages)", valueName: "file"))
  var pipeline: String?

  @Option(
    help: .init(
      "What stages are run as: processes of this machine (local) or containers (docker). (default: RUNNER, else local)",
      valueName: "runner"))
  var runner: Runner?

  @Option(help: .init("Run only this workflow of the pipeline.", valueName: "name"))
  var workflow: String?

  @Option(help: .init("Run just these stages, again where they are done.", valueName: "a,b"))
  var stages: String?

  @Option(help: .init("Run this stage and those after it again.", valueName: "stage"))
  var fromStage: String?

  @Option(parsing: .upToNextOption, help: .init("Go on with these jobs.", valueName: "job"))
  var resume: [String] = []

  @Flag(help: "Make new jobs, also of films that have one.")
  var force = false

  @Flag(name: [.customShort("n"), .long], help: "Show what would be done with each film, and why, and do nothing.")
  var dryRun = false

  @Option(
    help: .init("Write metrics for Prometheus' textfile collector there when done.", valueName: "file"))
  var metrics: String?

  @OptionGroup(title: "Nights") var nightOptions: NightOptions
  @OptionGroup(title: "Clusters") var clusterOptions: ClusterOptions
  @OptionGroup var workOptions: WorkOptions

  private func display(_ format: OutputFormat) -> any RunDisplay {
    if workOptions.quiet, format != .ndjson { return SilentDisplay(warns: !clusterOptions.noIndex) }
    if format == .ndjson { return EventDisplay() }
    if Console.errorIsTerminal, !workOptions.isVerbose { return LiveDisplay() }
    return PlainDisplay(isVerbose: workOptions.isVerbose)
  }

  /// Ends what killed runs have left; runs nothing.
  private func cleanUp() throws {
    let workspace = try workOptions.open(config: config)
    var isDone = true
    for job in resume {
      let left = try Orphans.end(ofJob: job, in: workspace, environment: processEnvironment()) {
        Console.error($0)
        isDone = false
      }
      if !workOptions.quiet {
        let told = left ? "ended what a run had left behind" : "nothing of it is at work on this machine"
        Console.note(wrapping: "\(job): \(told).")
      }
    }
    if !isDone { throw ExitStatus.someFailed }
  }

  func run() async throws {
    let format = try workOptions.resolved()
    try clusterOptions.check(self)
    if clusterOptions.cleanUp { return try cleanUp() }
    let request = try RunRequest(self)
    if dryRun {
      let films = try request.batch.foreseen(request.films(changingNothing: true))
      if !workOptions.quiet, let note = request.noteOnNothing(films.films.count) { Console.note(wrapping: note) }
      return films.listing(request).write(format)
    }
    let metrics = try metrics.map { try Metrics.place($0) }
    let stop = try StopSource()
    let display = display(format)
    let receipt = Signals.forward(to: stop) { level in
      display.say(
        level == .drain
          ? "Stopping after the stages that run; once more to stop them now. What is left goes on in the next run."
          : "Stopping now. What is left goes on in the next run.")
    }
    func news(metrics: FilePath? = nil) -> NightNews? {
      // A worker's news are told by whoever follows it.
      clusterOptions.noIndex ? nil : NightNews(request.workspace, metrics: metrics) { display.say("cpwx: \($0)") }
    }
    if !clusterOptions.attach, request.batch.hasLeftJobsBehind {
      let news = news()
      request.batch.settleLeft(stop: stop) { event in
        display.show(event)
        news?.note(event)
      }
      news?.finish()
    }
    let nightNews = news(metrics: metrics)
    if nightOptions.watch { display.say("Watching for films; Ctrl-C ends it.") }
    let batch = BatchName()
    let results = try request.results(stop: stop) { event in
      display.show(event)
      nightNews?.note(event)
      batch.note(event)
    }
    request.index.finish()
    let ending = nightNews?.finish()
    if let summary = results.summary ?? (nightOptions.watch ? nil : request.noteOnNothing(results.results.count)) {
      display.say(summary)
    }
    display.close()
    // Events have told all already, line by line.
    if clusterOptions.detach, format == .table, let id = batch.id {
      results.writeTroubles()
      Console.out(id)
    } else if format != .ndjson {
      results.write(format)
    }
    if let status = receipt.exitStatus ?? results.exitStatus ?? ending { throw status }
  }
}
