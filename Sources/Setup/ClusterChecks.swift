internal import Engines
internal import Jobs
internal import Pipeline

/// The cluster, where jobs are to be done by one: its programs, and its controller.
struct ClusterChecks {
  let workspace: Workspace
  let environment: [String: String]

  func run() async -> [CheckResult] {
    do {
      guard try Executor(of: workspace, environment: environment) == .slurm else { return [] }
    } catch {
      let known = error as? JobError
      return [.error("config EXECUTOR", known?.message ?? "\(error)", known?.remedy ?? "Expected local or slurm.")]
    }
    var results: [CheckResult] = []
    for program in ["sbatch", "squeue", "scontrol", "scancel"] {
      results.append(
        await answer(
          program, [program, "--version"], needed: "no job can be handed to the cluster",
          remedy: "Install it: apt-get install slurm-client"))
    }
    if results.allSatisfy({ $0.status == .ok }) {
      results.append(
        await answer(
          "slurm controller", ["scontrol", "ping"], needed: "it does not answer, and no job can be handed over",
          remedy: "See: scontrol ping. The configuration is /etc/slurm/slurm.conf, or what SLURM_CONF names."))
    }
    return results
  }

  private func answer(_ check: String, _ command: [String], needed: String, remedy: String) async -> CheckResult {
    let heard = environment.filter { $0.key == "PATH" || $0.key.hasPrefix("SLURM_") }
    let outcome = try? await Program(command[0], Array(command.dropFirst()), environment: heard.mapValues { $0 }).run()
    guard let outcome, outcome.succeeded else {
      return .error(
        check, "\(outcome.map { "fails with exit status \($0.status)" } ?? "not found"): \(needed)", remedy)
    }
    return .ok(check, String(String(decoding: outcome.output, as: UTF8.self).prefix { !$0.isNewline }))
  }
}
