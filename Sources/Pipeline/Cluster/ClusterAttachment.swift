internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

extension FilmBatch {
  /// Follows a batch that is on the cluster to its end, as the run did that handed it over.
  ///
  /// - Parameters:
  ///   - name: the batch's id, or a unique beginning of it; `nil`: the last one.
  ///   - observer: told of everything that happens, secrets masked.
  /// - Throws: ``JobError`` with code `usage` when there is no such batch, `locked` when another process follows it,
  ///   `missingEngine` when the cluster's programs are not there.
  public func attach(
    to name: String?, stop: StopSource, observe observer: @escaping @Sendable (RunEvent) -> Void
  ) throws -> [Result] {
    let record = try workspace.clusterBatch(named: name)
    try Slurm(environment: environment, folder: workspace.root).requireController()
    return try follow(record, stop: stop, observer) { $0.followAll() }
  }

  /// Whether earlier runs have left jobs on a cluster.
  public var hasLeftJobsBehind: Bool { !isWorker && !workspace.clusterBatches().isEmpty }

  /// Ends what earlier runs have left on the cluster and nobody follows, as far as it has come to its end: films are free
  /// again whose jobs the cluster has done with.
  ///
  /// - Parameter observer: told of a batch once it has ended, secrets masked; of one that goes on whoever attaches is told.
  public func settleLeft(stop: StopSource, observe observer: @escaping @Sendable (RunEvent) -> Void) {
    for record in workspace.clusterBatches() {
      do {
        let events = Gathered()
        var isOver = false
        _ = try follow(record, stop: stop, events.add) { run in
          // What the controller does not list any more, it was asked for three times.
          isOver = (0..<3).contains { _ in run.lookOnce() }
          return isOver
        }
        if isOver { for event in events.all { observer(event) } }
      } catch let error as JobError where error.code == .locked {
        continue
      } catch {
        observer(.warning("the batch \(record.batch) is on the cluster, and could not be looked at: \(error)"))
      }
    }
  }

  private func follow(
    _ record: ClusterRecord, stop: StopSource, _ observer: @escaping @Sendable (RunEvent) -> Void,
    _ body: (ClusterRun) -> Bool
  ) throws -> [Result] {
    guard exists(workspace.batchFolder.appending("\(record.batch).json")) else {
      // The power went before anything was handed over.
      record.remove(from: workspace)
      return []
    }
    let open = try OpenBatch(takingOver: record.batch, in: workspace)
    var batch = self
    batch.selection = try record.selection()
    let arrays = try record.arrays()
    var plan = Plan(newcomers: Newcomers(ofNoneIn: workspace), inputs: [])
    var handed: [[HandedJob]] = []
    for array in arrays {
      handed.append(
        array.entries.map { entry in
          let film = InputDecision(entry, in: workspace)
          plan.films.append(film)
          return HandedJob(number: plan.films.count - 1, job: job(of: entry), film: film, runs: entry.runs)
        })
    }
    let telling = BatchTelling(of: record.batch, batch, observer)
    telling.begin(plan.films, lanes: [:])
    let run = BatchRun(batch, plan, isBegun: true, stop, telling.observe)
    let following = ClusterRun(run, try Slurm(environment: environment, folder: workspace.root), record)
    following.adopt(arrays, handed)
    guard body(following) else {
      _ = consume open
      return []
    }
    let results = telling.end(open, run, stop)
    record.remove(from: workspace)
    return results
  }

  /// Where a job is; where it was, should it be gone.
  private func job(of entry: ClusterArray.Entry) -> JobPaths {
    let folder = workspace.resolve(documentPath: entry.folder)
    if let job = try? JobIndex.standingJob(named: folder.string, in: workspace) { return job.paths(in: workspace) }
    return JobPaths(
      name: folder.lastComponent?.string ?? "", date: nil, number: 0, userID: user, output: folder, logs: folder,
      in: workspace)
  }
}

/// Events that are told later.
private final class Gathered: Sendable {
  private let events = Mutex<[RunEvent]>([])

  func add(_ event: RunEvent) { events.withLock { $0.append(event) } }
  var all: [RunEvent] { events.withLock { $0 } }
}

extension InputDecision {
  fileprivate init(_ entry: ClusterArray.Entry, in workspace: Workspace) {
    self.init(
      input: workspace.resolve(documentPath: entry.input), title: entry.title, year: entry.year,
      kind: Kind(rawValue: entry.decision) ?? .resume, reason: entry.reason)
  }
}

extension Workspace {
  /// - Throws: ``JobError`` with code `usage`.
  fileprivate func clusterBatch(named name: String?) throws -> ClusterRecord {
    let all = clusterBatches()
    guard let name else {
      if let last = all.last { return last }
      throw JobError(.usage, root.string, "no batch is on a cluster", remedy: "See what batches did with: cpwx report")
    }
    let fitting = all.filter { $0.batch.hasPrefix(name) }
    if fitting.count == 1 { return fitting[0] }
    let known = all.map(\.batch).joined(separator: ", ")
    throw JobError(
      .usage, name, fitting.isEmpty ? "no such batch is on a cluster" : "fits \(fitting.count) batches",
      remedy: all.isEmpty ? "None is. See what batches did with: cpwx report" : "On the cluster are: \(known)")
  }
}
