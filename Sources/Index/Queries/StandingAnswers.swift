internal import GRDB
internal import Jobs

/// What the index says as it stands, not compared with the jobs' files: the part of an answer that is SQLite's.
extension JobIndex {
  package func standingPage(_ query: JobQuery) throws -> [IndexedJob] { try read { try $0.page(query) } }

  package func standingMatches(_ text: String, limit: Int?) throws -> [IndexedJob] {
    try read { try $0.matches(text, limit: limit) }
  }

  package func standingCounts() throws -> [(userID: String, status: String, jobs: Int)] {
    try read { try $0.jobCounts() }
  }
}
