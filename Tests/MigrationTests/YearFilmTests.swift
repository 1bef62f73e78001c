import Jobs
import Migration
import TestSupport
import Testing

/// Films whose directories bear the names of years that jobs are to be put into.
struct YearFilmTests {
  private func film(_ workspace: OldWorkspace, _ name: String, of year: Int) throws {
    try workspace.film(name, manifest: OldWorkspace.manifest(created: "\(year)-10-27T15:00:00"))
  }

  private func moved(_ workspace: OldWorkspace, but excluded: String...) throws -> Set<String> {
    Set(try workspace.plan(MigrationOptions(exclude: excluded)).filter(\.isMigrated).map(\.path))
  }

  @Test func `one that waits for another that stays keeps its own year from being moved into, too`() throws {
    let workspace = try OldWorkspace()
    try film(workspace, "2025", of: 2025)
    try film(workspace, "2024", of: 2025)
    try film(workspace, "Don_1978", of: 2024)
    try film(workspace, "Sholay_1975", of: 2023)
    #expect(try moved(workspace) == ["out/2025", "out/2024", "out/Don_1978", "out/Sholay_1975"])
    #expect(try moved(workspace, but: "2025") == ["out/Sholay_1975"])
  }

  @Test func `those that wait for each other stay`() throws {
    let workspace = try OldWorkspace()
    try film(workspace, "2025", of: 2024)
    try film(workspace, "2024", of: 2025)
    try film(workspace, "2023", of: 2024)
    try film(workspace, "Don_1978", of: 2023)
    try film(workspace, "Sholay_1975", of: 2022)
    #expect(try moved(workspace) == ["out/Sholay_1975"])
  }

  @Test func `one of the same name that lies elsewhere makes no way`() throws {
    let workspace = try OldWorkspace()
    try film(workspace, "2025", of: 2025)
    try film(workspace, "Hindi/2025", of: 2024)
    try film(workspace, "Don_1978", of: 2025)
    #expect(try moved(workspace, but: "out/2025") == ["out/Hindi/2025"])
  }
}
