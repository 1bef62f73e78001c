internal import Jobs
internal import Pipeline

/// Docker, where stages are to be run as containers: its program, Compose, the daemon, the compose file and the images.
struct ContainerChecks {
  let workspace: Workspace
  let environment: [String: String]

  func run() -> [CheckResult] {
    do {
      guard try Runner(of: workspace, environment: environment) == .docker else { return [] }
      // What is wrong with the pipeline is told of by its own check.
      let stages = (try? PipelineDefinition.load(for: workspace))?.stages ?? []
      return try ContainerReadiness(workspace, environment: environment).findings(for: stages).map { finding in
        CheckResult(
          check: finding.subject, status: finding.isDoubt ? .warning : finding.remedy == nil ? .ok : .error,
          message: finding.message, remedy: finding.remedy)
      }
    } catch {
      let known = error as? JobError
      return [.error("config RUNNER", known?.message ?? "\(error)", known?.remedy ?? "Expected local or docker.")]
    }
  }
}
