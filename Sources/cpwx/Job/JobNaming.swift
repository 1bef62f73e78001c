internal import Index
internal import Jobs

extension Workspace {
  /// The job that a person names.
  func job(named name: String) throws -> IndexedJob {
    try JobIndex.job(named: name, in: self, notice: .console)
  }

  /// Where the files of the job are that a person names.
  func paths(ofJob name: String) throws -> JobPaths { try job(named: name).paths(in: self) }
}

extension IndexedJob {
  /// The documented object of a job.
  var document: JSON {
    [
      "job_id": .string(jobID), "user_id": Int(userID).map { .int($0) } ?? .string(userID), "title": .string(title),
      "year": .int(year), "status": .string(status), "stage": .string(stage), "input": .string(input),
      "created_at": .string(createdAt), "completed_at": .string(completedAt), "output_dir": .string(folder),
      "archive": .null, "total_seconds": totalSeconds.map { .double($0) } ?? .null, "error": .string(error),
    ]
  }
}
