internal import ArgumentParser
internal import Jobs
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// `cpwx-stage NAME ARGUMENTS…`: one stage's work on one job.
@main
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

  static func main() async {
    // Names in scripts other than Latin, whatever locale a timer or a container gives.
    setlocale(LC_CTYPE, "C.UTF-8")
    // Whoever reads our progress may go away; the work goes on.
    signal(SIGPIPE, SIG_IGN)
    Interruption.block()
    let work = Task {
      var command = try parseAsRoot()
      if var stage = command as? any AsyncParsableCommand { try await stage.run() } else { try command.run() }
    }
    Interruption.watch { work.cancel() }
    do {
      try await work.value
    } catch let error as JobError {
      printError(error.description)
      leave(error.code.exitStatus)
    } catch let error as Interruption {
      printError("interrupted")
      leave(error.exitStatus)
    } catch {
      exit(withError: error)
    }
  }

  private static func printError(_ text: String) { writeLine("error: \(text)", to: .standardError) }
}

extension JobError.Code {
  /// The exit statuses of sysexits.h that scripts rely on.
  var exitStatus: Int32 {
    switch self {
    case .usage: 64
    case .damaged: 65
    case .missingEngine: 69
    case .io: 74
    case .locked: 75
    case .configuration: 78
    }
  }
}
