import Foundation
import GRDB
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Index

@Suite struct `A damaged index` {
  private func site() throws -> IndexedWorkspace {
    let site = try IndexedWorkspace()
    for number in 1...20 { try site.job("20260101-0\(number < 10 ? "0" : "")\(number)", title: "Film \(number)") }
    return site
  }

  @Test func `that is missing, empty, cut short or no database at all is made anew`() throws {
    let site = try site()
    let expected = try site.rows()
    let whole = try DurableFile.read(site.database)
    for bytes in [[], Array(whole.prefix(5000)), Array(repeating: 7, count: 9000), Array(whole.dropLast(4096))] {
      try DurableFile.write(bytes, to: site.database)
      #expect(try site.rows() == expected)
    }
    #expect(site.notices.contains { $0.contains("made anew") })
    #expect(site.notices.contains { $0.contains("kept as") })
  }

  @Test(arguments: [
    ("is missing", "rm index.sqlite"), ("is empty", ": > index.sqlite"),
    ("is a link to nothing", "ln -sf /nowhere/at/all index.sqlite"),
  ])
  func `that is missing, empty, or a link to nothing is told of`(words: String, damage: String) throws {
    let site = try site()
    let expected = try site.rows()
    #expect(site.notices.isEmpty, "of a workspace that had none there is nothing to tell")
    let shell = try Process.run(
      URL(filePath: "/bin/sh"), arguments: ["-c", "cd '\(site.path(".cpwx"))' && \(damage)"])
    shell.waitUntilExit()
    #expect(try site.rows() == expected)
    #expect(site.notices.count == 1 && site.notices[0].contains("\(words); it is made anew"), "\(site.notices)")
  }

  @Test func `is not what a program leaves that goes on reading it: it is written and made anew all the same`() throws {
    let site = try site()
    let expected = try site.rows()
    var settings = Configuration()
    (settings.readonly, settings.allowsUnsafeTransactions) = (true, true)
    let other = try DatabaseQueue(path: site.database.string, configuration: settings)
    try other.inDatabase { db in
      try db.execute(sql: "BEGIN")
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM jobs") == 20)
    }
    // More than may wait in the -wal file.
    try site.look { index in
      try index.write { try $0.execute(sql: "UPDATE inputs SET file = hex(zeroblob(1000000))") }
      try index.write { try $0.execute(sql: "UPDATE inputs SET sha256 = NULL") }
    }
    #expect(try IndexFile(in: site.workspace).isNotedAsLeft)
    #expect(try site.look { try $0.read { try Int.fetchOne($0, sql: "SELECT count(sha256) FROM inputs") } } == 0)
    try Reindex(of: site.workspace).replace(notice: site.notice)
    #expect(try site.rows() == expected)
    #expect(site.notices.isEmpty, "\(site.notices)")
    try other.inDatabase { db in
      #expect(try Int.fetchOne(db, sql: "SELECT count(sha256) FROM inputs") == 20, "it reads on what it began with")
      try db.execute(sql: "ROLLBACK")
    }
  }

  @Test func `is noticed also after a change of it was cut short`() throws {
    let site = try site()
    let expected = try site.rows()
    func cutShort() throws {
      let lock = try IndexFile(in: site.workspace).lock()
      try lock.describeHolder(["changing": .bool(true)])
    }
    try cutShort()
    #expect(try !IndexFile(in: site.workspace).isNotedAsLeft)
    #expect(try site.rows() == expected)
    #expect(site.notices.isEmpty)
    #expect(try IndexFile(in: site.workspace).isNotedAsLeft)
    try cutShort()
    let whole = try DurableFile.read(site.database)
    try DurableFile.write(Array(whole.prefix(4096)) + Array(repeating: 7, count: whole.count - 4096), to: site.database)
    #expect(try site.rows() == expected)
    #expect(site.notices.contains { $0.contains("made anew") })
  }

  @Test func `is kept once, however often it was damaged`() throws {
    let site = try site()
    let expected = try site.rows()
    try makeFolder(site.path(".cpwx/index.sqlite.kept-by-hand"))
    for damage in 1...3 {
      try DurableFile.write(Array(repeating: 7, count: 9000 + damage), to: site.database)
      #expect(try site.rows() == expected)
    }
    let kept = names(in: site.path(".cpwx")).filter { $0.contains(".kept-") }
    #expect(kept.count == 2 && kept.contains("index.sqlite.kept-by-hand"), "\(kept)")
    let last = try #require(kept.first { $0 != "index.sqlite.kept-by-hand" })
    #expect(try FileStatus(of: site.path(".cpwx/\(last)")).size == 9003)
  }

  @Test(arguments: ["index.sqlite-wal", "index.maker", "index.lock"])
  func `with a folder in the place of its own files is not needed, and says which one it is`(name: String) throws {
    let site = try site()
    try makeFolder(site.path(".cpwx/\(name)"))
    #expect(try site.ids().count == 20)
    #expect(site.notices.count == 1 && site.notices[0].contains("/\(name): is a folder"), "\(site.notices)")
    let error = #expect(throws: JobError.self) { try Reindex(of: site.workspace).run(notice: site.notice) }
    #expect(error?.code == .io && error?.subject.hasSuffix("/\(name)") == true)
  }

  @Test func `is not what a film that cannot be read is taken for`() throws {
    let site = try site()
    _ = try site.rows()
    let error = #expect(throws: JobError.self) {
      try site.look { _ in throw JobError(.io, "in/film.mkv", "cannot be read") }
    }
    #expect(error?.subject == "in/film.mkv")
    #expect(site.notices.isEmpty)
  }

  @Test func `never answers wrongly, whichever bytes were changed`() throws {
    let site = try site()
    let expected = try site.rows()
    let whole = try DurableFile.read(site.database)
    var random = SplitMix64(seed: 7)
    for _ in 0..<30 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      }
      // In place: as a failing disk or a stray program does it.
      let file = try FileDescriptor.open(site.database, .writeOnly)
      try file.writeAll(toAbsoluteOffset: 0, bytes)
      try file.close()
      #expect(try site.rows() == expected)
    }
  }

  @Test func `never answers wrongly, whichever bytes were changed of what waits to be brought into it`() throws {
    let site = try site()
    _ = try site.rows()
    for number in 1...20 { try site.job("20260101-0\(number < 10 ? "0" : "")\(number)", title: "Other \(number)") }
    let expected = try site.rows()
    let waiting = FilePath(site.database.string + "-wal")
    let whole = try DurableFile.read(waiting)
    try #require(whole.count > 20_000, "nothing waits")
    var random = SplitMix64(seed: 11)
    for turn in 0..<20 {
      var bytes = whole
      if turn % 4 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
      bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      let file = try FileDescriptor.open(waiting, .writeOnly, options: [.truncate])
      try file.writeAll(toAbsoluteOffset: 0, bytes)
      try file.close()
      #expect(try site.rows() == expected, "turn \(turn)")
    }
  }

  @Test(arguments: JobQuery.Order.allCases, [true, false])
  func `in the middle of a list goes on where it broke off`(order: JobQuery.Order, isGone: Bool) throws {
    let site = try site()
    for number in 1...4 { try site.job("20260102-00\(number)", status: "failed", seconds: Double(number % 2)) }
    let expected = try site.ids(order: order)
    var query = JobQuery()
    query.order = order
    var told: [String] = []
    let last = try JobIndex.stream(query, in: site.workspace, limit: 23, pageLength: 5, notice: site.notice) { jobs in
      told += jobs.map(\.jobID)
      guard told.count == 10 else { return }
      if isGone { try site.remove(jobs.last?.folder ?? "") }
      let lock = try IndexFile(in: site.workspace).lock()
      let spoiling = try Process.run(
        URL(filePath: "/usr/bin/env"), arguments: ["sqlite3", site.database.string, "DROP TABLE jobs"])
      spoiling.waitUntilExit()
      #expect(spoiling.terminationStatus == 0)
      _ = consume lock
    }
    #expect(told == Array(expected.prefix(23)))
    #expect(last?.jobID == expected[22])
    #expect(site.notices.count { $0.contains("made anew") } == 1, "\(site.notices)")
  }

  @Test func `of a newer cpwx stays as it is, and answers come from the files`() throws {
    let site = try site()
    let expected = try site.rows()
    let lock = try IndexFile(in: site.workspace).lock()
    let result = try Process.run(
      URL(filePath: "/usr/bin/env"),
      arguments: ["sqlite3", site.database.string, "INSERT INTO grdb_migrations VALUES ('99 of the future')"])
    result.waitUntilExit()
    try IndexFile(in: site.workspace).note(lock)
    _ = consume lock
    let before = try DurableFile.read(site.database)
    #expect(try site.rows() == expected)
    #expect(site.notices.contains { $0.contains("newer cpwx") })
    #expect(site.notices.count == 1, "\(site.notices)")
    let after = try DurableFile.read(site.database)
    #expect(after.count == before.count)
    #expect(zip(after, before).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset) == [])
  }

  @Test func `of an older cpwx is made anew, whole`() throws {
    let site = try site()
    let expected = try site.rows()
    let lock = try IndexFile(in: site.workspace).lock()
    let result = try Process.run(
      URL(filePath: "/usr/bin/env"),
      arguments: [
        "sqlite3", site.database.string,
        "DROP INDEX inputs_by_size; ALTER TABLE inputs DROP COLUMN size_bytes; DELETE FROM grdb_migrations WHERE identifier LIKE '2 %'",
      ])
    result.waitUntilExit()
    #expect(result.terminationStatus == 0)
    try IndexFile(in: site.workspace).note(lock)
    _ = consume lock
    #expect(try site.rows() == expected)
    #expect(site.notices.contains { $0.contains("older cpwx") })
  }

  @Test func `that cannot be written is not needed`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001")
    // A file where the folder should be: nobody can make an index there, not even root.
    try site.file(".cpwx", "in the way")
    #expect(try site.ids() == ["20260101-001"])
    #expect(site.notices.contains { $0.contains("files are read for this look") })
  }
}
