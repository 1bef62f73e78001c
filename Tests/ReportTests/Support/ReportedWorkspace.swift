import Foundation
import Jobs
import Report
import SystemPackage
import TestSupport

/// A workspace of one test, with a batch's record and its jobs as files. The batch begins on 2026-01-01 at 22:00.
final class ReportedWorkspace {
  let place: TemporaryFolder
  static let id = "20260101-220000-77"
  private var entries: [JSON] = []

  init(config: String = "USER_ID=1\n") throws {
    place = try TemporaryFolder()
    try place.file("config/.env", config)
  }

  /// One attempt of a stage, in seconds from the batch's beginning.
  struct Span {
    var name: String
    var start: Double
    var end: Double?
    var status = "success"
    var waited: Double?
    var bytes = 0
    var reason: String?
    var error: String?
  }

  static func clock(_ seconds: Double) -> String {
    let start = Timestamp("2026-01-01T22:00:00") ?? .now
    return Timestamp(microseconds: start.microseconds + Int64(seconds * 1_000_000)).text
  }

  /// A job in the dated tree, and its entry in the batch's record.
  ///
  /// - Parameters:
  ///   - runs: when its runs began; by default there is one, which began with the first stage.
  ///   - failures: attempts that failed and that those of `spans` took the place of.
  func job(
    _ number: Int, title: String, input: String? = nil, decision: String = "new", status: String? = "completed",
    recorded: String? = nil, reason: String? = nil, who: String = "admin@film", log: String? = nil,
    begun runs: [Double]? = nil, failures: [Span] = [], _ spans: [Span]
  ) throws {
    let id = "20260101-" + String(String(1000 + number).dropFirst())
    let input = input ?? "in/\(title).mkv"
    var stages = JSON.Object()
    for (index, span) in spans.enumerated() {
      var fields: JSON = [
        "stage_number": .int(index + 1), "status": .string(span.status), "lane": .string("gpu"),
        "attempt": .int(1 + failures.count { $0.name == span.name }),
        "started_at": .string(Self.clock(span.start)), "completed_at": .string(span.end.map(Self.clock)),
        "duration_seconds": span.end.map { .double($0 - span.start) } ?? .null,
        "outputs": ["file": ["path": .string("\(span.name).out"), "size_bytes": .int(span.bytes)]],
      ]
      fields["waited_seconds"] = span.waited.map { .double($0) }
      fields["reason"] = span.reason.map { .string($0) }
      fields["error"] = span.error.map { .string($0) }
      stages[span.name] = fields
      if let log, span.error != nil || !failures.isEmpty {
        try place.file("logs/2026/01/01/1/\(id)/\(span.name).log", log)
      }
    }
    let runs = (runs ?? [(failures + spans).map { $0.start - ($0.waited ?? 0) }.min() ?? 0]).map(Self.clock)
    let begun: [JSON] = runs.map { ["at": .string($0), "event": .string("started"), "who": .string(who)] }
    let failed = failures.enumerated().flatMap { index, span -> [JSON] in
      let attempt = JSON.int(1 + failures[..<index].count { $0.name == span.name })
      return [
        [
          "at": .string(Self.clock(span.start)), "event": .string("stage_started"), "stage": .string(span.name),
          "attempt": attempt,
        ],
        [
          "at": .string(span.end.map(Self.clock)), "event": .string("stage_failed"), "stage": .string(span.name),
          "attempt": attempt, "reason": .string(span.reason),
        ],
      ]
    }
    let manifest: JSON = [
      "version": .string("1.0.0"), "created_at": .string(runs.first), "job_id": .string(id), "user_id": .int(1),
      "input": ["file": .string(input), "title": .string(title), "year": .int(1975)], "stages": .object(stages),
      "pipeline": ["status": .string(recorded ?? status ?? "running")],
      "history": .array(begun + failed),
    ]
    try place.file("out/2026/01/01/1/\(id)/manifest.json", manifest.text())
    entry(id, input: input, decision: decision, status: status, reason: reason)
  }

  /// An entry in the batch's record alone.
  func entry(
    _ id: String?, user: Int? = nil, input: String, decision: String, status: String? = nil, reason: String? = nil
  ) {
    entries.append([
      "job_id": .string(id), "user_id": user.map { .int($0) } ?? .null, "input": .string(input),
      "decision": .string(decision), "status": .string(status), "reason": .string(reason),
    ])
  }

  /// Writes the batch's record and reads the report of it.
  ///
  /// - Parameter seconds: how long the batch took; `nil` for one that has not ended, whose record names no jobs.
  func report(took seconds: Double? = 1000, lanes: [String: Int] = ["gpu": 1]) async throws -> BatchReport {
    var slots = JSON.Object()
    for (lane, count) in lanes { slots[lane] = .int(count) }
    let record: JSON = [
      "batch_id": .string(Self.id), "who": .string("admin@film"), "inputs": .strings(["in"]),
      "status": .string(seconds == nil ? "running" : "failed"), "started_at": .string(Self.clock(0)),
      "timezone": .string("IST +05:30"), "completed_at": .string(seconds.map(Self.clock)), "lanes": .object(slots),
      "jobs": .array(seconds == nil ? [] : entries),
    ]
    let path = try place.file("logs/batches/\(Self.id).json", record.text())
    return try await BatchReport(reading: path, in: workspace, environment: [:])
  }

  var workspace: Workspace {
    get throws { try Workspace(at: place.root, environment: [:]) }
  }
}
