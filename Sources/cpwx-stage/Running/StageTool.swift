internal import ArgumentParser
internal import Jobs

/// `cpwx-stage NAME ARGUMENTS…`: one stage's work on one job.
struct StageTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpwx-stage",
    abstract: "Does one stage's work on one job.",
    discussion: """
      Settings come from the env file that CONFIG_PATH names, and from the environment for what it lacks. Results go \
      into the job's folder and its manifest.json, log lines to standard error.

      EXAMPLES
        job=$(cpwx job path latest)
        CONFIG_PATH=$job/job.env cpwx-stage demux in/film.mp4 "$job"
        CONFIG_PATH=$job/job.env cpwx-stage tmdb "$job" Sholay 1975
      Then see: cpwx manifest show JOB
      """,
    version: programVersion,
    subcommands: [
      DemuxStage.self, TMDBStage.self, PreNERStage.self, SileroVADStage.self, PyannoteVADStage.self,
      DiarizationStage.self, ASRStage.self, PostNERStage.self, SubtitleGenStage.self, MuxStage.self,
    ])

  /// The word in a stage's place, where no stage is called so.
  static var mistyped: String? {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help" else { return nil }
    let isKnown = configuration.subcommands.contains { stage in
      stage.configuration.commandName == word || stage.configuration.aliases.contains(word)
    }
    return isKnown ? nil : word
  }

  static var stageNames: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } }
}
