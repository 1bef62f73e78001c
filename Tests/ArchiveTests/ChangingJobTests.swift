import Archive
import Foundation
import Index
import Jobs
import SeekableTar
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A job that others write to while it becomes an archive.
@Suite struct `A job that changes` {
  private let job = "out/\(ArchiveSite.place)"

  @Test func `once after it was read is archived as it is then`() throws {
    let site = try ArchiveSite()
    try site.job()
    let isFirst = Mutex(true)
    let outcome = try site.archive(moved: {
      let isNow = isFirst.withLock { first in
        defer { first = false }
        return first
      }
      if isNow { try? Data("second thoughts".utf8).write(to: URL(filePath: site.path(job + "/subtitles/film.srt"))) }
    })
    #expect(outcome.status == .archived, "\(outcome)")
    #expect(!site.exists(job))
    let archive = try #require(try site.file("archive/\(ArchiveSite.place).tar.zst").open())
    let path = try MemberPath(Array("\(job)/subtitles/film.srt".utf8))
    let bytes = try archive.bytes(of: try #require(archive.contents.member(path)))
    #expect(String(decoding: bytes, as: UTF8.self) == "second thoughts")
    #expect(try archive.verify().isGood)
  }

  @Test func `each time after it was read stays, and this is said`() throws {
    let site = try ArchiveSite()
    try site.job()
    let changes = Mutex(0)
    let outcome = try site.archive(moved: {
      let number = changes.withLock { count in
        count += 1
        return count
      }
      try? Data(repeating: 0x61, count: number).write(to: URL(filePath: site.path(job + "/growing.log")))
    })
    #expect(outcome.status == .kept && outcome.reason?.contains("it keeps changing") == true, "\(outcome)")
    #expect(outcome.reason?.contains("growing.log") == true)
    #expect(changes.withLock { $0 } == 3)
    #expect(site.exists(job + "/manifest.json") && site.exists(job + "/growing.log"))
  }

  @Test func `each time after a damaged archive was set aside stays, and both are said`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive { $0.keepsJob = true }
    let path = site.path("archive/\(ArchiveSite.place).tar.zst")
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes[bytes.count - 300] ^= 0xFF
    try bytes.write(to: URL(filePath: path))
    let changes = Mutex(0)
    let outcome = try site.archive(
      ArchiveSite.place, { $0.force = true },
      moved: {
        let number = changes.withLock { count in
          count += 1
          return count
        }
        try? Data(repeating: 0x61, count: number).write(to: URL(filePath: site.path(job + "/growing.log")))
      })
    #expect(outcome.status == .kept && outcome.reason?.contains("it keeps changing") == true, "\(outcome)")
    #expect(
      outcome.reason?.contains("the archive that stood in its place, damaged or another job's, is kept as archive/")
        == true, "\(outcome)")
    #expect(site.exists(job + "/growing.log"))
  }

  @Test(arguments: ["manifest.json", "job_info.json", "job.env"])
  func `in what it is known by while its archive is read back stays, and no archive comes`(record: String) throws {
    let site = try ArchiveSite()
    try site.job()
    var choice = ArchiveChoice()
    choice.names = [site.path(job)]
    let file = URL(filePath: site.path("\(job)/\(record)"))
    let run = ArchivingRun(
      in: site.workspace, .init(), jobs: 1, over: nil, stop: { .no }, moved: {},
      observe: { event in
        guard case .moved(let done, let total) = event, done * 2 > total else { return }
        try? Data(#"{"job_id": "20251030-001", "pipeline": {"status": "running"}}"#.utf8).write(to: file)
      })
    let outcome = try #require(run.run(try choice.candidates(in: site.workspace, notice: .silent)).first)
    #expect(outcome.status == .kept, "\(outcome)")
    #expect(outcome.reason == "\(record) has changed while it was archived", "\(outcome)")
    #expect(!site.exists("archive/\(ArchiveSite.place).tar.zst") && site.exists(job + "/manifest.json"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("archive/2025/10/30/1")) == [])
  }

  @Test(arguments: [("grows", "grew"), ("shrinks", "shrank"), ("vanishes", "was gone")])
  func `while it is read stays, with the reason, and is archived once it has settled`(what: String, said: String)
    throws
  {
    let site = try ArchiveSite()
    try site.job()
    // More than is read ahead: the second is not begun when the first is told of.
    for name in ["a-large", "b-large"] {
      try site.folder.file("\(job)/\(name)")
      #expect(truncate(site.path("\(job)/\(name)"), 64 << 20) == 0)
    }
    var choice = ArchiveChoice()
    choice.names = [site.path(job)]
    let large = site.path(job + "/b-large")
    let run = ArchivingRun(
      in: site.workspace, .init(), jobs: 1, over: nil, stop: { .no }, moved: {},
      observe: { event in
        // Each time anew, for as long as the first is read.
        guard case .moved(let done, let total) = event, done > 0, done * 4 < total else { return }
        let size = (try? FileManager.default.attributesOfItem(atPath: large)[.size] as? Int) ?? 0
        switch what {
        case "grows": _ = truncate(large, size + 1)
        case "shrinks": _ = truncate(large, max(0, size - 1))
        default: unlink(large)
        }
      })
    let outcome = try #require(run.run(try choice.candidates(in: site.workspace, notice: .silent)).first)
    #expect(outcome.status == .kept && outcome.isTrouble, "\(what): \(outcome)")
    #expect(outcome.reason?.contains("b-large") == true && outcome.reason?.contains(said) == true, "\(outcome)")
    #expect(site.exists(job + "/manifest.json") && !site.exists("archive/\(ArchiveSite.place).tar.zst"))
    #expect(try site.archive().status == .archived)
    #expect(!site.exists(job) && site.exists("archive/\(ArchiveSite.place).tar.zst"))
  }

  @Test func `cannot be taken in hand by anybody else until it is gone`() throws {
    let site = try ArchiveSite()
    try site.job()
    let lock = FilePath(site.path(job + "/.cpwx.lock"))
    let looks = Mutex<[Bool]>([])
    // From the first byte that is read to the moment at which the index knows the archive.
    let look: @Sendable () -> Void = {
      if site.exists(job) { looks.withLock { $0.append(FileLock.isHeld(lock)) } }
    }
    var choice = ArchiveChoice()
    choice.names = [site.path(job)]
    let run = ArchivingRun(
      in: site.workspace, .init(), jobs: 1, over: nil, stop: { .no }, moved: look,
      observe: { event in
        if case .moved = event { look() }
      })
    let outcome = try #require(run.run(try choice.candidates(in: site.workspace, notice: .silent)).first)
    #expect(outcome.status == .archived && !site.exists(job), "\(outcome)")
    let held = looks.withLock { $0 }
    #expect(held.count > 1 && held.allSatisfy { $0 }, "\(held)")
  }

  @Test func `counts as done for the whole run when it is kept back`() throws {
    let site = try ArchiveSite()
    let places = [1, 2, 3].map { "2025/10/30/1/20251030-00\($0)" }
    for place in places { try site.job(place) }
    var choice = ArchiveChoice()
    choice.names = places.map { site.path("out/\($0)") }
    let candidates = try choice.candidates(in: site.workspace, notice: .silent)
    // Where its archive would go is a folder that holds something.
    try site.folder.file("archive/\(places[0]).tar.zst/kept", "mine")
    let last = Mutex((done: 0, total: 0))
    let run = ArchivingRun(
      in: site.workspace, .init(), jobs: 1, over: nil, stop: { .no }, moved: {},
      observe: { event in
        if case .moved(let done, let total) = event { last.withLock { $0 = (done, total) } }
      })
    let outcomes = run.run(candidates)
    #expect(outcomes.map(\.status) == [.kept, .archived, .archived], "\(outcomes)")
    let (done, total) = last.withLock { $0 }
    #expect(done == total && total > 0, "\(done) of \(total)")
  }
}
