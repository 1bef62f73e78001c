internal import ArgumentParser
internal import Jobs
internal import Pipeline

struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job",
    abstract: "Make jobs and look at them.",
    discussion: """
      EXAMPLES
        cpwx job list
        cpwx job show latest
      """,
    subcommands: [
      JobCreateCommand.self, JobListCommand.self, JobShowCommand.self, JobLogsCommand.self, JobEnvCommand.self,
      JobPathCommand.self,
    ])
}

/// What the lists and details of jobs say of one, under the documented keys.
struct JobSummary {
  let paths: JobPaths
  let manifest: Manifest?
  let workspace: Workspace

  init(_ paths: JobPaths, in workspace: Workspace) {
    (self.paths, self.workspace) = (paths, workspace)
    manifest = try? Manifest(reading: paths.manifest)
  }

  var status: String {
    let isRunning = FileLock.isHeld(paths.lock)
    if let manifest { return manifest.status(isRunning: isRunning).rawValue }
    return exists(paths.manifest) ? "damaged" : PipelineStatus.pending.rawValue
  }

  var document: JSON {
    let info = try? JobInfo(reading: paths.info)
    let current = manifest?.stages.last { $0.status == .running || $0.status == .failed }?.name
    return [
      "job_id": .string(paths.id.description), "user_id": .int(paths.userID), "title": .string(manifest?.title),
      "year": .int(manifest?.year), "status": .string(status), "stage": .string(current),
      "input": .string(manifest?.inputFile),
      "created_at": .string(info?.createdAt ?? manifest?.document["created_at"]?.string),
      "completed_at": manifest?.document["timing"]?["completed_at"] ?? .null,
      "output_dir": .string(workspace.documentPath(paths.output)), "archive": .null,
    ]
  }
}
