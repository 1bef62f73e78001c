internal import ArgumentParser

/// `cpwx-stage NAME ARGUMENTS…`: one stage's work on one job.
struct StageTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpwx-stage",
    abstract: "Does one stage's work on one job.",
    discussion: """
      Settings come from the env file that CONFIG_PATH names, and from the environment for what it lacks. Results go \
      into the job's folder and its manifest.json, log lines to standard error.
      """,
    subcommands: [
      DemuxStage.self, TMDBStage.self, PreNERStage.self, SileroVADStage.self, PyannoteVADStage.self,
      DiarizationStage.self, ASRStage.self, PostNERStage.self, SubtitleGenStage.self, MuxStage.self,
    ])
}
