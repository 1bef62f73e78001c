import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `The catalog of jobs` {
  private func site(_ places: String...) throws -> TemporaryWorkspace {
    let site = try TemporaryWorkspace()
    for place in places { try site.folder("out/" + place) }
    return site
  }

  @Test func `lists jobs by day and number, and nothing else`() throws {
    let site = try site(
      "2025/10/30/1/20251030-1000", "2025/10/30/2/20251030-999", "2025/10/29/1/20251029-001",
      "2024/12/31/0/20241231-0002",
      "2025/10/30/1/notes", "2025/10/30/01/20251030-005", "2025/10/30/x/20251030-006", "2025/10/30/1/20251029-007",
      "2025/13/01/1/x",
      "Movie_2001")
    let ids = ["20241231-0002", "20251029-001", "20251030-999", "20251030-1000"]
    #expect(try site.catalog.all().map(\.id.description) == ids)
    #expect(try site.catalog.newestFirst().map(\.id.description) == ids.reversed())
  }

  @Test func `finds a job by id, prefix, place, or as the latest`() throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-002", "2025/10/31/1/20251031-001")
    try site.file("out/2025/10/30/2/20251030-002/audio/audio.wav")
    try site.folder("logs/2025/10/30/2/20251030-002")
    func found(_ name: String) throws -> String { try site.catalog.find(name).id.description }
    #expect(try found("20251030-002") == "20251030-002")
    #expect(try found("20251031") == "20251031-001")
    #expect(try found("latest") == "20251031-001")
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

  @Test(arguments: ["", "20251030", "20251030-003", "2", "nothing", "/", "in/film.mp4", "a\0b", "20251030-0001"])
  func `refuses a name that fits none or several`(name: String) throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-002", "2024/01/01/1/20240101-001")
    let error = #expect(throws: JobError.self) { try site.catalog.find(name) }
    #expect(error?.code == .usage)
    #expect(error?.remedy != nil)
  }

  @Test func `refuses an id that two users have, until the folder is named`() throws {
    let site = try site("2025/10/30/1/20251030-001", "2025/10/30/2/20251030-001")
    let error = #expect(throws: JobError.self) { try site.catalog.find("20251030-001") }
    #expect(error?.message == "is a job of several users: 1, 2")
    #expect(try site.catalog.find(site.path("out/2025/10/30/2/20251030-001").string).userID == 2)
  }

  @Test func `says so when there is no job yet`() throws {
    let site = try site()
    #expect(try site.catalog.all().isEmpty)
    #expect(throws: JobError.self) { try site.catalog.find("latest") }
  }
}

extension TemporaryWorkspace {
  fileprivate var catalog: JobCatalog {
    get throws { JobCatalog(try workspace) }
  }
}
