import Foundation
import Jobs
import Testing

/// `-v`: what is read, decided and done, on standard error.
struct VerboseTests {
  @Test func `a run tells of its workspace, why it takes each film, and the commands of its stages`() throws {
    try TestWorkspace.with([.init("one", script: "true")]) { workspace in
      let film = try workspace.film()
      let first = try workspace.cpwx("run", "-v", "--format", "json", film)
      #expect(first.code == 0)
      #expect(try JSON(parsing: Array(first.output.utf8)).array?.count == 1)
      for told in ["The workspace is \(workspace.root)", "The index is asked", "in/Film (2001).mp4: new: ", "    $ sh"]
      {
        #expect(first.errors.contains(told), "\(told) in \(first.errors)")
      }
      let second = try workspace.cpwx("-v", "run", film)
      #expect(second.errors.contains("in/Film (2001).mp4: skip: "))
      #expect(try workspace.cpwx("run", film).errors.contains("skip") == false)
    }
  }

  @Test func `a run that is to be quiet does not tell why a stage runs again`() throws {
    try TestWorkspace.with([.gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q").code == 1)
      try workspace.write("open", "")
      let again = try workspace.cpwx("run", "-q")
      #expect(again.code == 0 && again.errors.isEmpty, "\(again.errors)")
      #expect(workspace.runs == ["gate", "gate"])
    }
  }

  @Test func `a list tells what of the index it brought up to date`() throws {
    try TestWorkspace.with([.init("one", script: "true")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q").code == 0)
      #expect(try workspace.cpwx("job", "list").code == 0)
      let manifest =
        String(try workspace.cpwx("job", "path", "latest").output.split(separator: "\n")[0]) + "/manifest.json"
      try workspace.write(manifest, try String(contentsOfFile: manifest, encoding: .utf8) + " ")
      let listed = try workspace.cpwx("job", "list", "-v")
      #expect(listed.errors.contains("Of the jobs, 1 had changed and 0 were gone."))
      #expect(try workspace.cpwx("job", "list").errors.isEmpty)
    }
  }
}
