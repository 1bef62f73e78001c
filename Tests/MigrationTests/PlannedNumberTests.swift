import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// Numbers that others get between a plan and its beginning.
struct PlannedNumberTests {
  @Test func `a job that is made behind a plan keeps its number, and the plan's trees get the next`() throws {
    let old = try OldWorkspace()
    for name in ["One_2001", "Two_2002"] { try old.film(name) }
    let workspace = try Workspace(at: old.root, environment: [:])
    let migrator = try Migrator(workspace)
    let options = MigrationOptions(dateFrom: "newest_file")
    let plan = try MigrationPlan(of: OldTrees(nil, in: workspace), in: workspace, options: options)
    let made = try JobManager(workspace).createJob().paths.id
    var changed = 0
    var ids: [JobID] = []
    let journal = try migrator.begin(plan, renumbered: { changed = $0 })
    try journal.forEach { if let id = $0.id { ids.append(id) } }
    #expect(made.number == 1 && changed == 2)
    #expect(ids.map(\.number) == [2, 3])
    let outcome = try migrator.run(journal, trees: OldTrees(nil, in: workspace))
    #expect(outcome.done == 2 && outcome.failures.isEmpty)
    #expect(try JobManager(workspace).createJob().paths.id.number == 4)
  }
}
