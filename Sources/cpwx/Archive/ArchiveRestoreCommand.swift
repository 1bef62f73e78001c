internal import ArgumentParser
internal import Jobs

struct ArchiveRestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put archived jobs back, as they were to the byte, mode and nanosecond; the archives stay.",
    discussion: """
      A job is written beside its place, every file compared with its hash, and renamed into place when all of it is on \
      the disk. What is there already is never touched, unless --replace moves it aside.

      Owners, extended attributes and ACLs are not archived, and do not come back.

      EXIT CODES
        65  the archive is damaged: nothing was restored, or with --salvage all but what is named
        74  something is there already, or the disk is full

      EXAMPLES
        cpwx archive restore 20251030-001
        cpwx archive restore 20251030-001 --to /tmp/look
        cpwx archive restore --salvage 20251030-001
      Then see: cpwx job show JOB
      """)

  @Argument(help: .init("Jobs, or the paths of their archives.", valueName: "job"))
  var jobs: [String]

  @Option(help: .init("Into this folder, as out/… and logs/… below it.", valueName: "dir"))
  var to: String?

  @Flag(help: "Move a job that is there aside first.")
  var replace = false

  @Flag(help: "Get out of a damaged archive what is still good.")
  var salvage = false

  @OptionGroup var workOptions: WorkOptions

  func validate() throws {
    if to == "" { throw ValidationError("--to takes a folder.") }
  }

  func run() async throws {
    let workspace = try workOptions.open()
    let format = try workOptions.resolved()
    let results = try RestoreRequest(self, in: workspace).run()
    results.listing().write(format)
    if let status = results.exitStatus { throw status }
  }
}
