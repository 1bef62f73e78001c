import Foundation
import Jobs
import Testing

/// The logs of the trees that the old application left go to the jobs that they are known to be of.
struct LegacyLogTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../MigrationTests/Fixtures").standardizedFileURL

  @Test func `every log goes to its job's folder`() throws {
    let archive = Self.fixtures.appending(path: "legacy-trees.tar.gz").path
    let expected = try JSON(parsing: Array(Data(contentsOf: Self.fixtures.appending(path: "legacy-expected.json"))))
    try TestWorkspace.with { workspace in
      #expect(try workspace.start(["tar", "-xzf", archive]).wait().code == 0)
      let done = try workspace.cpwx("migrate", "--from-legacy", "--format", "json")
      let entries = try #require(try JSON(parsing: done.output.utf8)["entries"]?.array)
      for film in expected["entries"]?.array ?? [] where film["kind"]?.string == "movie" {
        let path = "out/\(film["dir"]?.string ?? "")"
        let output = try #require(entries.first { $0["path"]?.string == path }?["output_dir"]?.string)
        let logs = workspace.tree("logs" + output.dropFirst("out".count))
        #expect(logs == (film["logs"]?.array ?? []).compactMap(\.string).sorted(), "\(path)")
      }
    }
  }
}
