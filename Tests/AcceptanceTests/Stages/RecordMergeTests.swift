import Jobs
import Testing

/// Stages write manifest.json themselves; nothing of that is lost.
struct RecordMergeTests {
  /// What a container's stage does: changes its entry of the manifest, in place and without any lock.
  private static let inPlace = """
    import json, sys
    job = sys.argv[1]
    open(job + "/x", "w").write("123")
    manifest = json.load(open(job + "/manifest.json"))
    manifest["site"] = {"rack": [7, None]}
    entry = manifest["stages"]["inplace"]
    entry.update(status="success", custom="kept", metadata={"model": "large-v3"})
    entry["input_files"] = [{"key": "mine", "path": "/app/in/f", "exists": True, "size_bytes": 5}]
    entry["outputs"] = {"extra": {"path": job + "/x", "size_bytes": 3, "description": "theirs"}}
    json.dump(manifest, open(job + "/manifest.json", "w"))
    """

  private static let withSDK = """
    import sys
    sys.path.insert(0, "\(CPWX.package)/config/sdk")
    from manifest import StageManifest
    job = sys.argv[1]
    with StageManifest("sdk", job) as manifest:
        open(job + "/y", "w").write("yy")
        manifest.add_input("x", job + "/x", "from before")
        manifest.add_output("y", job + "/y", "described by the stage")
        manifest.add_metadata("language", "hi")
    """

  /// Writes success into its record, and fails.
  private static let liar = """
    import json, sys
    path = sys.argv[1] + "/manifest.json"
    manifest = json.load(open(path))
    manifest["stages"]["liar"]["status"] = "success"
    manifest["pipeline"]["completed_stages"].append("liar")
    json.dump(manifest, open(path, "w"))
    sys.exit(5)
    """

  private static func stages() -> [Stage] {
    [
      Stage("inplace", outputs: ["x"], script: Stage.untilFollowed + "python3 inplace.py \"$1\""),
      Stage("sdk", outputs: ["y"], script: Stage.untilFollowed + "python3 sdk.py \"$1\""),
      Stage("liar", script: Stage.untilFollowed + "python3 liar.py \"$1\""),
    ]
  }

  private func ran(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with(Self.stages()) { workspace in
      try workspace.write("inplace.py", Self.inPlace)
      try workspace.write("sdk.py", Self.withSDK)
      try workspace.write("liar.py", Self.liar)
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1, "\(run.errors)")
      try body(workspace)
    }
  }

  @Test func `the peak memory of a stage is its own, be it smaller than cpwx or larger`() throws {
    let stages = [
      Stage("small", script: Stage.untilFollowed + "exec sleep 0.1"),
      Stage("large", script: "python3 -c 'held = bytearray(300 << 20)'"),
      // There is a look a second.
      Stage(
        "nested",
        script: Stage.untilFollowed + "python3 -c 'import time; held = bytearray(20 << 20); time.sleep(1.2)'; :"),
      Stage("after", script: Stage.untilFollowed + "exec sleep 0.1"),
    ]
    try TestWorkspace.with(stages) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      func peak(_ stage: String) throws -> Int? {
        try workspace.record(stage)["resources"]?["peak_memory_bytes"]?.int
      }
      #expect(try 1...10_000_000 ~= #require(try peak("small")))
      #expect(try 1...10_000_000 ~= #require(try peak("after")))
      #expect(try #require(try peak("large")) >= 300_000_000)
      #expect(try 20_000_000...60_000_000 ~= #require(try peak("nested")))
    }
  }

  @Test func `a stage that is over at once has no peak memory of another's`() throws {
    try TestWorkspace.with([Stage("one", script: ":")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let resources = try workspace.record("one")["resources"]
      #expect((resources?["peak_memory_bytes"]?.int ?? 0) < 10_000_000)
      #expect(resources?["cpu_seconds"]?.double != nil)
    }
  }

  private func checkOwnFields(_ record: JSON, exitCode: Int) {
    #expect(record["exit_code"]?.int == exitCode)
    #expect(record["attempt"]?.int == 1)
    #expect(record["runner"]?.string == "local")
    #expect(record["fingerprint"]?.string?.count == 64)
    #expect(record["log"]?.string?.hasSuffix(".log") == true)
    #expect(record["started_at"]?.string?.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/) == true)
    #expect(record["completed_at"]?.string?.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/) == true)
    #expect((record["duration_seconds"]?.double ?? -1) > 0)
    #expect((record["resources"]?["peak_memory_bytes"]?.int ?? 0) > 1_000_000)
    #expect((record["resources"]?["cpu_seconds"]?.double ?? 0) > 0)
  }

  @Test func `what a stage writes in place is kept, and cpwx's fields stand beside it`() throws {
    try ran { workspace in
      let record = try workspace.record("inplace")
      #expect(record["status"]?.string == "success")
      #expect(record["custom"]?.string == "kept")
      #expect(record["metadata"]?["model"]?.string == "large-v3")
      #expect(record["input_files"]?.array?.first?["key"]?.string == "mine")
      #expect(record["outputs"]?["extra"]?["description"]?.string == "theirs")
      #expect(record["outputs"]?["x"]?["size_bytes"]?.int == 3)
      #expect(record["stage_number"]?.int == 1)
      checkOwnFields(record, exitCode: 0)
      #expect(try workspace.manifest()["site"] == ["rack": .array([.int(7), .null])])
    }
  }

  @Test func `a stage that records that it failed has failed, though it exits well`() throws {
    let script = """
      import sys
      sys.path.insert(0, "\(CPWX.package)/config/sdk")
      from manifest import StageManifest
      with StageManifest("quiet", sys.argv[1]) as manifest:
          manifest.set_error("no voice was found, token hunter2hunter2")
      """
    try TestWorkspace.with([Stage("quiet", script: "python3 quiet.py \"$1\"")], config: ["X_TOKEN=hunter2hunter2"]) {
      workspace in
      try workspace.write("quiet.py", script)
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1, "\(run.errors)")
      let record = try workspace.record("quiet")
      #expect(record["status"]?.string == "failed")
      #expect(record["error"]?.string == "no voice was found, token ********")
      #expect(record["exit_code"]?.int == 0)
    }
  }

  @Test func `what a stage records through StageManifest is kept as well`() throws {
    try ran { workspace in
      let record = try workspace.record("sdk")
      #expect(record["status"]?.string == "success")
      #expect(record["metadata"]?["language"]?.string == "hi")
      #expect(record["input_files"]?.array?.first?["description"]?.string == "from before")
      #expect(record["outputs"]?["y"]?["description"]?.string == "described by the stage")
      #expect(record["outputs"]?["y"]?["size_bytes"]?.int == 2)
      checkOwnFields(record, exitCode: 0)
    }
  }

  @Test func `a stage that fails has failed, whatever it wrote of itself`() throws {
    try ran { workspace in
      let record = try workspace.record("liar")
      #expect(record["status"]?.string == "failed")
      checkOwnFields(record, exitCode: 5)
      let pipeline = try #require(try workspace.manifest()["pipeline"])
      #expect(pipeline["completed_stages"]?.array == [.string("inplace"), .string("sdk")])
      #expect(pipeline["failed_stages"]?.array == [.string("liar")])
    }
  }
}
