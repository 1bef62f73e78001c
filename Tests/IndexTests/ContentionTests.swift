import Dispatch
import Foundation
import GRDB
import Jobs
import Synchronization
import Testing

@testable import Index

/// Each with the index open by itself, as processes have it: locks are those of the open file.
@Suite struct `Many who write at once` {
  private static let writers = 16
  private static let changes = 25

  @Test func `are none of them turned away, nor are those who read meanwhile`() throws {
    let site = try IndexedWorkspace()
    for writer in 0..<Self.writers { try site.job("20260101-\(101 + writer)", status: "running") }
    #expect(try site.ids().count == Self.writers)
    let troubles = Mutex<[String]>([])
    let pages = Atomic<Int>(0)
    let open = Atomic<Int>(Self.writers)
    let ended = DispatchGroup()
    func start(_ body: @escaping @Sendable () throws -> Void) {
      ended.enter()
      Thread.detachNewThread {
        do { try body() } catch { troubles.withLock { $0.append("\(error)") } }
        ended.leave()
      }
    }
    for writer in 0..<Self.writers {
      start {
        defer { open.subtract(1, ordering: .relaxed) }
        try site.look { index in
          let place = try #require(try index.page(JobQuery()).first { $0.jobID == "20260101-\(101 + writer)" }).place
          for change in 1...Self.changes {
            let isLast = change == Self.changes
            try site.job(
              "20260101-\(101 + writer)", status: isLast ? "completed" : "failed",
              stages: [("asr", isLast ? "success" : "failed")], error: "attempt \(change)", seconds: Double(change))
            try index.store([try #require(IndexedJob(reading: place, in: site.workspace))])
          }
        }
      }
    }
    for _ in 0..<4 {
      start {
        while open.load(ordering: .relaxed) > 0 {
          let ids = try site.ids()
          if ids.count != Self.writers { troubles.withLock { $0.append("a page of \(ids.count) jobs") } }
          pages.add(1, ordering: .relaxed)
        }
      }
    }
    try #require(ended.wait(timeout: .now() + 300) == .success)
    #expect(troubles.withLock { $0 } == [])
    #expect(site.notices == [])
    #expect(pages.load(ordering: .relaxed) >= 4)
    // A reader may have met a file half written, and told the index so: the next look sees what it has become.
    #expect(try site.ids("status=completed").count == Self.writers)
    // Of every writer the last word, and in the counts as in the rows.
    let kept = try site.look { index in
      try index.read { try Row.fetchAll($0, sql: "SELECT status, total_seconds, error FROM jobs").map { "\($0)" } }
    }
    #expect(kept == Array(repeating: kept.first ?? "", count: Self.writers), "\(kept)")
    #expect(kept.first?.contains("completed") == true && kept.first?.contains("\(Double(Self.changes))") == true)
    #expect(try site.look { try $0.counts() }.map(\.jobs) == [Self.writers])
    let rows = try site.rows()
    try Reindex(of: site.workspace).run(notice: site.notice)
    #expect(try site.rows() == rows)
  }
}
