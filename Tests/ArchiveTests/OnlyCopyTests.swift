import Archive
import Foundation
import Index
import Jobs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct `The only copy of a job` {
  private let file = "archive/\(ArchiveSite.place).tar.zst"
  private let job = "out/\(ArchiveSite.place)"

  @Test func `stays when the archive is taken away before the job goes`() throws {
    let site = try ArchiveSite()
    try site.job()
    let archive = site.path(file)
    for replaces in [false, true] {
      let outcome = try site.archive {
        $0.force = true
      } moved: {
        try? FileManager.default.removeItem(atPath: archive)
        if replaces { try? Data("another".utf8).write(to: URL(filePath: archive)) }
      }
      #expect(outcome.status == .kept)
      #expect(outcome.reason?.contains("taken away or replaced") == true, "\(outcome)")
      #expect(site.exists(job + "/manifest.json") && site.exists("logs/\(ArchiveSite.place)/asr.log"))
    }
    let last = try site.archive { $0.force = true }
    #expect(last.status == .archived)
    #expect(!site.exists(job) && site.exists(file))
  }

  @Test func `is not pruned while another has the job in hand`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive { $0.keepsJob = true }
    do {
      let lock = try FileLock.take(site.folder.path(job + "/.cpwx.lock"), subject: "job")
      for named in [[], [ArchiveSite.place]] {
        let outcome = try site.prune(named: named) { $0.last = 0 }
        #expect(outcome.map(\.status) == [.failed])
        #expect(outcome.first?.error == .locked)
      }
      _ = consume lock
    }
    #expect(site.exists(file))
    #expect(try site.prune { $0.last = 0 }.map(\.status) == [.removed])
    #expect(!site.exists(file) && site.exists(job + "/manifest.json"))
  }

  @Test func `is the archive unless the job's folder holds what is in it`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive { $0.keepsJob = true }
    func expectKept(_ what: String) throws {
      let outcome = try #require(try site.prune { $0.last = 0 }.first)
      #expect(outcome.status == .kept && outcome.isOnlyCopy, "\(what): \(outcome)")
      #expect(outcome.reason?.contains("the only copy") == true, "\(what): \(outcome)")
      #expect(site.exists(file), "\(what)")
    }
    try FileManager.default.moveItem(atPath: site.path(job), toPath: site.path("aside"))
    try expectKept("no folder")
    try site.folder.folder(job)
    try expectKept("an empty folder")
    try FileManager.default.removeItem(atPath: site.path(job))
    try FileManager.default.copyItem(atPath: site.path("aside"), toPath: site.path(job))
    let manifest = try Data(contentsOf: URL(filePath: site.path(job + "/manifest.json")))
    try site.folder.file(job + "/manifest.json", String(repeating: "x", count: manifest.count))
    try expectKept("another manifest of the same size")
    try manifest.write(to: URL(filePath: site.path(job + "/manifest.json")))
    try site.folder.file(job + "/subtitles/film.srt", "cut")
    try expectKept("a file that was cut")
    let text = String(repeating: "2\n00:00:01,000\nनमस्ते\n\n", count: 200)
    try site.folder.file(job + "/subtitles/film.srt", text)
    try expectKept("another text of the same size")
    try FileManager.default.removeItem(atPath: site.path(job))
    try FileManager.default.moveItem(atPath: site.path("aside"), toPath: site.path(job))
    try FileManager.default.moveItem(atPath: site.path("logs"), toPath: site.path("aside"))
    try expectKept("no logs")
    try FileManager.default.moveItem(atPath: site.path("aside"), toPath: site.path("logs"))
    #expect(try site.prune { $0.last = 0 }.map(\.status) == [.removed])
  }

  @Test func `is not pruned while it is put back`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive()
    let outcomes = Mutex<[ArchivePruning.Outcome]>([])
    var restoration = JobRestoration(in: site.workspace)
    restoration.progress = { _, _ in
      guard outcomes.withLock({ $0.isEmpty }) else { return }
      let pruned = try site.prune(named: [ArchiveSite.place]) { _ in }
      outcomes.withLock { $0 = pruned }
    }
    _ = try restoration.restore(try site.file(file))
    let errors = outcomes.withLock { outcomes in outcomes.map(\.error) }
    #expect(errors == [.locked])
    #expect(site.exists(file) && site.exists(job + "/manifest.json"))
    try FileManager.default.removeItem(atPath: site.path(job))
    #expect(try site.prune(named: [ArchiveSite.place]) { _ in }.map(\.status) == [.removed])
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("out/2025/10/30/1")) == [])
  }

  @Test func `is not replaced by a job of that name in another workspace, not even by force`() throws {
    let store = try TemporaryFolder()
    let sites = try (0..<2).map { _ in try ArchiveSite(config: "ARCHIVE_ROOT=\(store.root)\n") }
    for (site, time) in zip(sites, ["15:44:30", "15:44:31"]) {
      try site.job()
      try site.folder.file(job + "/job_info.json", #"{"created_at": "2025-10-30T\#(time)"}"#)
    }
    try sites[0].archive()
    let archive = store.path("\(ArchiveSite.place).tar.zst").string
    let before = try Data(contentsOf: URL(filePath: archive))
    for force in [false, true] {
      let outcome = try sites[1].archive { $0.force = force }
      #expect(outcome.status == .kept && outcome.reason?.contains("of another job of this name") == true, "\(outcome)")
    }
    #expect(try Data(contentsOf: URL(filePath: archive)) == before)
    #expect(sites[1].exists(job + "/manifest.json"))
  }

  @Test func `counts for the rules, and copies for sharing do not`() throws {
    let site = try ArchiveSite()
    let days = [29, 30, 31].map { "2025/10/\($0)/1/202510\($0)-001" }
    for place in days {
      try site.job(place)
      try site.archive(place) { $0.keepsJob = true }
    }
    try site.archive(days[2]) { $0.redacting = { _ in ["hf_geheim123"] } }
    let outcomes = try site.prune { $0.last = 2 }
    #expect(outcomes.filter { $0.status == .removed }.map(\.archive.jobID) == ["20251029-001"])
    #expect(outcomes.count { $0.status == .kept } == 3)
    #expect(outcomes.first { $0.archive.status == .redacted }?.reason?.contains("no rule") == true)
    let copy = "archive/\(days[2]).redacted.tar.zst"
    #expect(try site.prune(files: [copy]) { _ in }.map(\.status) == [.removed])
    #expect(!site.exists(copy) && site.exists("archive/\(days[2]).tar.zst"))
    try site.archive(days[2]) { $0.redacting = { _ in ["hf_geheim123"] } }
    let named = try site.prune(named: [days[2]]) { _ in }
    #expect(named.map(\.status) == [.removed, .removed])
    #expect(site.exists("archive/\(days[1]).tar.zst"))
  }
}
