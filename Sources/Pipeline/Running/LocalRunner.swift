internal import Jobs
internal import SystemPackage

/// Runs stages as processes of this machine.
struct LocalRunner: StageRunner {
  let kind = Runner.local
  let environment: [String: String]
  let toolFolders: [FilePath]

  func prepare(_ stage: StageDefinition, attempt: Int, in context: JobContext) -> any StageWork {
    // A pipeline that is read for this runner has a command for each stage.
    let arguments = context.placeholders(for: stage).expand(stage.command ?? [])
    return LocalWork(
      process: StageProcess(
        arguments: arguments, environment: context.environment(for: stage, attempt: attempt, over: environment),
        environmentOfNoText: context.settingsOfNoText, directory: context.workspace.root, toolFolders: toolFolders,
        timeout: stage.timeout, grace: stage.grace,
        marker: context.marker))
  }

  func isReady() -> Bool { true }
}

private struct LocalWork: StageWork {
  let process: StageProcess
  var shown: String { process.arguments.joined(separator: " ") }

  func began() {}

  func calledOff() {}

  func ended(_ outcome: StageProcess.Outcome, said: String) -> StageProcess.Outcome { outcome }
}
