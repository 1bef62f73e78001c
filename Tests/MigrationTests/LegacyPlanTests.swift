import Jobs
import Migration
import TestSupport
import Testing

/// The trees that the old application left, and what is known to be right of each.
struct LegacyPlanTests {
  private func texts(_ value: JSON?) -> [String] { (value?.array ?? []).compactMap(\.string) }

  @Test func `every tree is told for what it is`() throws {
    let plan = try OldWorkspace.legacy().plan()
    for expected in try OldWorkspace.expected() {
      let name = try #require(expected["dir"]?.string)
      let entry = try #require(plan.first { $0.path == "out/\(name)" }, "\(name)")
      guard expected["kind"]?.string == "movie" else {
        #expect(entry.kind == .other, "\(name)")
        #expect(!entry.isMigrated, "\(name)")
        continue
      }
      #expect(entry.kind == .movie, "\(name)")
      #expect(texts(expected["title_accept"]).contains(entry.title ?? ""), "\(name): \(entry.title ?? "")")
      #expect(expected["year_accept"]?.array?.contains { $0.int == entry.year } == true, "\(name): \(entry.year ?? 0)")
      #expect(texts(expected["status_accept"]).contains(entry.status?.rawValue ?? ""), "\(name)")
      let right = expected["completed_stages_accept"]?.array.map { $0.map { texts($0) } }
      #expect((right ?? [texts(expected["completed_stages"])]).contains(entry.completedStages), "\(name)")
      #expect(entry.failedStages == texts(expected["failed_stages"]), "\(name)")
      #expect(entry.document["logs"]?.int == texts(expected["logs"]).count, "\(name)")
      if let created = expected["manifest_created_at"]?.string {
        #expect(entry.created?.text == created && entry.dateSource == "manifest", "\(name)")
      }
    }
  }

  @Test func `ids follow the days, and within a day the times`() throws {
    let jobs = try OldWorkspace.legacy().plan().filter(\.isMigrated)
    #expect(jobs.count == 12)
    #expect(jobs.map { $0.created?.microseconds ?? 0 } == jobs.map { $0.created?.microseconds ?? 0 }.sorted())
    #expect(jobs.first { $0.path == "out/Anand_1971" }?.id?.description == "20251027-001")
    #expect(jobs.first { $0.path == "out/Don_2006" }?.id?.description == "20251027-004")
    #expect(Set(jobs.compactMap { $0.id?.description }).count == jobs.count)
  }

  @Test func `two directories of one film are told of each other, two films of one title are not`() throws {
    let workspace = try OldWorkspace.legacy()
    let twin = try workspace.entry("Whats_Up_Doc_1972")
    #expect(twin.twins == ["out/What's_Up,_Doc?_1972"])
    #expect(try workspace.entry("Don_1978").twins.isEmpty)
  }
}
