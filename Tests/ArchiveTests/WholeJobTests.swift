import Archive
import Foundation
import Index
import Jobs
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A job goes whole into its archive, or stays.
@Suite struct `All of a job` {
  private let job = "out/\(ArchiveSite.place)"
  private let logs = "logs/\(ArchiveSite.place)"
  private let file = "archive/\(ArchiveSite.place).tar.zst"

  private func expectKept(_ site: ArchiveSite, _ reason: String) throws {
    let outcome = try site.archive()
    #expect(outcome.status == .kept && outcome.reason?.contains(reason) == true, "\(outcome)")
    #expect(site.exists(job + "/manifest.json") && !site.exists(file))
  }

  @Test func `that is being put back is left alone by who looks for what was left, and nothing is told of it`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive()
    let archive = try site.file(file)
    let told = Mutex<[String]>([])
    let isOver = Mutex(false)
    let restoration = JobRestoration(in: site.workspace)
    let looking = DispatchGroup()
    looking.enter()
    Thread.detachNewThread {
      while !isOver.withLock({ $0 }) {
        restoration.finishInterrupted { error in told.withLock { $0.append("\(error)") } }
      }
      looking.leave()
    }
    defer {
      isOver.withLock { $0 = true }
      looking.wait()
    }
    for _ in 0..<20 {
      _ = try restoration.restore(archive)
      for folder in [job, logs] { try FileManager.default.removeItem(atPath: site.path(folder)) }
    }
    #expect(told.withLock { $0 } == [])
  }

  @Test func `stays where something else is than the folder of its logs`() throws {
    let site = try ArchiveSite()
    try site.job()
    try FileManager.default.moveItem(atPath: site.path(logs), toPath: site.path("elsewhere"))
    try site.folder.file(logs, "precious\n")
    try expectKept(site, "is a file where")
    #expect(try String(contentsOfFile: site.path(logs), encoding: .utf8) == "precious\n")
    try FileManager.default.removeItem(atPath: site.path(logs))
    try FileManager.default.createSymbolicLink(
      atPath: site.path(logs), withDestinationPath: site.path("elsewhere"))
    try expectKept(site, "is a symbolic link")
    #expect(site.exists("elsewhere/asr.log"))
  }

  @Test func `stays where its logs lie below another folder than LOG_ROOT`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.folder.file(
      job + "/job_info.json", #"{"log_dir": "old/\#(ArchiveSite.place)"}"#)
    try FileManager.default.moveItem(atPath: site.path("logs"), toPath: site.path("old"))
    try expectKept(site, "its logs lie in old/\(ArchiveSite.place)")
    try FileManager.default.moveItem(atPath: site.path("old"), toPath: site.path("logs"))
    #expect(try site.archive().status == .archived)
  }

  @Test func `is what lies in its own folder with the logs, too`() throws {
    let site = try ArchiveSite(config: "LOG_ROOT=out\n")
    try site.job()
    try FileManager.default.removeItem(atPath: site.path("logs"))
    try site.folder.file(job + "/asr.log", "done\n")
    #expect(try site.archive().status == .archived)
    _ = try JobRestoration(in: site.workspace).restore(try site.file(file))
    #expect(site.exists(job + "/asr.log") && site.exists(job + "/manifest.json"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("out/2025/10/30/1")) == ["20251030-001"])
  }

  @Test func `is left out of nothing but its own lock`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.folder.file(job + "/.cpwx.lock", "")
    try site.folder.file(job + "/sub/.cpwx.lock", "of a program")
    #expect(try site.archive().status == .archived)
    let outcome = try JobRestoration(in: site.workspace).restore(try site.file(file))
    #expect(outcome.excluded == [])
    #expect(try String(contentsOfFile: site.path(job + "/sub/.cpwx.lock"), encoding: .utf8) == "of a program")
    #expect(!site.exists(job + "/.cpwx.lock"))
  }

  @Test func `counts as archived where something of it cannot be removed, and what stays is told`() throws {
    let site = try ArchiveSite()
    try site.job()
    let day = site.path("out/2025/10/30/1")
    let asRoot = geteuid() == 0 ? [] : ["sudo", "-n"]
    let mounted = Mutex<String?>(nil)
    let outcome = try site.archive(moved: {
      let hidden = (try? FileManager.default.contentsOfDirectory(atPath: day))?.first { $0.hasPrefix(".rm-") }
      guard let hidden, mounted.withLock({ $0 == nil }) else { return }
      let place = "\(day)/\(hidden)/subtitles"
      _ = try? output(of: asRoot + ["mount", "-t", "tmpfs", "tmpfs", place])
      mounted.withLock { $0 = place }
    })
    let place = try #require(mounted.withLock { $0 })
    try output(of: asRoot + ["umount", "-l", place])
    #expect(outcome.status == .archived && outcome.error == .io && outcome.isTrouble, "\(outcome)")
    #expect(outcome.reason?.contains("something of it stays") == true && outcome.archiveBytes != nil)
    #expect(site.exists(file) && !site.exists(job))
  }

  @Test func `is archived once where two go over it`() throws {
    let site = try ArchiveSite()
    try site.job()
    var choice = ArchiveChoice()
    choice.names = [site.path(job)]
    let chosen = try choice.candidates(in: site.workspace, notice: .silent)
    #expect(try site.archive().status == .archived)
    let run = ArchivingRun(
      in: site.workspace, .init(), jobs: 1, over: nil, stop: { .no }, moved: {}, observe: { _ in })
    let outcome = try #require(run.run(chosen).first)
    #expect(outcome.status == .skipped && outcome.archive == file, "\(outcome)")
  }

  @Test func `that another process has put in the place meanwhile is not doubled`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive()
    let isFirst = Mutex(true)
    var restoration = JobRestoration(in: site.workspace)
    restoration.progress = { _, _ in
      let isNow = isFirst.withLock { first in
        defer { first = false }
        return first
      }
      guard isNow else { return }
      try site.folder.file(job + "/mine.txt", "mine")
    }
    let file = try site.file(file)
    #expect(throws: JobError.self) { try restoration.restore(file) }
    #expect(site.exists(job + "/mine.txt") && !site.exists(job + "/manifest.json") && !site.exists(logs))
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("out/2025/10/30/1")) == ["20251030-001"])
  }
}
