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

  @Test func `is empty when there is no job yet`() throws {
    let site = try site()
    #expect(try site.catalog.all().isEmpty)
  }
}

extension TemporaryWorkspace {
  fileprivate var catalog: JobCatalog {
    get throws { JobCatalog(try workspace) }
  }
}
