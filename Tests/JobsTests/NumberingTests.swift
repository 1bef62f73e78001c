import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `Job numbers` {
  private static let day = moment("2025-10-30T12:00:00.000000")

  private func manager(_ site: TemporaryWorkspace) throws -> JobManager {
    JobManager(try site.workspace) { Self.day }
  }

  private func nextID(_ site: TemporaryWorkspace) throws -> String {
    try manager(site).createJob().paths.id.description
  }

  @Test func `count over all users of a day`() throws {
    let site = try TemporaryWorkspace()
    let ids = try [1, 2, 1].map { try manager(site).createJob(userID: $0).paths.id.description }
    #expect(ids == ["20251030-001", "20251030-002", "20251030-003"])
    #expect(try site.text(".cpwx/numbers/20251030") == "3\n")
  }

  @Test func `go on past 999`() throws {
    let site = try TemporaryWorkspace()
    try site.folder("out/2025/10/30/1/20251030-998")
    #expect(try nextID(site) == "20251030-999")
    #expect(try nextID(site) == "20251030-1000")
    #expect(try nextID(site) == "20251030-1001")
    #expect(isDirectory(site.path("out/2025/10/30/1/20251030-1000")))
  }

  @Test func `stay used when the job is gone`() throws {
    let site = try TemporaryWorkspace()
    _ = try nextID(site)
    _ = try nextID(site)
    for tree in ["out", "logs", "config/.env.job_20251030-001", "config/.env.job_20251030-002"] {
      try site.remove(tree)
    }
    #expect(try nextID(site) == "20251030-003")
  }

  @Test(arguments: [
    "out/2025/10/30/1/20251030-041", "out/2025/10/30/7/20251030-0041", "out/2025/10/30/20251030-041",
    "out/2025/10/30/20251030-0041", "out/2025/10/30/somebody/20251030-041", "logs/2025/10/30/3/20251030-041",
    "archive/2025/10/30/1/20251030-041.tar.zst", "archive/2025/10/30/20251030-0041.tar.zst",
    "config/.env.job_20251030-041",
  ])
  func `are seen in whatever tree shows them`(place: String) throws {
    let site = try TemporaryWorkspace()
    try site.file(place + (place.contains(".") ? "" : "/job_info.json"))
    #expect(try nextID(site) == "20251030-042")
  }

  @Test(arguments: [
    "out/2025/10/30/1/20251029-041", "out/2025/10/30/1/20251030-41", "out/2025/10/30/1/x20251030-041",
    "out/2025/10/30/1/20251030-041x", "config/.env.job_20251031-041", "out/2025/10/31/1/20251031-041",
  ])
  func `are not taken from what only looks like one`(place: String) throws {
    let site = try TemporaryWorkspace()
    try site.file(place)
    #expect(try nextID(site) == "20251030-001")
  }

  @Test(arguments: ["", "\n", "many\n", "99999999999999999999\n", "7"])
  func `survive a damaged memory of them`(memory: String) throws {
    let site = try TemporaryWorkspace()
    try site.folder("out/2025/10/30/1/20251030-005")
    try site.file(".cpwx/numbers/20251030", memory)
    #expect(try nextID(site) == (memory == "7" ? "20251030-008" : "20251030-006"))
  }

  @Test func `are refused where a tree cannot be read, for they might hide in it`() throws {
    let site = try TemporaryWorkspace()
    try site.folder("logs/2025/10")
    try FileManager.default.createSymbolicLink(
      atPath: site.path("logs/2025/10/30").string, withDestinationPath: site.path("logs/2025/10/30").string)
    #expect { try nextID(site) } throws: { ($0 as? JobError)?.code == .io }
  }

  @Test func `begin anew after midnight`() throws {
    let site = try TemporaryWorkspace()
    let clock = Shared(moment("2025-12-31T23:59:59.999999"))
    let manager = JobManager(try site.workspace) { clock.current }
    #expect(try manager.createJob().paths.id.description == "20251231-001")
    clock.change { $0.microseconds += 1 }
    #expect(try manager.createJob().paths.id.description == "20260101-001")
  }

  @Test func `are of the new day when midnight passes while waiting for the lock`() throws {
    let site = try TemporaryWorkspace()
    let looks = Shared(0)
    let manager = JobManager(try site.workspace) {
      looks.change { $0 += 1 }
      return looks.current == 1 ? moment("2025-10-30T23:59:59.900000") : moment("2025-10-31T00:00:00.100000")
    }
    let job = try manager.createJob()
    #expect(job.paths.id.description == "20251031-001")
    #expect(job.info.document["created_at"]?.string == "2025-10-31T00:00:00.100000")
    #expect(isDirectory(site.path("out/2025/10/31/1/20251031-001")))
  }

  @Test func `are given once to many threads`() throws {
    let site = try TemporaryWorkspace()
    let manager = try manager(site)
    let given = Shared<[Int]>([])
    onThreads(8) { user in
      for _ in 0..<4 {
        guard let number = try? manager.createJob(userID: user + 1).paths.id.number else { continue }
        given.change { $0.append(number) }
      }
    }
    #expect(given.current.sorted() == Array(1...32))
  }

  @Test func `are shared with the stage SDK's JobManager`() throws {
    let site = try TemporaryWorkspace()
    let script = """
      import sys, datetime, job_manager
      root = sys.argv[1]
      manager = job_manager.JobManager(root + "/config", root + "/out", root + "/logs")
      manager.now = lambda: datetime.datetime(2025, 10, 30, 12)
      for _ in range(8): manager.create_job(2)
      """
    let others = try (0..<3).map { _ in try Python(script, site.root.string) }
    let mine = try (0..<8).map { _ in try manager(site).createJob().paths.id }
    for other in others { #expect(other.finish()) }
    let all = JobCatalog(try site.workspace).all().map(\.id)
    #expect(Set(mine).count == 8)
    #expect(all.map(\.number) == Array(1...32))
  }
}
