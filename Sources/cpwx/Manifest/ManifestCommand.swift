internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct ManifestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest",
    abstract: "Look into manifests, check and compare them, write a stage's entry.",
    discussion: """
      EXAMPLES
        cpwx manifest show latest
        cpwx manifest validate out/2025/10/30/1/20251030-001/manifest.json
      Then see: cpwx manifest show
      """,
    subcommands: [
      ManifestShowCommand.self, ManifestValidateCommand.self, ManifestDiffCommand.self, ManifestOutputsCommand.self,
      ManifestRecordCommand.self, ManifestExportCommand.self,
    ])
}

/// The manifest that a command is about.
struct ManifestArgument: ParsableArguments {
  @Argument(help: .init("A job, or the path of a manifest.", valueName: "job-or-file"))
  var manifest: String

  @OptionGroup var workspaceOptions: WorkspaceOptions

  /// A file needs no workspace around it.
  func path() throws -> FilePath {
    let path = absolute(FilePath(manifest))
    if let status = try? FileStatus(of: path) {
      if status.isRegular { return path }
      if status.isDirectory, exists(path.appending("manifest.json")) { return path.appending("manifest.json") }
    }
    let job: JobPaths
    do {
      job = try workspaceOptions.open().paths(ofJob: manifest)
    } catch let error as JobError where error.code == .usage && manifest.contains("/") && !exists(path) {
      throw JobError(.usage, path.string, "no such file or folder, and no job's", underlying: error.underlying)
    }
    return try job.writtenManifest()
  }

  /// What must not be shown of the manifest at `path`: stages are foreign programs, and write into it what they like.
  func secrets(_ path: FilePath) -> [String] {
    Secrets.values(
      ofJobIn: path.removingLastComponent(), workspace: try? workspaceOptions.open(), outer: processEnvironment())
  }
}
