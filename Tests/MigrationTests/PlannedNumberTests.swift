import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// Numbers that others get between a plan and its beginning.
struct PlannedNumberTests {
  @Test func `a job that is made behind a plan keeps its number, and the plan's trees get the next`() throws {
    let old = try OldWorkspace()
    // A day that does not end while this is done.
    let noon = try #require(Timestamp("2025-09-10T12:00:00"))
    for name in ["One_2001", "Two_2002"] {
      try old.film(name)
      for file in ["audio/audio.wav", "metadata/tmdb_data.json"] {
        setModified(old.folder.path("out/\(name)/\(file)"), noon.microseconds * 1000)
      }
    }
    let workspace = try Workspace(at: old.root, environment: [:])
    let migrator = try Migrator(workspace)
    let options = MigrationOptions(dateFrom: "newest_file")
    let plan = try MigrationPlan(of: OldTrees(nil, in: workspace), in: workspace, options: options)
    func jobs() -> JobManager { JobManager(workspace) { noon } }
    let made = try jobs().createJob().paths.id
    var changed = 0
    var ids: [JobID] = []
    let journal = try migrator.begin(plan, renumbered: { changed = $0 })
    try journal.forEach { if let id = $0.id { ids.append(id) } }
    #expect(made.number == 1 && changed == 2)
    #expect(ids.map(\.number) == [2, 3])
    let outcome = try migrator.run(journal, trees: OldTrees(nil, in: workspace))
    #expect(outcome.done == 2 && outcome.failures.isEmpty)
    #expect(try jobs().createJob().paths.id.number == 4)
  }
}
