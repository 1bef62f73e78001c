import Foundation
import Jobs
import Testing

/// What of an earlier run stands, and what must run again.
struct ResumeTests {
  /// `one` reads the film, `two` reads `one`, `side` nothing, `gate` what `two` made.
  private static let stages: [Stage] = [
    .making("one", from: ["{input}"]),
    .making("two", from: ["one.out"], fields: ["env: [KNOB]"]),
    .making("side"),
    .gate(after: ["two.out"]),
  ]

  enum Change: String, CaseIterable {
    case nothing, outputRemoved, outputCutShort, outputGrown, outputMended, setting, otherSetting, command, film

    func make(in workspace: TestWorkspace) throws {
      let job = try workspace.job()
      switch self {
      case .nothing: break
      case .outputRemoved: try workspace.remove(job + "/two.out")
      case .outputCutShort: try workspace.write(job + "/two.out", "")
      case .outputGrown: try workspace.write(job + "/two.out", String(repeating: "more ", count: 9))
      case .outputMended:
        // The size is as recorded, and what reads the file reads its content.
        let mended = try workspace.read(job + "/one.out").uppercased()
        try workspace.write(job + "/one.out", mended)
      case .setting:
        let env = try workspace.read(job + "/job.env")
        try workspace.write(job + "/job.env", env.replacing("KNOB=1", with: "KNOB=2"))
      case .otherSetting:
        let env = try workspace.read(job + "/job.env")
        try workspace.write(job + "/job.env", env.replacing("OTHER=1", with: "OTHER=2"))
      case .command:
        var stages = ResumeTests.stages
        stages[1].script += "; true"
        try workspace.declare(stages)
      case .film: try workspace.film(holding: "another cut")
      }
    }

    /// The stages, the gate aside, that this touches.
    var touched: [String] {
      switch self {
      case .nothing, .otherSetting: []
      case .film: ["one", "two"]
      default: ["two"]
      }
    }
  }

  @Test(arguments: Change.allCases)
  func `an unfinished job runs again what a change touches, and no more`(change: Change) throws {
    try TestWorkspace.with(Self.stages, config: ["KNOB=1", "OTHER=1"]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      #expect(workspace.runs == ["one", "two", "side", "gate"])
      try change.make(in: workspace)
      try workspace.write("open", "")
      let run = try workspace.cpwx("run", "--resume", "latest")
      #expect(run.code == 0, "\(run.errors)")
      #expect(Array(workspace.runs.dropFirst(4)) == change.touched + ["gate"])
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test(arguments: Change.allCases)
  func `a completed job runs again what a change touches, and no more`(change: Change) throws {
    try TestWorkspace.with(Self.stages, config: ["KNOB=1", "OTHER=1"]) { workspace in
      try workspace.film()
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      try change.make(in: workspace)
      let run = try workspace.cpwx("run", "--resume", "latest")
      #expect(run.code == 0, "\(run.errors)")
      #expect(Array(workspace.runs.dropFirst(4)) == (change.touched.isEmpty ? [] : change.touched + ["gate"]))
    }
  }

  @Test
  func `a film that is named is done again where its result was deleted, one of a folder is left alone`()
    throws
  {
    try TestWorkspace.with([.making("one"), .making("two", from: ["one.out"])]) { workspace in
      let film = try workspace.film()
      try workspace.cpwx("run")
      let result = try workspace.job() + "/two.out"
      try workspace.remove(result)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one", "two"])
      #expect(try workspace.cpwx("run", film).code == 0)
      #expect(workspace.runs == ["one", "two", "two"])
      #expect(workspace.exists(result))
    }
  }

  enum Loss: String, CaseIterable {
    case gone, emptied, mended, elsewhere, shared, ofLaterStage, ofOtherWriter, none
  }

  @Test(arguments: Loss.allCases)
  func `a file that a stage recorded itself and no pipeline declares counts too`(loss: Loss) throws {
    let record = """
      import json, os, sys
      folder, stage, place = sys.argv[1:]
      path = folder + "/manifest.json"
      document = json.load(open(path))
      entry = {"path": place, "exists": True, "size_bytes": 5, "description": "its own"}
      document["stages"][stage]["outputs"]["extra"] = entry
      json.dump(document, open(path, "w"))
      """
    var stages: [Stage] = [.making("one"), .making("two", from: ["one.out"])]
    let place = loss == .elsewhere ? "/nowhere/extra.txt" : loss == .shared ? "\"$PWD/catalogue\"" : "extra.txt"
    stages[0].script += "\n" + Stage.untilFollowed
    stages[0].script += "printf 12345 > \"$1/extra.txt\"\npython3 record.py \"$1\" one \(place)"
    if loss == .ofLaterStage {
      stages[1].script += "\n" + Stage.untilFollowed
      stages[1].script += "printf 123 > \"$1/extra.txt\"\npython3 record.py \"$1\" two \"$1/extra.txt\""
    }
    try TestWorkspace.with(stages + [.gate(after: ["two.out"])]) { workspace in
      try workspace.write("record.py", record)
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      switch loss {
      case .gone, .elsewhere: try workspace.remove(job + "/extra.txt")
      case .emptied: try workspace.write(job + "/extra.txt", "")
      case .mended: try workspace.write(job + "/extra.txt", "123")
      case .shared: try workspace.write("catalogue", "of all films")
      case .ofLaterStage, .none: break
      case .ofOtherWriter:
        try workspace.remove(job + "/extra.txt")
        var manifest = try workspace.manifest()
        manifest["stages"]?["one"]?["fingerprint"] = nil
        try workspace.write(job + "/manifest.json", Data(manifest.bytes()))
      }
      if loss == .ofLaterStage {
        var manifest = try workspace.manifest()
        manifest["stages"]?["two"]?["outputs"]?["extra"]?["size_bytes"] = .int(3)
        try workspace.write(job + "/manifest.json", Data(manifest.bytes()))
      }
      try workspace.write("open", "")
      let run = try workspace.cpwx("run", "--resume", "latest")
      #expect(run.code == 0, "\(run.errors)")
      let isDoneAgain = loss == .gone || loss == .emptied
      #expect(Array(workspace.runs.dropFirst(3)) == (isDoneAgain ? ["one", "two"] : []) + ["gate"])
      let reason = loss == .gone ? "is gone" : "has no byte where 5 were recorded"
      #expect(run.errors.contains("one runs again: its recorded output extra.txt \(reason)") == isDoneAgain)
    }
  }

  @Test func `what a stage recorded in an earlier attempt and not in its last is not missed`() throws {
    let note = #"test -e once || { : > once; printf 12345 > "$1/extra.txt"; python3 note.py "$1"; exit 3; }"#
    var stage = Stage.making("one", fields: ["retries: 1", "backoff: 1s"])
    stage.script += "\n" + Stage.untilFollowed + note
    try TestWorkspace.with([stage]) { workspace in
      try workspace.write(
        "note.py",
        """
        import json, sys
        path = sys.argv[1] + "/manifest.json"
        document = json.load(open(path))
        document["stages"]["one"]["outputs"]["extra"] = {"path": "extra.txt", "exists": True, "size_bytes": 5}
        json.dump(document, open(path, "w"))
        """)
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.remove(try workspace.job() + "/extra.txt")
      #expect(try workspace.cpwx("run", "--resume", "latest").code == 0)
      #expect(workspace.runs == ["one", "one"])
    }
  }

  @Test(arguments: [false, true])
  func `a dry run tells of lost settings as the run itself does`(isEmptied: Bool) throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let env = try workspace.job() + "/job.env"
      if isEmptied { try workspace.write(env, "") } else { try workspace.remove(env) }
      let config = workspace.path("config/.env")
      let told = "\(id): job.env was gone or empty; the job goes on with the settings of \(config)"
      let planned = try workspace.cpwx("run", "-n", "--resume", id, "--format", "json")
      #expect(planned.output.contains("\"reason\": \"\(told)\""), "\(planned.output)")
      let run = try workspace.cpwx("run", "--resume", id)
      #expect(run.code == 0 && run.errors.contains(told), "\(run.errors)")
      #expect(try workspace.read(env).contains("JOB_ID=\(id)"))
    }
  }

  @Test(arguments: [false, true])
  func `a job_info that was lost is made anew of what else the job has`(isEmptied: Bool) throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let path = try workspace.job() + "/job_info.json"
      let before = try JSON(parsing: try workspace.bytes(path))
      if isEmptied { try workspace.write(path, "") } else { try workspace.remove(path) }
      try workspace.write("open", "")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.errors.contains("job_info.json was gone or empty, and was made anew"), "\(run.errors)")
      let made = try JSON(parsing: try workspace.bytes(path))
      for key in before.keys.subtracting(["input", "config_file"]) {
        #expect(made[key] == before[key] && made[key] != nil, "\(key)")
      }
      for key in ["file", "title", "year", "sha256"] {
        #expect(made["input"]?[key] == before["input"]?[key] && made["input"]?[key] != nil, "\(key)")
      }
      #expect(workspace.runs == ["one", "gate", "gate"])
    }
  }

  @Test func `a job_info keeps what others wrote into it, byte for byte, whatever is done with its job`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      let text = try workspace.read(job + "/job_info.json")
      let own = "{\n  \"ticket\": {\"b\": 1.50, \"a\": [ ]},\n" + text.dropFirst(1)
      try workspace.write(job + "/job_info.json", own)
      try workspace.move("in/Film (2001).mp4", to: "in/Other (2001).mp4")
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      let id = try #require(job.split(separator: "/").last.map(String.init))
      #expect(try workspace.cpwx("archive", id).code == 0)
      #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      #expect(try workspace.cpwx("run", "--resume", id, "--from-stage", "one").code == 0)
      #expect(try workspace.read(job + "/job_info.json") == own)
    }
  }

  @Test func `the resuming block is as documented, byte for byte`() throws {
    let stages: [Stage] = [
      .making("demux"), Stage("tmdb", fields: ["critical: false"], script: "exit 3"), .making("pre_ner"),
      .gate(),
    ]
    try TestWorkspace.with(stages) { workspace in
      try workspace.film()
      let first = try workspace.cpwx("run")
      #expect(!first.errors.contains("RESUMING"))
      let second = try workspace.cpwx("run")
      let block = "📋 RESUMING FROM PREVIOUS RUN\n   Completed: demux, pre_ner\n   Skipped: tmdb\n"
      #expect(("\n" + second.errors).contains("\n" + block), "\(second.errors)")
    }
  }

  @Test func `the resuming block says none where nothing was skipped`() throws {
    try TestWorkspace.with([.making("demux"), .gate()]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let second = try workspace.cpwx("run")
      let block = "📋 RESUMING FROM PREVIOUS RUN\n   Completed: demux\n   Skipped: none\n"
      #expect(("\n" + second.errors).contains("\n" + block), "\(second.errors)")
    }
  }

  @Test func `a stage that another orchestrator skipped before it came to an end runs where it matters`() throws {
    try TestWorkspace.with([.making("one"), .making("two"), .gate()]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let job = try workspace.job()
      try workspace.remove(job + "/two.out")
      let film = try #require(try workspace.manifest()["input"]?["file"]?.string)
      try workspace.write(
        job + "/manifest.json",
        #"{"input": {"file": "\#(film)"}, "pipeline": {"status": "running", "failed_stages": ["one"]}, "#
          + #""stages": {"one": {"status": "success"}, "two": {"status": "skipped", "error": "out of memory"}}}"#)
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.record("two")["status"]?.string == "success")
      #expect(workspace.runs == ["one", "two", "gate", "two", "gate"])
      // What its lists said of finished stages is put right at the end.
      let pipeline = try workspace.manifest()["pipeline"]
      #expect(pipeline?["failed_stages"]?.array?.isEmpty == true)
      #expect(Set(pipeline?["completed_stages"]?.array?.compactMap(\.string) ?? []) == ["one", "two", "gate"])
    }
  }

  @Test func `a stage recorded under the other spelling is the same stage`() throws {
    try TestWorkspace.with([.making("pre_ner"), .gate()]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let file = try workspace.job() + "/manifest.json"
      try workspace.write(file, try workspace.read(file).replacing("\"pre_ner\"", with: "\"pre-ner\""))
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["pre_ner", "gate", "gate"])
      let stages = try #require(try workspace.manifest()["stages"]?.object)
      #expect(stages.names.filter { $0.hasPrefix("pre") }.count == 1)
    }
  }

  @Test func `of inputs with one key the first that is there counts, and none that is absent`() throws {
    func stages(_ paths: String...) -> [Stage] {
      let inputs = paths.map { "{key: prompt, path: '\($0)', optional: true}" }.joined(separator: ", ")
      return [Stage("one", inputs: nil, fields: ["inputs: [\(inputs)]"], script: "true")]
    }
    let second = "{job_name}.initial_prompt.txt"
    try TestWorkspace.with(stages("first.txt")) { workspace in
      try workspace.film()
      func runAgain() throws -> Int {
        let before = workspace.runs.count
        #expect(try workspace.cpwx("run", "--resume", "latest").code == 0)
        return workspace.runs.count - before
      }
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.declare(stages("first.txt", second, "third.txt"))
      #expect(try runAgain() == 0, "one more alternative changes nothing for a job without it")
      let job = try workspace.job()
      let other = job + "/" + (job as NSString).lastPathComponent + ".initial_prompt.txt"
      try workspace.write(other, "names")
      #expect(try runAgain() == 1)
      let recorded = try workspace.record("one")["input_files"]?.array?.compactMap { $0["path"]?.string }
      #expect(recorded == [job + "/first.txt", other])
      try workspace.write(job + "/third.txt", "other names")
      #expect(try runAgain() == 0)
      try workspace.write(other, "more names")
      #expect(try runAgain() == 1)
      try workspace.write(job + "/first.txt", "the best names")
      #expect(try runAgain() == 1)
      try workspace.write(other, "names that nobody reads")
      #expect(try runAgain() == 0)
      try workspace.remove(job + "/first.txt")
      #expect(try runAgain() == 1)
    }
  }
}
