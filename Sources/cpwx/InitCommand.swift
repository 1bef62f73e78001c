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
    let here = setup.root == currentFolder() ? "" : " -C \(quoted(setup.root.string))"
    Console.out(
      wrapping: "Put films into \(setup.root.appending("in")) and set SRC_LANG, the language that is spoken. Next:")
    Console.out("  ${EDITOR:-vi} \(quoted(setup.root.appending("config/.env").string))")
    Console.out("  cpwx doctor\(here)")
    Console.out("  cpwx run\(here)")
  }

  private func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "/._-".utf8.contains(byte)
    }
    return isPlain
      ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
