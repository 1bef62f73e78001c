internal import ArgumentParser
internal import Jobs
internal import Setup
internal import SystemPackage

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a workspace.",
    discussion: """
      Makes in/, out/, logs/, archive/, shared/, config/.env and, for stages in containers, config/docker-compose.yml \
      and config/Dockerfile; leaves alone what is there already.

      EXAMPLES
        cpwx init
        cpwx init /srv/films
      Then see: cpwx doctor
      """)

  @Argument(help: .init("The folder. (default: this one)", valueName: "dir"))
  var directory: String?

  @OptionGroup var verbosity: VerbosityOptions

  func run() async throws {
    verbosity.take()
    if directory?.isEmpty ?? false {
      throw JobError(.usage, "''", "an empty path names no folder", remedy: "Is it a variable that is not set?")
    }
    let setup = WorkspaceSetup(FilePath(directory ?? "."))
    let made = try setup.run()
    Console.detail("The workspace is \(setup.root).")
    if verbosity.quiet { return }
    Console.out(
      wrapping: made.isEmpty
        ? "\(setup.root) is a workspace already; nothing was changed."
        : "Made a workspace in \(setup.root): \(made.joined(separator: " "))")
    let here = setup.root == currentFolder() ? "" : " -C \(setup.root.string.asShellWord)"
    Console.out(
      wrapping: "Put films into \(setup.root.appending("in")) and set SRC_LANG, the language that is spoken. Next:")
    Console.out("  ${EDITOR:-vi} \(setup.root.appending("config/.env").string.asShellWord)")
    Console.out("  cpwx doctor\(here)")
    Console.out("  cpwx run\(here)")
  }
}
