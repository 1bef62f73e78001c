import Foundation
import GRDB
import Jobs
import Synchronization
import SystemPackage
import Testing

@testable import Index

@Suite struct `The making of an index` {
  private func site(_ jobs: Int = 5) throws -> IndexedWorkspace {
    let site = try IndexedWorkspace()
    for number in 1...jobs { try site.job("20260101-00\(number)") }
    return site
  }

  private func inode(_ site: IndexedWorkspace) throws -> UInt64 { try FileStatus(of: site.database).inode }

  @Test func `tells how far it has come, and when it is done`() throws {
    let site = try site()
    try site.job("20260102-001")
    let told = Mutex<[Reindex.Progress]>([])
    let notice = IndexNotice({ _ in }, progress: { progress in told.withLock { $0.append(progress) } })
    try JobIndex.look(in: site.workspace, notice: notice) { _ in }
    let progress = told.withLock { $0 }
    #expect(progress.map(\.jobs) == [5, 6, 6])
    #expect(progress.map(\.daysDone) == [1, 2, 2])
    #expect(progress.map(\.days) == [2, 2, 2])
    #expect(progress.map(\.isWhole) == [false, false, true])
  }

  @Test func `is done on more than one core, and put together in order`() throws {
    // Each of a pair waits for the other to have begun.
    let begun = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
    var order: [Int] = []
    try inParallel(0..<40, pieces: { [$0 * 2, $0 * 2 + 1] }) { piece in
      begun[piece % 2].signal()
      return begun[1 - piece % 2].wait(timeout: .now() + 120) == .success
    } consume: { piece, hasMet in
      #expect(hasMet, "it was alone")
      order.append(piece)
    }
    #expect(order == Array(0..<80))
  }

  @Test func `is left to the one who is at it, whose index then serves`() throws {
    let site = try site()
    _ = try site.ids()
    let made = try DurableFile.read(site.database)
    try site.remove(".cpwx/index.sqlite")
    let maker = try FileLock.wait(for: IndexFile(in: site.workspace).makerPath)
    let done = DispatchSemaphore(value: 0)
    let found = Mutex<[String]>([])
    Thread.detachNewThread {
      let ids = (try? site.ids()) ?? []
      found.withLock { $0 = ids }
      done.signal()
    }
    while !site.notices.contains(where: { $0.contains("another process makes the index") }) { usleep(1000) }
    #expect(done.wait(timeout: .now() + 0.2) == .timedOut)
    try DurableFile.write(made, to: site.database)
    let lock = try IndexFile(in: site.workspace).lock()
    try IndexFile(in: site.workspace).note(lock)
    _ = consume lock
    let inode = try inode(site)
    _ = consume maker
    done.wait()
    #expect(found.withLock { $0 }.count == 5)
    #expect(try self.inode(site) == inode, "it was not made twice")
  }

  @Test func `takes the place of an older cpwx's, which is not damaged and not kept`() throws {
    let site = try site()
    let rows = try site.rows()
    let lock = try IndexFile(in: site.workspace).lock()
    try IndexFile(in: site.workspace).change(lock) {
      let older = try DatabaseQueue(path: site.database.string)
      try older.write { db in
        try db.execute(sql: "ALTER TABLE jobs DROP COLUMN created; ALTER TABLE jobs DROP COLUMN timezone")
        try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '5 %'")
      }
      try older.close()
    }
    _ = consume lock
    #expect(try site.rows() == rows)
    #expect(site.notices.count == 1 && site.notices[0].contains("is of an older cpwx"), "\(site.notices)")
    #expect(!names(in: site.path(".cpwx")).contains { $0.contains("damaged") })
  }

  @Test func `puts another file in place of one that nobody has open`() throws {
    let site = try site()
    let rows = try site.rows()
    let before = try inode(site)
    try Reindex(of: site.workspace).run(notice: site.notice)
    #expect(try inode(site) != before)
    #expect(try site.rows() == rows)
    #expect(site.notices.isEmpty)
  }

  @Test func `leaves the file to those who have it open, with the new rows`() throws {
    let site = try site()
    let before = try site.look { index in
      let before = try inode(site)
      try site.job("20260101-006")
      try Reindex(of: site.workspace).run(notice: site.notice)
      #expect(try inode(site) == before)
      #expect(try index.standingCounts().map(\.jobs) == [6])
      // And goes on writing.
      try site.job("20260101-007")
      #expect(try index.counts().map(\.jobs) == [7])
      return before
    }
    #expect(try inode(site) == before)
    #expect(try site.ids().count == 7)
    #expect(site.notices.isEmpty)
  }
}
