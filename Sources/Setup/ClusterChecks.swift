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
      results.append(await answer(program, [program, "--version"], needed: "no job can be handed to the cluster"))
    }
    if results.allSatisfy({ $0.status == .ok }) {
      results.append(
        await answer("slurm controller", ["scontrol", "ping"], needed: "no job can be handed over before it answers"))
    }
    return results.allSatisfy({ $0.status == .ok }) ? results + gpus : results
  }

  private var gpus: [CheckResult] {
    let check = "slurm gpu"
    do {
      let runner = try? Runner(of: workspace, environment: environment)
      // What is wrong with the pipeline is told of by its own check.
      guard let pipeline = try? PipelineDefinition.load(for: workspace, runner: runner),
        let found = try ClusterReadiness(workspace, environment: environment).gpus(for: pipeline.stages)
      else { return [] }
      switch found.severity {
      case .none: return [.ok(check, found.message)]
      case .doubt: return [.warning(check, found.message, found.remedy)]
      case .refusal: return [.error(check, found.message, found.remedy)]
      }
    } catch {
      let known = error as? JobError
      let remedy = known?.remedy?.replacing("No job was made. ", with: "")
      return [.error("config \(known?.subject ?? "")", known?.message ?? "\(error)", remedy ?? "See: man cpwx-env")]
    }
  }

  private func answer(_ check: String, _ command: [String], needed: String) async -> CheckResult {
    let heard = environment.filter { $0.key == "PATH" || $0.key.hasPrefix("SLURM_") }
    let program = Program(command[0], Array(command.dropFirst()), environment: heard.mapValues { $0 })
    guard let outcome = try? await program.run() else {
      return .error(check, "not found: \(needed)", "Install it: apt-get install slurm-client")
    }
    let said = String(decoding: outcome.output, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
    if outcome.succeeded { return .ok(check, said ?? "") }
    // Of a machine that belongs to no cluster not even their versions are told.
    return .error(
      check, "\(outcome.lastLines.last ?? said ?? "fails with exit status \(outcome.status)"): \(needed)",
      "See: scontrol ping. The configuration is /etc/slurm/slurm.conf, or what SLURM_CONF names.")
  }
}
