internal import ArgumentParser
internal import Jobs
internal import Pipeline
internal import Synchronization

/// Where `cpwx run` has its jobs done.
struct ClusterOptions: ParsableArguments {
  @Option(
    help: .init(
      "Where jobs are done: on this machine (local) or on a cluster (slurm). (default: EXECUTOR, else local)",
      valueName: "executor"))
  var executor: Executor?

  @Flag(help: "Hand the jobs to the cluster, print the batch's id and leave.")
  var detach = false

  @Flag(help: "Follow a batch that is on the cluster; PATH is its id. (default: the last one)")
  var attach = false

  @Flag(help: "As one of a cluster's tasks: touch nothing but the jobs of --resume and their logs.")
  var noIndex = false

  @Flag(
    help: "With --no-index: end what a killed run of the jobs has left at work on this machine, and run nothing.")
  var cleanUp = false

  /// - Throws: ``JobError`` with code `usage` for what cannot be meant together.
  func check(_ command: RunCommand) throws {
    func mistake(_ option: String, _ message: String) -> JobError { JobError(.usage, option, message) }
    if noIndex {
      guard !command.resume.isEmpty, command.paths.isEmpty else {
        throw mistake("--no-index", "does jobs that are made already; name them with --resume, and no films")
      }
      if detach || attach || executor == .slurm || command.nightOptions.watch || command.force {
        throw mistake("--no-index", "is for a task of a cluster, which neither makes jobs nor hands them over")
      }
    }
    if cleanUp, !noIndex {
      throw mistake("--clean-up", "ends what runs of a cluster's tasks have left: with --no-index and --resume JOB")
    }
    if attach {
      if command.paths.count > 1 { throw mistake("--attach", "follows one batch: name no more than one") }
      if detach || command.dryRun || executor == .local || !command.resume.isEmpty || command.nightOptions.watch {
        throw mistake("--attach", "follows a batch that was handed over, and hands nothing over itself")
      }
    }
    if detach {
      if command.nightOptions.watch { throw mistake("--detach", "cannot watch: who leaves sees no films come") }
      if executor == .local { throw mistake("--detach", "leaves a cluster to its work: --executor slurm") }
    }
  }
}

/// The batch that the events of a run are of.
final class BatchName: Sendable {
  private let named = Mutex<String?>(nil)

  func note(_ event: RunEvent) {
    if case .batchStarted(let id, _, _, _, _) = event { named.withLock { $0 = id } }
  }

  var id: String? { named.withLock { $0 } }
}
