internal import Jobs

/// A job that is handed to the cluster.
struct HandedJob {
  /// The film's place in the batch.
  let number: Int
  let job: JobPaths
  let film: InputDecision
  /// How many of its runs had begun before.
  let runs: Int

  /// What is told of it when nobody follows it.
  var handedOver: FilmBatch.Result {
    var result = FilmBatch.Result(film: film, job: job, status: .pending, reason: "on the cluster")
    result.isLeft = true
    return result
  }

  /// What is told of it when the cluster did not take it.
  func refused(_ error: any Error) -> FilmBatch.Result {
    let known = error as? JobError
    var result = FilmBatch.Result(film: film, job: job, reason: known?.message ?? "\(error)")
    result.error = known?.code ?? .io
    return result
  }

  /// What is told of it when it was not handed over after all.
  func calledOff(_ reason: String) -> FilmBatch.Result {
    var result = FilmBatch.Result(film: film, job: job, reason: reason)
    result.film.kind = .pending
    return result
  }
}

/// A task of the cluster that is followed until its job has ended.
struct FollowedTask {
  struct Key: Hashable {
    var array: String
    var index: Int?
  }

  let handed: HandedJob
  let array: String
  let index: Int
  var news: ManifestNews
  private var progress: ProgressNews
  /// As the controller knew it last.
  private(set) var told: ClusterTask?
  /// Answers in which it was not.
  private var missed = 0

  /// - Parameter stages: those that the batch is about.
  init(_ handed: HandedJob, array: String, index: Int, _ stages: [StageDefinition]) {
    (self.handed, self.array, self.index) = (handed, array, index)
    news = ManifestNews(of: handed.job, handed.film, stages, after: handed.runs)
    progress = ProgressNews(of: handed.job)
  }

  /// How far the stage is that is at work, and what else has happened since the last look and stands in no manifest.
  mutating func lookAtProgress() -> [RunEvent] { progress.look(beside: news) }

  var key: Key { Key(array: array, index: index) }
  var number: Int { handed.number }
  var job: JobPaths { handed.job }
  var film: InputDecision { handed.film }

  /// Takes in what the controller said of it, or that it did not.
  mutating func note(_ task: ClusterTask?) {
    if let task {
      (told, missed) = (task, 0)
    } else {
      missed += 1
    }
  }

  /// Whether the cluster is done with it. One that is not listed any more ended a while ago; a controller that has just
  /// started may need a moment to know all.
  var hasEnded: Bool {
    if case .ended? = told?.state { return true }
    return missed >= 3
  }

  var hasBegun: Bool { news.runs > handed.runs }
  var isWaiting: Bool { told?.state == .waiting }
  /// Whether it can be told to end: with one that is suspended `scancel` tries that for minutes.
  var isListening: Bool { told?.state == .running && told?.isSuspended == false }

  /// Whether its job may be written to: also by a process of a node that the cluster has given up.
  var mayHaveMoved: Bool { !isWaiting || hasBegun }
}
