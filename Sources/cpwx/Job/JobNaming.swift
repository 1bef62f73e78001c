internal import Index
internal import Jobs
internal import SystemPackage

extension Workspace {
  /// The job that a person names.
  func job(named name: String) throws -> IndexedJob {
    try JobIndex.job(named: name, in: self, notice: .console)
  }

  /// Where the files of the job are that a person names.
  ///
  /// - Throws: ``JobError`` with code `usage` where they are in its archive only.
  func paths(ofJob name: String) throws -> JobPaths {
    let job = try job(named: name)
    guard job.isArchived else { return job.paths(in: self) }
    throw JobError(
      .usage, job.jobID, "is archived: its files are in \(job.archive ?? "its archive")",
      remedy:
        "Look there with cpwx archive show or extract \(job.jobID); cpwx archive restore \(job.jobID) puts it back.")
  }
}

extension JobPaths {
  /// Where the manifest is.
  ///
  /// - Throws: ``JobError`` with code `usage` where no run has come to the job.
  func writtenManifest() throws -> FilePath {
    guard exists(manifest) || !exists(output) else {
      throw JobError(
        .usage, id.description, "has not run: it has no manifest yet",
        remedy: "A run writes it. Its settings are shown by: cpwx job env \(id)")
    }
    return manifest
  }
}

extension IndexedJob {
  /// The documented object of a job.
  var document: JSON {
    [
      "job_id": .string(jobID), "user_id": Int(userID).map { .int($0) } ?? .string(userID), "title": .string(title),
      "year": .int(year), "status": .string(status), "stage": .string(stage), "input": .string(input),
      "created_at": .string(createdAt), "completed_at": .string(completedAt), "output_dir": .string(folder),
      "timezone": .string(timezone), "archive": .string(archive), "archive_state": .string(archiveState.rawValue),
      "total_seconds": totalSeconds.map { .double($0) } ?? .null, "error": .string(error),
    ]
  }
}
