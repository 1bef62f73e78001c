internal import Jobs
internal import SystemPackage

/// A cluster that answers, and would take a batch's jobs; and the record of those that it is given.
struct ClusterWork: Sendable {
  let slurm: Slurm
  let record: ClusterRecord
  let settings: ClusterSettings
  /// The largest of its nodes; `nil` where it does not say.
  let node: TaskRequest.Node?

  /// - Throws: ``JobError``: with code `missingEngine` where there is no cluster, `configuration` where it would not take the
  ///   jobs. None is made by then.
  init(_ batch: FilmBatch, _ id: String, _ plan: FilmBatch.Plan, _ settings: ClusterSettings) throws {
    self.settings = settings
    let logs = batch.workspace.taskLogs(of: id, array: "")
    if logs.string.contains("\\") {
      throw JobError(
        .configuration, batch.workspace.logRoot.string, "has a backslash in its path: Slurm can write no log there",
        remedy: "No job was made. LOG_ROOT of \(batch.workspace.configFile) can name another folder for logs.")
    }
    slurm = try Slurm(environment: batch.environment, folder: batch.workspace.root)
    try slurm.requireController()
    node = slurm.largestNode(settings.place + settings.flags, environment: batch.environment)
    do {
      // That no node is up just now is said in the same words as that none will ever do: then a job that asks for nothing
      // would not be taken, either, and that one is no reason to leave.
      try slurm.test(batch.taskOptions(plan.films.filter(\.kind.isWork), plan.history, settings, node))
    } catch let failure as Slurm.Failure where failure.isOfRequest || (try? slurm.test(settings.place)) != nil {
      throw JobError(
        .configuration, "Slurm", "would not take the jobs: \(failure)",
        remedy:
          "No job was made. What they ask for is said by the pipeline and the CPWX_SLURM_ settings: cpwx-env(5)\(settings.hint)"
      )
    } catch is Slurm.Failure {}
    record = ClusterRecord(of: id, in: batch.workspace)
    try record.begin(batch.selection)
  }

  /// Whether an array may be on the cluster, and nobody knows.
  var isUncertain: Bool { (try? record.arrays())?.contains { $0.id == nil } ?? true }
}
