internal import ArgumentParser
internal import Jobs
internal import Report
internal import SystemPackage

struct ManifestExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Describe a job for other programs, as an RO-Crate; secrets are masked.",
    discussion: """
      RO-Crate 1.1 with the profile Process Run Crate 0.5: the film, the stages with their engines and times, the files \
      that were made, with sizes and hashes. The job's folder is the crate; its logs, which lie elsewhere, are not in it.

      Without --write the description is printed; with it, it is written as ro-crate-metadata.json into the job's folder, \
      where an archive then holds it, too.

      EXAMPLES
        cpwx manifest export 20251030-002 --write
        cpwx manifest export latest --license https://spdx.org/licenses/CC-BY-4.0
      Then see: cpwx job path JOB
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case roCrate = "ro-crate"
  }

  @OptionGroup var job: JobArgument

  @Option(help: "As what.")
  var format = Format.roCrate

  @Option(help: .init("The terms that hold for what was made. (default: those of the film)", valueName: "url"))
  var license: String?

  @Flag(help: "Write it into the job's folder, and print its path.")
  var write = false

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let paths = try workspace.paths(ofJob: job.job)
    let secrets = Secrets.values(ofJobIn: paths.output, workspace: workspace, outer: processEnvironment())
    let manifest = Manifest(
      document: Secrets.masked(try Manifest(reading: paths.writtenManifest()).document, secrets))
    let crate = RunCrate(of: manifest, in: paths.output, license: license, version: programVersion)
    guard write else { return Console.out(raw: try crate.document().bytes()) }
    Console.out(try crate.write().string)
  }
}
