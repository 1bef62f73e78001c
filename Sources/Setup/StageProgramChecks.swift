internal import Engines
internal import Jobs
internal import Pipeline
internal import SystemPackage

/// The programs that the stages of a pipeline of one's own call on this machine.
struct StageProgramChecks {
  let workspace: Workspace
  let environment: [String: String]

  /// One for each stage whose program is not there.
  func run(_ pipeline: PipelineDefinition) -> [CheckResult] {
    // The one that ships has a check of its own, and a container brings its programs along.
    if (try? Runner(of: workspace, environment: environment)) == .docker { return [] }
    let search = ProgramSearch(toolFolders: stageProgramFolders(environment: environment), environment: environment)
    func isThere(_ program: String) -> Bool {
      program.contains("/")
        ? ProgramSearch.isProgram(resolve(program, against: workspace.root)) : search.find(program) != nil
    }
    return pipeline.stages.compactMap { stage in
      guard let program = stage.command?.first, program != "cpwx-stage", !program.contains("{"),
        !isThere(program)
      else { return nil }
      let message = "\(program) is not there, or no program that this user may run"
      let remedy = "Install it, or mend the stage's command in \(workspace.pipelineFile)."
      let check = "stage \(stage.name)"
      return stage.critical ? .error(check, message, remedy) : .warning(check, message, remedy)
    }
  }
}
