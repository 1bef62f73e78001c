internal import ArgumentParser
internal import Jobs
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The way in: the work is a task of its own, while the first thread waits for signals.
@main
enum Main {
  static func main() {
    // Names in scripts other than Latin, whatever locale a timer or a container gives.
    unsafe setlocale(LC_CTYPE, "C.UTF-8")
    // Whoever reads our progress may go away; the work goes on.
    signal(SIGPIPE, SIG_IGN)
    Interruption.block()
    let work = Task.detached { leave(await run()) }
    Interruption.wait { work.cancel() }
  }

  /// Does what the command line asks for.
  ///
  /// - Returns: the exit status; see ``JobError/Code/exitStatus``.
  private static func run() async -> Int32 {
    do {
      var command = try StageTool.parseAsRoot()
      if var stage = command as? any AsyncParsableCommand { try await stage.run() } else { try command.run() }
      return 0
    } catch let error as JobError {
      printError(error.description)
      return error.code.exitStatus
    } catch let error as Interruption {
      printError("\(error)")
      return error.exitStatus
    } catch {
      guard !StageTool.exitCode(for: error).isSuccess, let word = StageTool.mistyped else {
        StageTool.exit(withError: error)
      }
      let meant = didYouMean(word.replacing("-", with: "_"), among: StageTool.stageNames)
      printError("there is no such stage: \(word).\(meant) See: cpwx-stage --help")
      return JobError.Code.usage.exitStatus
    }
  }

  /// Files of the workspace, in which stages run, are named by where they lie in it.
  private static func printError(_ text: String) {
    let here = currentFolder()
    let short = here.components.isEmpty ? text : text.replacing("\(here)/", with: "")
    writeLine("error: \(short)", to: .standardError)
  }
}
