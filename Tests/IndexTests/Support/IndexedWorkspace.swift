import Foundation
import GRDB
import Jobs
import Synchronization
import SystemPackage
import TestSupport

@testable import Index

/// A workspace of one test, with jobs as files.
final class IndexedWorkspace: Sendable {
  private let place: TemporaryFolder
  /// What the index said of its troubles.
  private let said = Mutex<[String]>([])

  init() throws {
    place = try TemporaryFolder()
    try place.file("config/.env", "USER_ID=1\n")
  }

  var workspace: Workspace {
    get throws { try Workspace(at: place.root, environment: [:]) }
  }

  func path(_ relative: String) -> FilePath { place.path(relative) }
  var database: FilePath { path(".cpwx/index.sqlite") }
  var notices: [String] { said.withLock { $0 } }
  var notice: IndexNotice { IndexNotice { text in self.said.withLock { $0.append(text) } } }

  @discardableResult
  func file(_ relative: String, _ content: String) throws -> FilePath { try place.file(relative, content) }

  func remove(_ relative: String) throws { try FileManager.default.removeItem(atPath: path(relative).string) }

  /// A job in the dated tree.
  func job(
    _ id: String, user: String = "1", title: String = "Sholay", year: Int = 1975, status: String = "completed",
    stages: [(String, String)] = [("demux", "success"), ("mux", "success")], error: String? = nil,
    seconds: Double? = 60, made clock: String = "09:00:00.000000", in zone: String? = nil
  ) throws {
    let day = "\(id.prefix(4))/\(id.dropFirst(4).prefix(2))/\(id.dropFirst(6).prefix(2))"
    let date = String(day.map { $0 == "/" ? "-" : $0 })
    let entries = stages.enumerated().map { number, stage in
      let clock = "\(date)T10:0\(number):00.000000"
      let failure = stage.1 == "failed" ? #", "error": "\#(error ?? "boom")""# : ""
      return #"""
        "\#(stage.0)": {"status": "\#(stage.1)", "stage_number": \#(number + 1), "started_at": "\#(clock)",
        "completed_at": "\#(clock)", "duration_seconds": \#(number + 1).5, "attempt": 1\#(failure)}
        """#
    }
    try file(
      "out/\(day)/\(user)/\(id)/manifest.json",
      #"""
      {"version": "1.0.0", "created_at": "\#(date)T\#(clock)",\#(zone.map { #" "timezone": "\#($0)","# } ?? "")
      "job_id": "\#(id)", "user_id": \#(user), "input": {"file": "in/\#(title).mkv", "title": "\#(title)", "year": \#(year),
      "sha256": "\#(id.filter(\.isNumber))abcdef"},
      "stages": {\#(entries.joined(separator: ",\n"))},
      "pipeline": {"status": "\#(status)", "current_stage": null, "completed_stages": [], "failed_stages": []},
      "timing": {"completed_at": "\#(date)T11:00:00.000000", "total_seconds": \#(seconds.map { "\($0)" } ?? "null")}}
      """#)
  }

  /// Jobs of the first of January 2026, of which their manifests tell the least that leaves nothing to ask other files for.
  func plainJobs(_ numbers: ClosedRange<Int>, status: String = "completed") throws {
    for number in numbers {
      try file(
        "out/2026/01/01/1/20260101-\(number)/manifest.json",
        #"""
        {"created_at": "2026-01-01T09:00:00.000000", "timezone": "UTC +00:00", "input": {"file": "in/a.mkv"},
        "status": "\#(status)"}
        """#)
    }
  }

  func look<Result>(_ body: (JobIndex) throws -> Result) throws -> Result {
    try JobIndex.look(in: workspace, notice: notice, body)
  }

  func ids(_ filters: String..., order: JobQuery.Order = .created, ascending: Bool = false) throws -> [String] {
    try pages(of: nil, filters, order: order, ascending: ascending)
  }

  /// What all the pages of a length have, one after the other; `nil` for one page of all.
  func pages(of length: Int?, _ filters: [String], order: JobQuery.Order, ascending: Bool) throws -> [String] {
    var query = JobQuery()
    query.filters = try filters.map { try JobFilter($0) }
    (query.order, query.ascending, query.limit) = (order, ascending, length)
    return try look { index in
      var ids: [String] = []
      while case let page = try index.page(query), let last = page.last {
        ids += page.map(\.jobID)
        guard length != nil else { break }
        query.after = last.folder
      }
      return ids
    }
  }

  func find(_ text: String) throws -> [String] { try look { try $0.find(text, limit: nil) }.map(\.jobID) }

  /// Every row of every table that tells of jobs.
  func rows() throws -> [String] {
    try look { index in
      try Drift(index).heal()
      return try index.read { db in
        try ["jobs", "stages", "history", "events", "inputs", "words", "counts", "batches"].flatMap { table in
          try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\(table): \($0)" }.sorted()
        }
      }
    }
  }
}
