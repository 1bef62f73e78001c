import Foundation
import Jobs
import Testing

/// Where the workspace is, and where it is called from.
struct WorkspacePlaceTests {
  @Test func `a workspace's path may hold anything`() throws {
    try TestWorkspace.with([.making("one", from: ["{input}"])], named: "it's \"my\" {films} é %d $X") {
      workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.exists(try workspace.job() + "/one.out"))
      #expect(try workspace.cpwx("job", "path", "latest").output == (try workspace.job()) + "\n")
    }
  }

  @Test func `a workspace is found from below, by -C, and by CPWX_WORKSPACE`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", "Film (2001).mp4", in: workspace.path("in")).code == 0)
      #expect(try workspace.cpwx("run", "-C", workspace.root, film, in: "/").code == 0)
      #expect(
        try workspace.cpwx("run", film, in: "/", environment: ["CPWX_WORKSPACE": workspace.root]).code == 0)
      #expect(
        try workspace.cpwx("run", "-C", workspace.root, in: "/", environment: ["CPWX_WORKSPACE": "/nowhere"])
          .code == 0)
      #expect(workspace.runs == ["one"])
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a path that is not here is looked for in the workspace that is named`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let film = "in/Film (2001).mp4"
      let named = ["CPWX_WORKSPACE": workspace.root]
      // Of a film that has a job, the words as they were typed would be enough.
      let why = try workspace.cpwx("job", "why", film, in: "/", environment: named)
      #expect(why.code == 0 && why.output.contains("no job of this film yet"), "\(why.output)\(why.errors)")
      #expect(try workspace.cpwx("job", "why", film, "-C", workspace.root, in: "/").output == why.output)
      let run = try workspace.cpwx("run", "-C", workspace.root, film, "config/.env", "1", in: "/")
      #expect(run.code == 0, "\(run.errors)")
      let done = try workspace.cpwx("job", "why", film, in: "/", environment: named)
      #expect(done.code == 0 && done.output.contains("completed"), "\(done.output)\(done.errors)")
      #expect(try workspace.cpwx("run", "in", "--config", "config/.env", in: "/", environment: named).code == 0)
      let none = try workspace.cpwx("run", "-C", workspace.root, "in/none.mp4", in: "/")
      #expect(none.code == 64 && none.errors.contains("/in/none.mp4: no such file or folder"), "\(none.errors)")
      #expect(workspace.runs == ["one"])
    }
  }

  @Test func `so is a pipeline; and what is here goes before what the workspace has of that name`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      try workspace.write("config/other.yaml", Stage.yaml([.making("other")]))
      try workspace.write("here/config/other.yaml", Stage.yaml([.making("here")]))
      try workspace.write("here/in/Film (2001).mp4", "another")
      let words = [CPWX.path, "run", "-C", workspace.root, "--settle", "0", "--pipeline", "config/other.yaml"]
      for (place, stages) in [("/", ["other"]), (workspace.path("here"), ["other", "here"])] {
        let run = try workspace.start(words + ["in/Film (2001).mp4"], in: place).wait()
        #expect(run.code == 0 && workspace.runs == stages, "\(run.errors)")
      }
      let films = try workspace.jobs.map { try workspace.manifest(of: $0)["input"]?["sha256"]?.string }
      #expect(films.count == 2 && films[0] != films[1])
    }
  }

  @Test func `a folder that holds nothing of a workspace is none, and stays empty`() throws {
    try TestWorkspace.with { workspace in
      let empty = workspace.path("empty")
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      for arguments in [["job", "list"], ["run"], ["status"]] {
        let named = try workspace.start([CPWX.path] + arguments + ["-C", empty]).wait()
        #expect(named.code == 78, "\(arguments): \(named.errors)")
        #expect(named.errors.contains("cpwx init"))
      }
      #expect(try workspace.cpwx("job", "list", in: "/", environment: ["CPWX_WORKSPACE": empty]).code == 78)
      #expect(workspace.tree("empty").isEmpty)
      #expect(try workspace.cpwx("init", "").code == 64)
    }
  }

  @Test(arguments: ["init", "run"])
  func `a folder whose path is no UTF-8 becomes no workspace, and is none`(command: String) throws {
    try TestWorkspace.with { workspace in
      let script = #"""
        there="$(printf 'caf\351')"; mkdir "$there"; cd "$there"; mkdir config; touch config/.env
        "$0" "$1"; echo $?; find . -mindepth 1
        """#
      let run = try workspace.start(["sh", "-c", script, CPWX.path, command]).wait()
      #expect(run.lines == ["78", "./config", "./config/.env"])
      #expect(run.errors.contains("is no UTF-8, in which jobs are recorded"), "\(run.errors)")
    }
  }

  @Test func `outside of every workspace that is said, with what to do`() throws {
    try TestWorkspace.with { workspace in
      let run = try workspace.cpwx("run", in: "/")
      #expect(run.code == 78)
      #expect(run.errors.contains("cpwx init"))
    }
  }

  @Test func `a workspace reached through a link is the same workspace`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let link = workspace.root + "-link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: workspace.root)
      #expect(try workspace.cpwx("run", in: link).code == 0)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one"])
    }
  }

  @Test func `a copy of the program works from another folder`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let copy = workspace.path("my tools/cpwx")
      try FileManager.default.createDirectory(
        atPath: workspace.path("my tools"), withIntermediateDirectories: true)
      // By another process: a copy still open for writing, in a child of a test beside this one, cannot be run.
      try workspace.start(["cp", CPWX.path, copy]).wait()
      let run = try workspace.start([copy, "run"]).wait()
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.runs == ["one"])
    }
  }

  @Test func `a moved workspace keeps what is done`() throws {
    try TestWorkspace.with([.making("one", from: ["{input}"]), .gate(after: ["one.out"])]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let elsewhere = workspace.root + "-moved"
      try workspace.move("", to: elsewhere)
      workspace.atEnd { try? FileManager.default.moveItem(atPath: elsewhere, toPath: workspace.root) }
      try workspace.write(elsewhere + "/open", "")
      let run = try workspace.cpwx("run", in: elsewhere)
      #expect(run.code == 0, "\(run.errors)")
      #expect(try workspace.read(elsewhere + "/runs") == "one\ngate\ngate\n")
    }
  }
}
