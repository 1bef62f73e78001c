internal import Index
internal import Jobs
internal import SystemPackage

/// Changes of jobs' states, stored as a running batch stores them: many in one transaction.
struct ChangeMeasurement {
  private static let batch = 500
  private static let jobs = 5000
  private static let seconds = 5.0

  private let index: JobIndex
  /// Of a workspace that has no job.
  private let empty: JobIndex

  init(of index: JobIndex, besides empty: JobIndex) { (self.index, self.empty) = (index, empty) }

  /// Per second: of new jobs, which lie together at the end, here and where there is no other job, a batch here and one there
  /// in turn, so that whatever else goes on in the machine falls on both; and of jobs spread over all.
  func figures() throws -> JSON {
    let spread = try jobs(spreadOver: index.standingCounts().reduce(0) { $0 + $1.jobs })
    let new = try [index, empty].map { (index: $0, jobs: try newJobs(in: $0.workspace)) }
    let ofNew = try rates(of: new)
    var figures: JSON = ["new_jobs_here": .int(ofNew[0]), "new_jobs_where_there_is_no_other": .int(ofNew[1])]
    if !spread.isEmpty { figures["spread_jobs_here"] = .int(try rates(of: [(index, spread)])[0]) }
    // What was never on the disk is found to be gone when it is looked at; the others say again what their files say.
    var all = JobQuery()
    all.filters = [try JobFilter("since=2100-01-01")]
    for (index, _) in new { _ = try index.page(all) }
    try index.store(spread)
    return figures
  }

  private func rates(of subjects: [(index: JobIndex, jobs: [IndexedJob])]) throws -> [Int] {
    for (index, jobs) in subjects { try index.store(jobs) }
    var taken = subjects.map { _ in Duration.zero }
    var (stored, turn) = (0, 0)
    let clock = ContinuousClock()
    while taken[0] < .seconds(Self.seconds) {
      for start in stride(from: 0, to: subjects[0].jobs.count, by: Self.batch) {
        for (number, (index, jobs)) in subjects.enumerated() {
          let batch = jobs[start..<min(jobs.count, start + Self.batch)].map { Self.moved($0, turn) }
          taken[number] += try clock.measure { try index.store(batch) }
          if number == 0 { stored += batch.count }
        }
      }
      turn += 1
    }
    return taken.map { Int(Double(stored) / ($0 / .seconds(1))) }
  }

  /// The next state of a job: a stage runs, or it has failed.
  private static func moved(_ job: IndexedJob, _ turn: Int) -> IndexedJob {
    var job = job
    let runs = turn % 2 == 0
    job.status = runs ? "running" : "failed"
    job.error = runs ? nil : "asr: exit code 1"
    if let last = job.stages.indices.last {
      job.stage = job.stages[last].name
      job.stages[last].status = runs ? "running" : "failed"
    }
    return job
  }

  private func jobs(spreadOver count: Int) -> [IndexedJob] {
    var random = Randomness(seed: 11)
    let numbers = Set((0..<(count == 0 ? 0 : Self.jobs)).map { _ in Int(random.next() % UInt64(count)) })
    return numbers.sorted().compactMap { Self.read($0, from: 0, in: index.workspace) }
  }

  /// Jobs of a day that is long to come, read from files beside the index's own.
  private func newJobs(in place: Workspace) throws -> [IndexedJob] {
    let root = place.root.appending("new-jobs")
    try SyntheticWorkspace(root, from: SyntheticDay.farAway).grow(to: Self.jobs)
    let workspace = try Workspace(at: root, environment: [:])
    return (0..<Self.jobs).compactMap { Self.read($0, from: SyntheticDay.farAway, in: workspace) }
  }

  private static func read(_ number: Int, from firstDay: Int, in workspace: Workspace) -> IndexedJob? {
    let job = SyntheticJob(number, on: SyntheticDay(firstDay + number / SyntheticDay.jobs))
    let parts = FilePath(job.folder).components.map(\.string)
    guard let id = JobID(parts[5]), let user = Int(parts[4]) else { return nil }
    return IndexedJob(reading: JobPlace(JobPaths(id: id, userID: user, in: workspace), in: workspace), in: workspace)
  }
}
