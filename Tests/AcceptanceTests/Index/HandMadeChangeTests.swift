import Foundation
import Jobs
import Testing

/// Jobs that were changed behind cpwx's back: by hand, or by another host that shares the disk. Each question about them is
/// answered by what is so now.
struct HandMadeChangeTests {
  private func lines(_ workspace: TestWorkspace, _ arguments: String...) throws -> [String] {
    let outcome = try workspace.start([CPWX.path, "job"] + arguments).wait()
    #expect(outcome.errors == "", "\(arguments): \(outcome.errors)")
    return outcome.lines
  }

  private func jobs(_ workspace: TestWorkspace, _ arguments: String...) throws -> [String] {
    try workspace.start([CPWX.path, "job"] + arguments + ["--format", "ndjson"]).wait().lines.map {
      let job = try JSON(parsing: $0.utf8)
      return "\(job["title"]?.string ?? "-") \(job["status"]?.string ?? "-")"
    }
  }

  private func edit(_ workspace: TestWorkspace, _ text: String, to other: String) throws {
    try workspace.replace(text, by: other, in: try workspace.job() + "/manifest.json")
  }

  @Test func `a record that was edited is listed, shown, found and explained as it is now`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try jobs(workspace, "list") == ["Film completed"])
      try edit(workspace, "\"title\": \"Film\"", to: "\"title\": \"शोले\"")
      #expect(try jobs(workspace, "find", "शोले") == ["शोले completed"])
      #expect(try jobs(workspace, "list", "title~शोले") == ["शोले completed"])
      #expect(try workspace.cpwx("job", "find", "--format", "ndjson", "nothing").output == "")
      #expect(try lines(workspace, "show", id).contains { $0.contains("शोले") })
      let manifest = try workspace.job() + "/manifest.json"
      let text = try workspace.read(manifest)
      // As a killed run of another host leaves it.
      let running = text.replacingOccurrences(
        of: #""pipeline": \{\s*"status": "completed""#, with: #""pipeline": {"status": "running""#,
        options: .regularExpression)
      try #require(running != text)
      try workspace.write(manifest, running)
      for question in [["show"], ["why"]] {
        let told = try workspace.start([CPWX.path, "job"] + question + ["latest"]).wait().output
        #expect(told.contains("interrupted"), "\(question): \(told)")
      }
      #expect(try jobs(workspace, "list", "status=interrupted") == ["शोले interrupted"])
      #expect(try jobs(workspace, "list", "status=completed") == [])
      try workspace.write(manifest, text)
      #expect(try jobs(workspace, "list") == ["शोले completed"])
    }
  }

  @Test func `jobs that another host made and ran are there at once, and gone when it removes them`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try jobs(workspace, "list").count == 1)
      let other = workspace.path("out/2031/05/06/7/20310506-001")
      let script = """
        mkdir -p "$2" && cp -a "$1/." "$2" && cd "$2"
        sed -i 's/"title": "Film"/"title": "Lagaan"/; s/\(id)/20310506-001/g' manifest.json job_info.json
        """
      let copied = try workspace.start(["sh", "-ec", script, "sh", try workspace.job(), other]).wait()
      #expect(copied.code == 0, "\(copied.errors)")
      #expect(try jobs(workspace, "list") == ["Lagaan completed", "Film completed"])
      #expect(try jobs(workspace, "list", "user=7") == ["Lagaan completed"])
      #expect(try jobs(workspace, "find", "lagaan") == ["Lagaan completed"])
      #expect(try lines(workspace, "path", "latest") == [other])
      #expect(try lines(workspace, "show", "20310506-001").contains { $0.contains("Lagaan") })
      #expect(try workspace.cpwx("job", "why", "20310506-001").code == 0)
      #expect(try workspace.cpwx("job", "stats", "--format", "json").output.contains("\"jobs\": 2"))
      try workspace.remove("out/2031")
      #expect(try jobs(workspace, "list") == ["Film completed"])
      #expect(try workspace.cpwx("job", "find", "lagaan").code == 1)
      for question in ["show", "why", "path"] {
        #expect(try workspace.cpwx("job", question, "20310506-001").code == 64, "\(question)")
      }
      #expect(try lines(workspace, "path", "latest") == [try workspace.job()])
    }
  }
}
