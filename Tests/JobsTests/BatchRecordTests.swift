import SystemPackage
import Testing

@testable import Jobs

struct `The records of batches` {
  @Test func `come oldest first, those of one second by the number of the process`() throws {
    let site = try TemporaryWorkspace()
    let ids = [
      "20251030-154429-20", "20251030-154430-9", "20251030-154430-998", "20251030-154430-1002", "20251030-154430-1003",
      "20251030-154431-7", "20251101-000000-12",
    ]
    for id in ids.reversed() { try site.file("logs/batches/\(id).json", "{}") }
    try site.file("logs/batches/.\(ids[0]).json.lock")
    #expect(try site.workspace.batchRecords().compactMap(\.stem) == ids)
  }
}
