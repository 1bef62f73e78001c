import Foundation
import SystemPackage
import Testing

@testable import Jobs

/// Numbers on a day of so many jobs that its folders are watched, and not listed for each job.
struct `Job numbers of a crowded day` {
  private static let day = moment("2025-10-30T12:00:00.000000")
  private static let folder = "2025/10/30"

  /// A workspace with two jobs, and who has made them and watches: no number of names is too small for that.
  private func crowded() throws -> (site: TemporaryWorkspace, manager: JobManager) {
    let site = try TemporaryWorkspace()
    let manager = JobManager(SeenNumbers(in: try site.workspace, many: 0)) { Self.day }
    for _ in 0..<2 { _ = try manager.createJob() }
    return (site, manager)
  }

  private func next(_ manager: JobManager, user: Int = 1) throws -> Int {
    try manager.createJob(userID: user).paths.id.number
  }

  private func seenDay(_ site: TemporaryWorkspace) throws -> SeenDay {
    try SeenDay(listing: try #require(JobDate(digits: "20251030")), in: try site.workspace, watch: NameWatch())
  }

  @Test(arguments: [
    "out/#/1/20251030-041", "out/#/1/20251030-0041", "out/#/20251030-041", "out/#/somebody/20251030-041",
    "logs/#/1/20251030-041", "logs/#/7/20251030-041", "archive/#/1/20251030-041.tar.zst",
    "archive/#/20251030-041.tar.zst", "config/.env.job_20251030-041",
  ])
  func `are seen as soon as another program's job is there, and stay used when it is gone`(place: String) throws {
    let (site, manager) = try crowded()
    let foreign = place.replacing("#", with: Self.folder)
    try site.folder(foreign)
    #expect(try next(manager) == 42)
    try site.remove(foreign)
    #expect(try next(manager) == 43)
    #expect(try next(manager, user: 2) == 44)
  }

  @Test(arguments: ["out/#/1", "logs/#/1", "archive/#/1", "out/#", "config"])
  func `are seen of a job that is moved in as a whole`(place: String) throws {
    let (site, manager) = try crowded()
    let place = place.replacing("#", with: Self.folder)
    let name = place == "config" ? ".env.job_20251030-041" : "20251030-041"
    try site.folder("elsewhere/\(name)")
    try site.folder(place)
    _ = try next(manager)
    try rename(site.path("elsewhere/\(name)"), to: site.path(place).appending(name))
    #expect(try next(manager) == 42)
  }

  @Test(arguments: ["out/#/1", "out/#", "out/2025", "out", "logs/#/1", "logs", "config"])
  func `are seen in a folder that takes another's place`(place: String) throws {
    let (site, manager) = try crowded()
    let place = place.replacing("#", with: Self.folder)
    try rename(site.path(place), to: site.path("before"))
    let job =
      place == "config"
      ? "config/.env.job_20251030-041" : "\(place.prefix(4) == "logs" ? "logs" : "out")/2025/10/30/1/20251030-041"
    try site.folder(job)
    #expect(try next(manager) == 42)
    // What stands where nobody looks is no job of the workspace's.
    try site.folder("before/20251030-077")
    #expect(try next(manager) == 43)
  }

  @Test func `are seen in a folder that was removed and made again`() throws {
    let (site, manager) = try crowded()
    for number in [41, 51] {
      try site.remove("logs")
      try site.folder("logs/2025/10/30/1/20251030-0\(number)")
      #expect(try next(manager) == number + 1)
    }
  }

  @Test func `are seen where a link to a user's folder leads to another one`() throws {
    let (site, manager) = try crowded()
    for folder in ["archive/2025/10/30", "first", "second/20251030-041"] { try site.folder(folder) }
    func link(_ path: String, to target: String) throws {
      try FileManager.default.createSymbolicLink(
        atPath: site.path(path).string, withDestinationPath: site.path(target).string)
    }
    try link("archive/2025/10/30/1", to: "current")
    try link("current", to: "first")
    #expect(try next(manager) == 3)
    try site.folder("first/20251030-030")
    #expect(try next(manager) == 31)
    #expect(unlink(site.path("current")))
    try link("current", to: "second")
    #expect(try next(manager) == 42)
  }

  @Test(arguments: [nil, "", "many\n", "1\n", "2\nand more\n"])
  func `survive the loss of the memory of them`(memory: String?) throws {
    let (site, manager) = try crowded()
    if let memory { try site.file(".cpwx/numbers/20251030", memory) } else { try site.remove(".cpwx/numbers/20251030") }
    #expect(try next(manager) == 3)
  }

  @Test func `are those of the other day while the clock is set back, and go on when it is right again`() throws {
    let site = try TemporaryWorkspace()
    let clock = Shared(Self.day)
    let manager = JobManager(SeenNumbers(in: try site.workspace, many: 0)) { clock.current }
    #expect(try (0..<3).map { _ in try next(manager) } == [1, 2, 3])
    let dayBefore: Int64 = 24 * 3_600_000_000
    clock.change { $0.microseconds -= dayBefore }
    try site.folder("out/2025/10/29/1/20251029-007")
    #expect(try next(manager) == 8)
    try site.folder("out/2025/10/30/1/20251030-041")
    clock.change { $0.microseconds += dayBefore }
    #expect(try next(manager) == 42)
  }

  @Test func `are shared by many who watch`() throws {
    let site = try TemporaryWorkspace()
    let workspace = try site.workspace
    let given = Shared<[Int]>([])
    onThreads(4) { user in
      let manager = JobManager(SeenNumbers(in: workspace, many: 0)) { Self.day }
      for _ in 0..<6 {
        guard let number = try? manager.createJob(userID: user + 1).paths.id.number else { continue }
        given.change { $0.append(number) }
      }
    }
    #expect(given.current.sorted() == Array(1...24))
  }

  @Test func `are told of, and need no list, however many jobs are made`() throws {
    let (site, manager) = try crowded()
    var seen = try seenDay(site)
    try #require(seen.watch != nil, "the temporary folder is on no file system that tells of all names")
    for number in 3...20 {
      #expect(try next(manager) == number)
      let wasTold = seen.takeNews()
      #expect(wasTold && seen.highest == number)
    }
    // A user's first job is in a folder that nobody watches yet.
    _ = try next(manager, user: 2)
    let wasTold = seen.takeNews()
    #expect(!wasTold)
  }

  @Test func `are listed again where more names came than the kernel keeps`() throws {
    let (site, manager) = try crowded()
    var seen = try seenDay(site)
    try site.folder("out/2025/10/30/1/20251030-041")
    let (one, other) = (site.path("out/2025/10/30/1/one"), site.path("out/2025/10/30/1/other"))
    try site.folder("out/2025/10/30/1/one")
    let kept = String(decoding: try DurableFile.read("/proc/sys/fs/inotify/max_queued_events"), as: UTF8.self)
    for _ in 0...(Int(kept.dropLast()) ?? 16384) / 2 {
      try rename(one, to: other)
      try rename(other, to: one)
    }
    let wasTold = seen.takeNews()
    #expect(!wasTold)
    #expect(try next(manager) == 42)
  }

  @Test func `are listed each time where another machine may write`() throws {
    #expect(try #require(NameWatch()).add("/proc") == nil)
  }
}
