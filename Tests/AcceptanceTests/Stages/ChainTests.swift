import Foundation
import Jobs
import Testing

/// Runs of some stages only, and what they mean for the others.
struct ChainTests {
  @Test func `a stage that declares no inputs runs again after one before it did, in whichever run`() throws {
    let stages = [
      Stage("one", outputs: ["one.out"], script: "date +%N > \"$1/one.out\""),
      Stage("two", inputs: nil, outputs: ["two.out"], script: "cat \"$1/one.out\" > \"$1/two.out\""),
    ]
    try TestWorkspace.with(stages) { workspace in
      let film = try workspace.film()
      try workspace.cpwx("run", film)
      try workspace.cpwx("run", "--stages", "one", film)
      try workspace.cpwx("run", film)
      let job = try workspace.job()
      #expect(try workspace.read(job + "/one.out") == workspace.read(job + "/two.out"))
      #expect(try workspace.read("runs") == "one\ntwo\none\ntwo\n")
    }
  }

  @Test func `some stages of a failed job leave it failed, and its manifest in order`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", film).code == 1)
      try workspace.cpwx("run", "--stages", "one", film)
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "failed")
      #expect(try workspace.cpwx("manifest", "validate", "latest").code == 0)
    }
  }

  @Test func `some stages of a new film leave its job open, and the next run finishes it`() throws {
    try TestWorkspace.with([.making("one"), .making("two")]) { workspace in
      let film = try workspace.film()
      try workspace.cpwx("run", "--stages", "one", film)
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")
      try workspace.cpwx("run")
      #expect(try workspace.read("runs") == "one\ntwo\n")
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test func `a film that cannot be read keeps no other from being done`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      // Reading a process's memory from its beginning fails for root, too.
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path("in/A bad one.mp4"), withDestinationPath: "/proc/self/mem")
      try workspace.film()
      let outcome = try workspace.cpwx("run")
      #expect(outcome.code == 74)
      #expect(outcome.errors.contains("A bad one.mp4"))
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test func `a stage that says itself that it skipped is skipped, and no failure`() throws {
    let script = """
      \(Stage.untilFollowed)
      python3 - "$1/manifest.json" <<'PYTHON'
      import json, sys
      document = json.load(open(sys.argv[1]))
      document["stages"]["one"].update(status="skipped", skip_reason="nothing to do")
      json.dump(document, open(sys.argv[1], "w"))
      PYTHON
      """
    let stage = "if test -e work; then touch \"$1/one.out\"; else \(script)\nfi"
    try TestWorkspace.with([Stage("one", outputs: ["one.out"], script: stage), .making("two")]) { workspace in
      let film = try workspace.film()
      try workspace.cpwx("run", film)
      var record = try workspace.record("one")
      #expect(record["status"]?.string == "skipped")
      #expect(record["reason"]?.string == "nothing to do")

      // Once there is something to do, nothing tells of the other time.
      try workspace.write("work", "")
      try workspace.cpwx("run", film, "--from-stage", "one")
      record = try workspace.record("one")
      #expect(record["status"]?.string == "success")
      #expect(record["reason"] == nil && record["skip_reason"] == nil)
    }
  }

  @Test func `an empty setting leaves the caller's variable to the stages`() throws {
    try TestWorkspace.with([Stage("one", script: "echo \"[$PROXY_OF_TESTS]\"")]) { workspace in
      try workspace.write("config/.env", "PROXY_OF_TESTS=\n")
      let film = try workspace.film()
      try workspace.cpwx("run", film, environment: ["PROXY_OF_TESTS": "http://proxy"])
      #expect(try workspace.log("one").contains("[http://proxy]"))
    }
  }

  @Test func `a run under nohup goes on when the terminal closes`() throws {
    let stages = [Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")]
    try TestWorkspace.with(stages) { workspace in
      try workspace.film()
      let run = try workspace.start(["sh", "-c", "trap '' HUP; exec \"$0\" run", CPWX.path])
      #expect(eventually { workspace.exists("begun") })
      run.send(SIGHUP)
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
    }
  }
}
