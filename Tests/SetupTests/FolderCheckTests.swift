import Foundation
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Setup

struct `The check of the folders` {
  @Test func `finds a new workspace well`() throws {
    let results = try SetupSite().folderChecks()
    let checks = ["folder in", "folder out", "folder logs", "folder config", "folder archive", "disk"]
    #expect(results.map(\.check) == checks)
    #expect(results.dropLast().allSatisfy { $0.status == .ok && $0.remedy == nil })
  }

  @Test func `names a folder that is missing, or is none`() throws {
    let site = try SetupSite()
    for name in ["in", "logs", "config", "archive"] {
      try FileManager.default.removeItem(atPath: site.folder.path(name).string)
    }
    try site.folder.file("logs", "a file")
    for name in ["config", "archive"] {
      try FileManager.default.createSymbolicLink(
        atPath: site.folder.path(name).string, withDestinationPath: "/nowhere/at/all")
    }
    let results = try site.folderChecks()
    #expect(
      results["folder in"] == .error("folder in", "\(site.folder.path("in")) is missing", "Make it: cpwx doctor --fix"))
    let logs = results["folder logs"]
    #expect(logs?.status == .error && logs?.message == "\(site.folder.path("logs")) is no folder")
    #expect(logs?.remedy == "Move it away, then: cpwx doctor --fix")
    for (name, status) in [("config", CheckResult.Status.error), ("archive", .warning)] {
      let result = results["folder \(name)"]
      #expect(result?.status == status)
      #expect(result?.message == "\(site.folder.path(name)) is a link to where no folder is")
      #expect(result?.remedy == "Mount the disk that it leads to, or mend the link.")
    }
    #expect(results["folder out"]?.status == .ok)
  }

  @Test func `looks at the folders that the configuration names`() throws {
    let site = try SetupSite(config: "OUTPUT_ROOT=results\nIN_ROOT=/proc\n")
    let results = try site.folderChecks()
    #expect(results["folder in"]?.message == "/proc")
    #expect(results["folder out"]?.message == "\(site.folder.path("results")) is missing")
    #expect(results["disk"]?.status == .warning)
    #expect(results["disk"]?.message == "the room for \(site.folder.path("results")) is not known")
  }

  @Test func `tells which folders cannot be written, and whether films can be read`() async {
    await #expect(processExitsWith: .success) {
      let site = try SetupSite()
      func setMode(_ mode: Int) {
        for name in ["in", "out", "logs", "config"] { _ = chmod(site.folder.path(name).string, mode_t(mode)) }
      }
      defer { setMode(0o755) }
      // Root may do everything: what counts is then who started the program, who is nobody here.
      setreuid(65_534, uid_t(bitPattern: -1))
      setMode(0o555)
      let results = try site.folderChecks()
      #expect(results["folder in"]?.status == .ok)
      for name in ["out", "logs", "config"] {
        #expect(results["folder \(name)"]?.status == .error)
        #expect(results["folder \(name)"]?.message == "\(site.folder.path(name)) cannot be written")
        #expect(results["folder \(name)"]?.remedy?.contains("chmod") == true)
      }
      setMode(0o333)
      #expect(try site.folderChecks()["folder in"]?.message == "\(site.folder.path("in")) cannot be read")
      setMode(0o666)
      let others = try site.folderChecks().dropLast().filter { $0.check != "folder archive" }
      #expect(others.count == 4 && others.allSatisfy { $0.status == .error })
    }
  }

  @Test func `warns of a folder of archives that is missing, and says what is to be done for it`() throws {
    let own = try SetupSite()
    try FileManager.default.removeItem(atPath: own.folder.path("archive").string)
    let missing = try own.folderChecks()["folder archive"]
    #expect(missing?.status == .warning && missing?.message == "\(own.folder.path("archive")) is missing")
    #expect(missing?.remedy == "Make it: cpwx doctor --fix")
    let away = try SetupSite(config: "ARCHIVE_ROOT=disk/films\n")
    let unmounted = try away.folderChecks()["folder archive"]
    #expect(unmounted?.status == .warning && unmounted?.message == "\(away.folder.path("disk/films")) is missing")
    #expect(unmounted?.remedy == "Mount its disk, make the folder, or mend ARCHIVE_ROOT.")
  }

  /// As a run of root leaves it on a day.
  @Test func `tells what of the workspace's own files cannot be written`() async {
    await #expect(processExitsWith: .success) {
      let site = try SetupSite()
      let state = try site.folder.folder(".cpwx")
      let numbers = try site.folder.folder(".cpwx/numbers")
      let day = try site.folder.file(".cpwx/numbers/\(JobDate(.now).digits)", "1\n")
      for (path, open) in [(day, 0o666), (numbers, 0o777), (state, 0o777)] { _ = chmod(path.string, mode_t(open)) }
      #expect(try site.folderChecks()["folder .cpwx"] == nil)
      setreuid(65_534, uid_t(bitPattern: -1))
      #expect(try site.folderChecks()["folder .cpwx"] == nil)
      for (path, closed, open) in [(day, 0o644, 0o666), (numbers, 0o755, 0o777), (state, 0o755, 0o777)] {
        _ = chmod(path.string, mode_t(closed))
        let result = try site.folderChecks()["folder .cpwx"]
        _ = chmod(path.string, mode_t(open))
        #expect(result?.status == .error && result?.message == "\(path) cannot be written")
      }
    }
  }

  @Test func `warns of a folder of archives that cannot be written`() async {
    await #expect(processExitsWith: .success) {
      let site = try SetupSite()
      let folder = site.folder.path("archive").string
      _ = chmod(folder, 0o555)
      defer { _ = chmod(folder, 0o755) }
      setreuid(65_534, uid_t(bitPattern: -1))
      let result = try site.folderChecks()["folder archive"]
      #expect(result?.status == .warning)
      #expect(result?.message == "\(site.folder.path("archive")) cannot be written")
    }
  }
}

struct `The check of the disk` {
  @Test(
    arguments: [
      (0, .error), (499_999_999, .error), (500_000_000, .warning), (9_999_999_999, .warning), (10_000_000_000, .ok),
      (.max, .ok),
    ] as [(UInt64, CheckResult.Status)])
  func `warns when a film may not fit, and fails when none will`(free: UInt64, status: CheckResult.Status) {
    let result = FolderChecks.room(free, for: "/films/out")
    #expect(result.status == status)
    #expect(result.message == "\(free / 1_000_000_000) GB free for /films/out")
    #expect((result.remedy == nil) == (status == .ok))
  }

  @Test func `asks the file system of the jobs`() throws {
    // There is never room in /proc.
    let full = try SetupSite(config: "OUTPUT_ROOT=/proc\n")
    #expect(try full.folderChecks()["disk"]?.message == "0 GB free for /proc")
    #expect(try full.folderChecks()["disk"]?.status == .error)
    let own = try SetupSite()
    func free() throws -> Int64 {
      let room = try FileManager.default.attributesOfFileSystem(forPath: own.folder.root.string)[.systemFreeSize]
      return try #require(room as? NSNumber).int64Value / 1_000_000_000
    }
    // Others fill and clear the disk meanwhile.
    let before = try free()
    let message = try #require(try own.folderChecks()["disk"]?.message)
    let after = try free()
    let said = try #require(message.split(separator: " ").first.flatMap { Int64($0) })
    #expect((min(before, after) - 1...max(before, after) + 1).contains(said))
  }
}
