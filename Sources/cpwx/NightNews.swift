internal import Index
internal import Jobs
internal import Notices
internal import Pipeline
internal import Synchronization
internal import SystemPackage

/// What a batch's events mean to those who sleep: notifications of failures and of its end, and metrics.
final class NightNews: Sendable {
  private struct State {
    var batch: String?
    var started = Timestamp.now
    var titles: [String: String] = [:]
    var failedStage: [String: String] = [:]
    var ended: [String: Int] = [:]
    var failures: [FailedJob] = []
    var stages: [String: (seconds: Double, count: Int)] = [:]
  }

  private let workspace: Workspace
  private let metrics: FilePath?
  private let notifier: Notifier
  private let notice: @Sendable (String) -> Void
  private let state = Mutex(State())

  init(_ workspace: Workspace, metrics: FilePath?, notice: @escaping @Sendable (String) -> Void) {
    (self.workspace, self.notice) = (workspace, notice)
    self.metrics = metrics
    notifier = Notifier(workspace, environment: processEnvironment(), notice: notice)
    notifier.deliverPending()
  }

  func note(_ event: RunEvent) {
    state.withLock { state in
      switch event {
      case .batchStarted(let id, _, _, _, _): (state.batch, state.started) = (id, .now)
      case .jobStarted(let job, let title, let year, _):
        state.titles[job.id.description] = filmName(title, year)
      case .stageEnded(let job, let stage, let status, let seconds, _):
        if status == .failed { state.failedStage[job.id.description] = stage }
        if status == .success {
          let known = state.stages[stage] ?? (0, 0)
          state.stages[stage] = (known.seconds + seconds, known.count + 1)
        }
      case .jobEnded(let job, let status, _, let reason):
        state.ended[status.rawValue, default: 0] += 1
        guard status == .failed else { return }
        let id = job.id.description
        let failure = FailedJob(
          id: id, title: state.titles[id] ?? "", input: (try? Manifest(reading: job.manifest))?.inputFile,
          stage: state.failedStage[id], reason: reason)
        state.failures.append(failure)
        notifier.jobFailed(failure, batch: state.batch)
      case .batchEnded(let id, let status):
        notifier.batchEnded(
          BatchDigest(
            batch: id, status: status, started: state.started, ended: .now, jobs: state.ended,
            failures: state.failures))
      default: break
      }
    }
  }

  /// Writes the metrics, and waits a moment for what is left to be delivered.
  ///
  /// - Returns: what the program is to end with where the metrics could not be written.
  @discardableResult
  func finish() -> ExitStatus? {
    var status: ExitStatus?
    if let metrics {
      do {
        try measured().write(to: metrics)
      } catch {
        notice("\(error)")
        status = (error as? JobError).map { ExitStatus($0.code) } ?? .io
      }
    }
    notifier.finish()
    return status
  }

  private func measured() throws -> Metrics {
    let state = state.withLock { $0 }
    var figures = BatchMetrics(started: state.started, ended: .now, batchJobs: state.ended)
    for jobs in try JobIndex.look(in: workspace, notice: IndexNotice(notice), { try $0.counts() }) {
      figures.jobs[jobs.status, default: 0] += jobs.jobs
    }
    figures.stages = state.stages.sorted { $0.key < $1.key }.map {
      .init(name: $0, seconds: $1.seconds, count: $1.count)
    }
    figures.freeBytes = Dictionary(
      [("out", workspace.outputRoot), ("in", workspace.inputRoot), ("logs", workspace.logRoot)]
        .compactMap { name, folder in DiskRoom(of: folder, minFree: 0).free.map { (name, $0) } },
      uniquingKeysWith: { $1 })
    return figures.metrics
  }
}
