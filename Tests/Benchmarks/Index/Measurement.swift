internal import Index
internal import Jobs
internal import SystemPackage

/// Everything that is measured over one workspace, in this process.
struct Measurement {
  private let workspace: Workspace
  private let notice = IndexNotice { say("index-bench: \($0)") }

  init(of workspace: Workspace) { self.workspace = workspace }

  /// How long an index takes that is made from nothing but the jobs' files.
  func reindexing() throws -> JSON {
    var jobs = 0
    let seconds = try milliseconds { jobs = try Reindex(of: workspace).run(notice: notice) } / 1000
    let size = try FileStatus(of: workspace.stateFolder.appending("index.sqlite")).size
    return [
      "jobs": .int(jobs), "bytes_a_job": .int(size / max(jobs, 1)), "reindex_seconds": .double(rounded(seconds)),
      "manifests_per_second": .int(Int(Double(jobs) / seconds)),
      "peak_rss_mib": .int(ProcessStatus.peakMemory >> 20),
    ]
  }

  /// The making of it, then the answers.
  func figures() throws -> JSON {
    // Once for warm caches: what is measured is the index, not the disk.
    _ = try reindexing()
    var figures = try reindexing()
    for answer in try answers().object?.members ?? [] { figures[answer.name] = answer.value }
    return figures
  }

  /// What the index as it stands takes to answer and to keep.
  func answers() throws -> JSON {
    var figures: JSON = [:]
    try JobIndex.look(in: workspace, notice: notice) { index in
      figures["pages"] = try QueryMeasurement(of: index).pages()
      figures["counts"] = try QueryMeasurement(of: index).counts()
      figures["find"] = try QueryMeasurement(of: index).finds()
      let statistics = try Samples(5) { _ in _ = try index.statistics([]) }
      figures["statistics"] = statistics.document
    }
    return figures
  }

  /// State changes that the index as it stands stores a second, and that of a workspace without a job.
  func changes(besides empty: Workspace) throws -> JSON {
    try JobIndex.look(in: workspace, notice: notice) { index in
      try JobIndex.look(in: empty, notice: notice) { try ChangeMeasurement(of: index, besides: $0).figures() }
    }
  }
}
