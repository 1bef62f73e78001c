internal import ArgumentParser
internal import Index
internal import Jobs

extension CompletionKind {
  /// Ids of jobs, newest first: from the index as it stands, silent where there is none, and never writing.
  static var jobs: CompletionKind {
    .custom { words, _, prefix in
      let directory = words.firstIndex(of: "-C").flatMap { words.dropFirst($0 + 1).first }
      guard let workspace = try? WorkspaceOptions.find(directory) else { return [] }
      return ["latest"] + JobIndex.idsAsIndexed(in: workspace, beginning: prefix, limit: 200)
    }
  }
}
