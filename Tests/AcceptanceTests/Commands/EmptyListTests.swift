import Foundation
import Testing

/// A list with nothing in it is a list all the same.
struct EmptyListTests {
  private func heading(_ workspace: TestWorkspace, _ arguments: [String]) throws -> String {
    let lines = try workspace.start([CPWX.path] + arguments + ["--format", "csv"]).wait().lines
    return try #require(lines.first, "\(arguments)")
  }

  @Test func `its CSV has the heading that it has with something in it`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      try FileManager.default.createDirectory(atPath: workspace.path("none"), withIntermediateDirectories: true)
      let pairs: [(full: [String], empty: [String])] = [
        (["job", "list"], ["job", "list", "status=failed"]),
        (["job", "list", "--columns", "title,year"], ["job", "list", "--columns", "title,year", "status=failed"]),
        (["job", "find", "film"], ["job", "find", "nothing"]),
        (["job", "stats"], ["job", "stats", "status=failed"]),
        (["run", "-n"], ["run", "-n", "none"]), (["run"], ["run", "none"]),
        (["archive", "--keep", id], ["archive", "--older-than", "100d"]),
        (["archive", "list"], ["archive", "list", "nothing"]),
        (["archive", "verify", id], ["archive", "verify", "--quiet", id]),
      ]
      for pair in pairs {
        let (full, empty) = (try heading(workspace, pair.full), try heading(workspace, pair.empty))
        #expect(full == empty, "\(pair.empty)")
        let rows = try workspace.start([CPWX.path] + pair.empty + ["--format", "csv"]).wait().lines
        #expect(rows.count == 1, "\(pair.empty)")
      }
    }
  }

  @Test(arguments: [
    ["archive", "list"], ["archive", "prune", "--keep-last", "1"], ["archive", "verify", "--all"],
    ["migrate", "--from-legacy", "-n"], ["migrate", "status"], ["status"], ["job", "list"],
  ])
  func `its CSV has a heading where there never was anything`(arguments: [String]) throws {
    try TestWorkspace.with { workspace in
      let names = try heading(workspace, arguments).split(separator: ",")
      #expect(names.contains { ["job_id", "migration_id", "batch_id"].contains($0) }, "\(names)")
    }
  }

  @Test(arguments: ["job list", "job find nothing", "archive list", "archive list nothing", "migrate status"])
  func `at a terminal it is said that there is nothing`(command: String) throws {
    try TestWorkspace.with { workspace in
      let lines = try workspace.shown(command, columns: 80)
      #expect(lines.count == 1 && lines[0].hasSuffix("nothing") == false, "\(lines)")
      let piped = try workspace.start([CPWX.path] + command.split(separator: " ").map(String.init)).wait()
      #expect(piped.output.isEmpty && piped.errors.isEmpty)
    }
  }

  @Test(arguments: [["migrate", "--from-legacy"], ["migrate", "--from-legacy", "-n"]])
  func `a migration of nothing says so`(arguments: [String]) throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.start([CPWX.path] + arguments).wait()
      #expect(outcome.code == 0 && outcome.output == "")
      #expect(outcome.errors == "Nothing is to be migrated.\n")
    }
  }

  @Test func `what two manifests differ in, and what a job has made, has its heading too`() throws {
    try TestWorkspace.with([Stage("one", script: "true")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try heading(workspace, ["manifest", "diff", "latest", "latest"]) == "stage_name,key,old,new")
      #expect(
        try heading(workspace, ["manifest", "outputs", "latest"]) == "stage_name,key,path,exists,size_bytes,description"
      )
      #expect(try heading(workspace, ["manifest", "validate", "latest"]) == "path,severity,message")
    }
  }
}
