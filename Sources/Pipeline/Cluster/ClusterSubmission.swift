internal import Index
internal import Jobs
internal import SystemPackage

/// Jobs that are made, and handed to the cluster together.
struct ClusterSubmission {
  let settings: ClusterSettings
  private let batch: FilmBatch
  private let history: WorkHistory
  private let slurm: Slurm
  private let record: ClusterRecord
  private let limits: ArrayLimits
  private let node: TaskRequest.Node?
  /// Bytes of a script without any job's folder, and of what the folders of ``jobs`` add.
  private let frame: Int
  private var bytes = 0
  private var jobs: [HandedJob] = []
  private var since = ContinuousClock.now
  /// The array before, which one of a batch with a limit waits for.
  private var last: String?

  init(_ run: BatchRun, _ work: ClusterWork) {
    (batch, history) = (run.batch, run.history)
    (slurm, record, settings, node) = (work.slurm, work.record, work.settings, work.node)
    limits = (try? slurm.largestArray()) ?? ArrayLimits()
    frame = WorkerScript(settings: settings, folders: []).bytes.count
  }

  var isEmpty: Bool { jobs.isEmpty }

  /// Whether it is as large as an array may be, or has waited for films to be read long enough. Only an array has a limit,
  /// so that one that has a limit is made whole.
  var isDue: Bool { jobs.count >= limits.tasks || batch.options.jobs == nil && .now - since > .seconds(10) }

  /// Whether the script has room for one job more.
  func hasRoom(for job: JobPaths) -> Bool {
    jobs.isEmpty || frame + bytes + WorkerScript.size(of: folder(of: job)) <= limits.script
  }

  /// - Throws: ``JobError`` for a job that no array can have: with code `configuration` where its folder alone is too long
  ///   for a script, `io` where it cannot be told its pipeline.
  mutating func add(_ number: Int, _ job: JobPaths, _ film: InputDecision) throws {
    let size = WorkerScript.size(of: folder(of: job))
    guard frame + size <= limits.script else {
      throw JobError(
        .configuration, job.id.description,
        "its folder's path has no room in a script of \(limits.script) bytes, which is all that the cluster takes",
        remedy: "The others go on. Raise max_script_size in slurm.conf, or shorten OUTPUT_ROOT.")
    }
    if (try? DurableFile.read(job.pipeline)) != batch.selection.source {
      try DurableFile.write(batch.selection.source, to: job.pipeline, mode: [.ownerReadWrite])
    }
    if jobs.isEmpty { (since, bytes) = (.now, 0) }
    bytes += size
    let runs = (try? Manifest(reading: job.manifest))?.runs ?? 0
    jobs.append(HandedJob(number: number, job: job, film: film, runs: runs))
  }

  mutating func take() -> [HandedJob] {
    defer { jobs = [] }
    return jobs
  }

  private func folder(of job: JobPaths) -> String { batch.workspace.documentPath(job.output) }

  /// Hands jobs over as an array.
  ///
  /// - Throws: ``JobError`` when the cluster did not take them: then they are as they were made, for the next run.
  mutating func handOver(
    _ jobs: [HandedJob], number: Int, stop: StopSource, observe: (RunEvent) -> Void
  ) throws -> ClusterArray {
    let workspace = batch.workspace
    var array = ClusterArray(
      name: record.name(of: number), id: nil,
      entries: jobs.map { job in
        ClusterArray.Entry(
          folder: folder(of: job.job), input: workspace.documentPath(job.film.input),
          title: job.film.title, year: job.film.year, decision: job.film.kind.rawValue, reason: job.film.reason,
          runs: job.runs)
      })
    let script = record.script(of: array)
    let text = WorkerScript(settings: settings, folders: array.entries.map(\.folder)).bytes
    try DurableFile.write(text, to: script, mode: [.ownerReadWrite])
    let logs = workspace.taskLogs(of: record.batch, array: array.name)
    try makeFolder(logs)
    try record.write(array)
    var options = [
      "--job-name=\(array.name)", "--comment=cpwx batch \(record.batch)",
      "--array=0-\(jobs.count - 1)\(batch.options.jobs.map { "%\($0)" } ?? "")",
      "--output=\(logs.string.replacing("%", with: "%%"))/%a.log",
    ]
    if batch.options.jobs != nil, let last { options.append("--dependency=afterany:\(last)") }
    options += batch.taskOptions(jobs.map(\.film), history, settings, node)
    array.id = try submit(FilePath(workspace.documentPath(script)), options, array.name, stop)
    last = array.id
    // Without the number it is found by its name.
    do { try record.write(array) } catch { observe(.warning("\(error)")) }
    return array
  }

  /// - Returns: the array's id.
  private func submit(
    _ script: FilePath, _ options: [String], _ name: String, _ stop: StopSource
  ) throws -> String {
    do {
      return try slurm.submit(script, options)
    } catch let failure as Slurm.Failure where failure.isOfFullQueue {
      if let task = try? slurm.tasks(named: [name]).first { return task.array }
      throw failure
    } catch {
      // Whoever got no answer does not know whether the array was taken.
      while true {
        if let known = try? slurm.tasks(named: [name]) {
          if let task = known.first { return task.array }
          record.forget(name)
          throw JobError(
            .configuration, "sbatch", "did not take the jobs: \(error)",
            remedy: "They are made, and the next run goes on with them.")
        }
        guard stop.level == .none else {
          throw JobError(
            .missingEngine, "sbatch", "did not take the jobs: it gave no answer (\(error))",
            remedy: "Once the controller answers: cpwx run --attach \(record.batch)")
        }
        stop.waitToDrain(atMost: 2)
      }
    }
  }
}

extension FilmBatch {
  /// What `sbatch` is told of every task, but where it lies.
  func taskOptions(
    _ films: [InputDecision], _ history: WorkHistory, _ settings: ClusterSettings, _ node: TaskRequest.Node?
  ) -> [String] {
    let expected = films.compactMap { $0.estimate?.seconds }.max()
    let request = TaskRequest(
      selection.wanted, history, expected: expected, gres: settings.gres, node: node,
      setting: { [config = workspace.config] key in config[key]?.nonEmpty })
    return ["--nodes=1", "--ntasks=1", "--requeue", "--open-mode=append", "--signal=B:TERM@60"] + request.options
      + settings.place + settings.flags
  }
}
