import Foundation
import Jobs
import SystemPackage
import Testing

@testable import Index

@Suite struct `The name of a job` {
  private func site(_ places: String...) throws -> IndexedWorkspace {
    let site = try IndexedWorkspace()
    for place in places { try makeFolder(site.path("out/" + place)) }
    return site
  }

  @Test func `is its id, a prefix, a place, or how many before the latest`() throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-002", "2025/10/31/1/20251031-001")
    try site.file("out/2025/10/30/2/20251030-002/audio/audio.wav", "")
    try makeFolder(site.path("logs/2025/10/30/2/20251030-002"))
    func found(_ name: String) throws -> String { try site.named(name).jobID }
    #expect(try found("20251030-002") == "20251030-002")
    #expect(try found("20251031") == "20251031-001")
    #expect(try found("latest") == "20251031-001")
    #expect(try found("latest~0") == "20251031-001")
    #expect(try found("latest~2") == "20251030-001")
    let place = site.path("out/2025/10/30/2/20251030-002").string
    for path in [
      place, place + "/", place + "/audio/audio.wav", place.replacing("/out/", with: "/logs/"),
      place + "/../20251030-002",
    ] {
      #expect(try found(path) == "20251030-002")
    }
    try FileManager.default.createSymbolicLink(atPath: site.path("link").string, withDestinationPath: "out")
    #expect(try found(place.replacing("/out/", with: "/link/")) == "20251030-002")
  }

  @Test(arguments: [
    "", "20251030", "20251030-003", "2", "nothing", "/", "in/film.mp4", "a\0b", "20251030-0001", "latest~3", "latest~",
    "latest~-1",
  ])
  func `is refused when it fits none or several`(name: String) throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-002", "2024/01/01/1/20240101-001")
    let error = #expect(throws: JobError.self) { try site.named(name) }
    #expect(error?.code == .usage)
    #expect(error?.remedy != nil)
  }

  @Test func `is refused when two users have it, until the folder is named`() throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-001")
    let error = #expect(throws: JobError.self) { try site.named("20251030-001") }
    #expect(error?.message == "is a job of several users: 1, 2")
    #expect(try site.named(site.path("out/2025/10/30/2/20251030-001").string).userID == "2")
  }

  @Test func `is its folder as documents write it, wherever one stands`() throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-001")
    try makeFolder(site.path("logs/2025/10/30/1/20251030-001"))
    #expect(try site.named("out/2025/10/30/2/20251030-001").userID == "2")
    #expect(try site.named("logs/2025/10/30/1/20251030-001").userID == "1")
    try site.file("archive/2025/10/30/3/20251030-001.tar.zst", "")
    #expect(try site.named("archive/2025/10/30/3/20251030-001.tar.zst").userID == "3")
    for path in ["out/2025/10/30/3/20251030-001", "out/2025/10/30/3/20251030-001/audio/audio.wav"] {
      #expect(try site.named(path).userID == "3")
    }
  }

  @Test func `is a path in it also where the folder of its year is a link`() throws {
    let site = try site("2025/10/30/1/20251030-001")
    try site.file("out/2025/10/30/1/20251030-001/manifest.json", "{}")
    try FileManager.default.moveItem(atPath: site.path("out/2025").string, toPath: site.path("disk").string)
    try FileManager.default.createSymbolicLink(
      atPath: site.path("out/2025").string, withDestinationPath: site.path("disk").string)
    for path in ["out/2025/10/30/1/20251030-001/manifest.json", "out/2025/10/30/1/20251030-001"] {
      #expect(try site.named(path).folder == "out/2025/10/30/1/20251030-001")
      #expect(try site.named(site.path(path).string).folder == "out/2025/10/30/1/20251030-001")
    }
  }

  @Test func `is refused when a copy in another day's folder bears it too`() throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/29/1/20251030-001")
    #expect(try site.look { try $0.page(JobQuery()) }.count == 2)
    let error = #expect(throws: JobError.self) { try site.named("20251030-001") }
    #expect(error?.message == "is the name of several jobs")
    #expect(try site.named("out/2025/10/29/1/20251030-001").folder == "out/2025/10/29/1/20251030-001")
  }

  @Test func `is refused when another user's job of that name is archived`() throws {
    let site = try site("2025/10/30/1/20251030-001")
    #expect(try site.named("20251030-001").userID == "1")
    try site.file("archive/2025/10/30/2/20251030-001.tar.zst", "")
    let error = #expect(throws: JobError.self) { try site.named("20251030-001") }
    #expect(error?.remedy == "Name its folder: out/2025/10/30/1/20251030-001, out/2025/10/30/2/20251030-001")
    #expect(try site.named(site.path("out/2025/10/30/1/20251030-001").string).userID == "1")
    // When both are archived the index knows them.
    try FileManager.default.removeItem(atPath: site.path("out/2025/10/30/1/20251030-001").string)
    try site.file("archive/2025/10/30/1/20251030-001.tar.zst", "")
    let both = #expect(throws: JobError.self) { try site.named("20251030-001") }
    #expect(both?.remedy?.hasPrefix("Name its folder: ") == true, "\(String(describing: both))")
  }

  @Test func `that fits several tells of them, with their titles`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", title: "Anand")
    try site.job("20260101-002", title: "Sholay")
    let error = #expect(throws: JobError.self) { try site.named("20260101") }
    #expect(error?.message == "fits several jobs: 20260101-002 (Sholay), 20260101-001 (Anand).")
  }

  @Test func `that is whole is never taken for the beginning of another`() throws {
    let site = try site("2025/10/30/1/20251030-1000", "2025/10/30/1/20251030-1001")
    for id in ["job-20251030-asha-1", "job-20251030-asha-12"] {
      try site.file("out/2025/10/30/asha/\(id.suffix(2).filter(\.isNumber))/job.json", #"{"job_id": "\#(id)"}"#)
    }
    let error = #expect(throws: JobError.self) { try site.named("20251030-100") }
    #expect(error?.message.hasPrefix("no such job") == true)
    #expect(try site.named("job-20251030-asha-1").folder == "out/2025/10/30/asha/1")
    try site.remove("out/2025/10/30/1/20251030-1001")
    #expect(try site.named("20251030-10").jobID == "20251030-1000")
  }

  @Test func `that more of tells nothing is answered with folders`() throws {
    let site = try site("2025/10/30/1/20251030-0001", "2025/10/30/2/20251030-0001")
    let error = #expect(throws: JobError.self) { try site.named("20251030-00") }
    #expect(error?.message.contains("out/2025/10/30/1/20251030-0001") == true)
    #expect(error?.remedy?.contains("folder") == true)
  }

  @Test func `of another layout is found like any other`() throws {
    let site = try IndexedWorkspace()
    try site.file("out/2025/10/30/asha/4/job.json", #"{"job_id": "job-20251030-asha-0004"}"#)
    #expect(try site.named("job-2025").folder == "out/2025/10/30/asha/4")
    #expect(try site.named(site.path("out/2025/10/30/asha/4").string).jobID == "job-20251030-asha-0004")
    try site.file("jobs/2025/10/30/20251030-003/film.env", "A=1")
    #expect(try site.named("jobs/2025/10/30/20251030-003/film.env").folder == "jobs/2025/10/30/20251030-003")
    try site.file("out/2025/10/30/20251030-003/manifest.json", #"{"status": "completed"}"#)
    for place in ["jobs/2025/10/30/20251030-003", "jobs/2025/10/30/20251030-003/film.env"] {
      let job = try site.named(place)
      #expect(job.folder == "out/2025/10/30/20251030-003" && job.status == "completed")
    }
  }
}

extension IndexedWorkspace {
  fileprivate func named(_ name: String) throws -> IndexedJob {
    try JobIndex.job(named: name, in: workspace, notice: notice)
  }
}
