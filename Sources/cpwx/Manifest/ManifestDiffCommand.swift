internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import SystemPackage

struct ManifestDiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Say what differs between two jobs' manifests, stage by stage; secrets are masked.",
    discussion: """
      Compared is the work: the film, statuses, outputs and their sizes, metadata, fingerprints, errors. Times, durations \
      and the names of the jobs are not. Archived jobs are read in their archives. Of two jobs the outputs themselves are \
      compared, too: whether they are there, and have the same bytes.

      Exit code 0 when nothing differs, 1 when something does.

      EXAMPLES
        cpwx manifest diff 20251030-001 20251128-001
        cpwx manifest diff old/manifest.json new/manifest.json --format json
      Then see: cpwx manifest show JOB
      """)

  @Argument(help: .init("A job, an archive's path, or the path of a manifest.", valueName: "old"))
  var old: String

  @Argument(help: .init("Another one.", valueName: "new"))
  var new: String

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    let (before, after) = (try manifest(old), try manifest(new))
    let secrets = Set(before.secrets + after.secrets).longestFirst
    var outputs: [ManifestDifference] = []
    if let content = before.content, let other = after.content {
      outputs = try content.differences(of: before.manifest, to: after.manifest, in: other)
    }
    let differences = before.manifest.differences(to: after.manifest, outputs: outputs)
    Listing(
      rows: differences.map { difference in
        Secrets.masked(
          [
            "stage_name": .string(difference.stage), "key": .string(difference.key), "old": difference.old ?? .null,
            "new": difference.new ?? .null,
          ], secrets)
      },
      columns: [
        .init("STAGE", key: "stage_name"), .init("WHAT", key: "key"), .init("OLD", key: "old", isFlexible: true),
        .init("NEW", key: "new", isFlexible: true),
      ],
      keys: RowKeys.difference
    ).write(format)
    if differences.isEmpty {
      if format == .table { Console.note("No difference.") }
    } else {
      throw ExitStatus.someFailed
    }
  }

  private typealias Side = (manifest: Manifest, secrets: [String], content: JobContent?)

  /// The manifest that a name stands for, and, where it names a job, that job's files.
  private func manifest(_ name: String) throws -> Side {
    if name.hasSuffix(".tar.zst") { return try archived(name) }
    var file = absolute(FilePath(name))
    if isDirectory(file), exists(file.appending("manifest.json")) { file = file.appending("manifest.json") }
    let environment = processEnvironment()
    if (try? FileStatus(of: file))?.isRegular == true {
      let workspace = try? workspaceOptions.open()
      let secrets = Secrets.values(
        ofJobIn: file.removingLastComponent(), workspace: workspace, outer: environment)
      return (try Manifest(reading: file), secrets, nil)
    }
    let workspace = try workspaceOptions.open()
    let job = try workspace.job(named: name)
    let paths = job.paths(in: workspace)
    guard job.isArchived else {
      return (
        try Manifest(reading: paths.writtenManifest()),
        Secrets.values(ofJobIn: paths.output, workspace: workspace, outer: environment), JobContent(in: paths.output)
      )
    }
    return try archived(job.archive.map { workspace.resolve(documentPath: $0).string } ?? name)
  }

  private func archived(_ path: String) throws -> Side {
    let file = try ArchiveFile(named: path, in: { try workspaceOptions.open() }, notice: .console)
    let (manifest, env, content) = try file.documents()
    let (settings, environment) = (EnvFile(parsing: env), processEnvironment())
    let secrets =
      if let workspace = try? workspaceOptions.open() {
        Secrets.values(of: settings, andOf: workspace, outer: environment)
      } else {
        Secrets.values(of: settings, in: ".", outer: environment)
      }
    return (manifest, secrets, content)
  }
}
