internal import ArgumentParser
internal import Jobs
internal import Pipeline

/// How `cpwx run` goes about many films.
struct NightOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init("Jobs under way at a time. (default: as many as the lanes have places)", valueName: "number"))
  var jobs: Int?

  @Option(help: .init("How many stages of a lane run at a time; more than once for more lanes.", valueName: "lane=n"))
  var lane: [String] = []

  @Option(help: .init("How long a film must have been still before it is started. (default: 10s)", valueName: "time"))
  var settle: String?

  @Option(
    help: .init(
      "Start nothing that would not be done by then, and end with the running stages.", valueName: "06:00"))
  var until: String?

  @Option(parsing: .unconditional, help: .init("Start no more jobs than this.", valueName: "number"))
  var maxJobs: Int?

  @Option(
    help: .init(
      "Keep this much of the disk free; what does not fit is held. (default: 5 % of it, 5G at most)",
      valueName: "size"))
  var minFree: String?

  @Option(
    help: .init(
      "End early when too much fails: soon lets running jobs finish, now stops them. (default: never)",
      valueName: "soon,fail=10%"))
  var halt: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "How often a job may fail, over all nights, before it is given up; one that is named is tried all the same. (default: 3)",
      valueName: "number"))
  var attempts: Int?

  @Flag(help: "Take up jobs again that were given up or cancelled.")
  var retryFailed = false

  @Flag(help: "Keep going: take up films as they come, until Ctrl-C or the time of --until.")
  var watch = false

  @Flag(help: "Wait for another run over the same folder or film to end, instead of leaving.")
  var wait = false

  /// - Throws: ``JobError`` with code `usage`.
  func resolved() throws -> BatchOptions {
    var options = BatchOptions()
    options.jobs = try Self.positive(jobs, "--jobs")
    for size in lane.flatMap({ $0.split(separator: ",").map(String.init) }) {
      let (name, places) = try laneSize(size)
      options.lanes[name] = places
    }
    if let settle { options.settle = try Self.read(settle, "--settle", "a duration, as in: 10s", parseDuration) }
    if let until {
      options.until = try Self.read(until, "--until", "a time of day, a date and time, or a duration: 06:00, 8h") {
        parseDeadline($0)
      }
    }
    options.maxJobs = try Self.positive(maxJobs, "--max-jobs")
    if let minFree { options.minFree = try Self.read(minFree, "--min-free", "a size, as in: 20G", parseSize) }
    if let halt { options.halt = try HaltRule(halt) }
    options.attempts = try Self.positive(attempts, "--attempts") ?? options.attempts
    (options.retriesGivenUp, options.waits) = (retryFailed, wait)
    options.watches = watch
    return options
  }

  private static func positive(_ number: Int?, _ option: String) throws -> Int? {
    guard let number, number < 1 else { return number }
    throw JobError(.usage, "\(option) \(number)", "expected a number from 1")
  }

  private static func read<Value>(
    _ text: String, _ option: String, _ expected: String, _ parse: (String) -> Value?
  ) throws -> Value {
    if let value = parse(text) { return value }
    throw JobError(.usage, "\(option) \(text)", "expected \(expected)")
  }
}
