internal import Jobs

/// What a task tells of its job beside the manifest (``WorkerProgress``), as events: how far the stage at work is, what it
/// is run as, and what the run warns of.
struct ProgressNews {
  private let job: JobPaths
  private var seen: FileStatus?
  private var read: WorkerProgress?
  private var told = WorkerProgress(run: "")

  init(of job: JobPaths) { self.job = job }

  /// What has come since the last look.
  ///
  /// - Parameter news: what was told of the job's manifest. What the task tells of another run, or of a stage that is not
  ///   at work by then, is left until the manifest has come as far, or for good.
  mutating func look(beside news: ManifestNews) -> [RunEvent] {
    guard news.isInStage else { return [] }
    if let now = WorkerProgress.read(of: job, unlike: &seen) { read = now }
    guard let read, read.run == news.began else { return [] }
    if told.run != read.run { told = WorkerProgress(run: read.run) }
    var events = read.warnings.suffix(max(0, read.warned - told.warned)).map { RunEvent.warning($0) }
    told.warned = max(told.warned, read.warned)
    guard let stage = read.stage, news.isAtWork(on: stage, attempt: read.attempt) else { return events }
    if told.stage != stage || told.attempt != read.attempt { told.begin(stage, read.attempt) }
    if told.command == nil, let command = read.command {
      told.command = command
      events.append(.stageCommand(job, stage: stage, command: command))
    }
    if let fraction = read.fraction, fraction != told.fraction || read.text != told.text {
      (told.fraction, told.text) = (fraction, read.text)
      events.append(.stageProgress(job, stage: stage, fraction: fraction, text: read.text))
    }
    return events
  }
}
