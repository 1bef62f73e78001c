import Foundation
import Jobs
import Pipeline
import Testing

/// The stages that ship, on this machine, from a film in in/ to one with subtitles.
struct WholeFilmTests {
  @Test(.timeLimit(.minutes(20)))
  func `a film goes through the ten stages and comes out with subtitles, with no network`() throws {
    try TestWorkspace.with { workspace in
      let engines = try installedEngines()
      try workspace.makeSite("site")
      let run = try workspace.start(
        ["unshare", geteuid() == 0 ? "-n" : "-rn", CPWX.path, "run", "-C", workspace.path("site"), "--settle", "0"],
        environment: ["CPWX_ENGINES": engines]
      ).wait(atMost: 900)
      #expect(run.code == 0, "\(run.output)\n\(run.errors)")
      let job = try workspace.job(in: "site")
      let place = job.dropFirst(workspace.path("site/").count)
      #expect(try /out\/\d{4}\/\d\d?\/\d\d?\/1\/\d{8}-001/.wholeMatch(in: String(place)) != nil, "\(place)")
      let manifest = try workspace.manifest(of: job)
      #expect(manifest["pipeline"]?["status"]?.string == "completed")
      let stages = try #require(manifest["stages"]?.object)
      #expect(
        stages.names == [
          "demux", "tmdb", "pre_ner", "silero_vad", "pyannote_vad", "diarization", "asr", "post_ner", "subtitle_gen",
          "mux",
        ])
      for name in stages.names {
        #expect(stages[name]?["status"]?.string == "success", "\(name)")
        #expect(stages[name]?["runner"]?.string == "local", "\(name)")
      }
      #expect(stages["asr"]?["metadata"]?["model"]?.string == "tiny.en")
      let subtitles = try workspace.read(job + "/subtitles/subtitles.srt")
      #expect(subtitles.lowercased().contains("company") && subtitles.contains(" --> "), "\(subtitles)")
      #expect(try workspace.subtitleStreams(of: job + "/final_output.mp4") == ["mov_text eng"])
      try expectDeclared(stages)
      try expectNoticed(job, workspace)
    }
  }

  /// What a stage tells that it has read, its definition names: else a change of it would not be noticed. Whose the words
  /// are that asr heard, subtitle_gen asks again.
  private func expectDeclared(_ stages: JSON.Object) throws {
    for stage in try PipelineDefinition.standard.stages {
      let declared = (stage.inputs ?? []).map(\.key) + (stage.name == "asr" ? ["speaker_segments"] : [])
      let read = (stages[stage.name]?["input_files"]?.array ?? []).compactMap { $0["key"]?.string }
      #expect(!read.isEmpty || stage.name == "tmdb", "\(stage.name)")
      #expect(Set(declared).isSuperset(of: read), "\(stage.name): \(read)")
    }
  }

  /// What lies beside the film, and what was made besides the outputs, has what reads it run again.
  private func expectNoticed(_ job: String, _ workspace: TestWorkspace) throws {
    let film = workspace.path("site/" + (try workspace.manifest(of: job)["input"]?["file"]?.string ?? "none"))
    func reason() throws -> String {
      let planned = try workspace.json("run", "-n", "-C", workspace.path("site"), "--settle", "0", film)
      return planned.array?.first?["reason"]?.string ?? planned.text()
    }
    #expect(try !reason().contains("must run again"))
    let corrected = "\(job)/post_ner/\((job as NSString).lastPathComponent).corrected.json"
    let text = try workspace.read(corrected)
    try workspace.write(corrected, text + "\n")
    #expect(try reason().contains("subtitle_gen must run again"))
    try workspace.write(corrected, text)
    try workspace.write((film as NSString).deletingPathExtension + ".nfo", "<movie><title>A Film</title></movie>")
    #expect(try reason().contains("tmdb must run again"))
  }

  @Test(.timeLimit(.minutes(30)))
  func `a run that is killed while an engine listens is finished by the next, and its engine is ended`() throws {
    try TestWorkspace.with { workspace in
      let engines = ["CPWX_ENGINES": try installedEngines()]
      try workspace.makeSite("site")
      let arguments = ["run", "-C", workspace.path("site"), "--settle", "0"]
      let first = try workspace.start([CPWX.path] + arguments, environment: engines)
      // The engine is a child of cpwx-stage, which is one of cpwx.
      func listening() -> [pid_t] {
        workspace.stageProcesses().filter { pid in
          let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
          let shown = String(decoding: words, as: UTF8.self)
          return shown.contains("python") && shown.contains("adapters/asr_")
        }
      }
      // What asks an engine for what it can do is no work yet: the stage's log tells which is taken. And a stage begins while its
      // record is on the way to the disk.
      var left: [pid_t] = []
      let isAtWork = eventually(within: 600) {
        let logs = workspace.tree("site/logs").filter { $0.hasSuffix("asr.log") }
        let isChosen = logs.contains { ((try? workspace.read("site/logs/\($0)")) ?? "").contains("engine: ") }
        let isRecorded = workspace.tree("site/out").filter { $0.hasSuffix("/manifest.json") }.contains { manifest in
          let document = try? JSON(parsing: workspace.bytes("site/out/\(manifest)"))
          return document?["stages"]?["asr"]?["status"]?.string == "running"
        }
        left = listening()
        return isChosen && isRecorded && !left.isEmpty
      }
      #expect(isAtWork, "\(first.errorsSoFar)")
      first.send(SIGKILL)
      try first.wait()
      #expect(!left.isEmpty)
      let job = try workspace.job(in: "site")
      #expect(try workspace.manifest(of: job)["stages"]?["asr"]?["status"]?.string == "running")

      let second = try workspace.start([CPWX.path] + arguments, environment: engines).wait(atMost: 900)
      #expect(second.code == 0, "\(second.output)\n\(second.errors)")
      #expect(workspace.stageProcesses().isEmpty)
      let manifest = try workspace.manifest(of: try workspace.job(in: "site"))
      #expect(manifest["pipeline"]?["status"]?.string == "completed")
      #expect(manifest["stages"]?["demux"]?["attempt"]?.int == 1)
      #expect(manifest["stages"]?["asr"]?["attempt"]?.int == 2)
      #expect(try workspace.subtitleStreams(of: job + "/final_output.mp4") == ["mov_text eng"])
    }
  }

  @Test(.timeLimit(.minutes(20)))
  func `a language that no engine speaks ends the job at once, with what to install`() throws {
    try TestWorkspace.with { workspace in
      // The same engines, without the models that speak more than English.
      let (installed, engines) = (try installedEngines(), workspace.path("engines"))
      let weights = try FileManager.default.contentsOfDirectory(atPath: installed + "/weights")
      try FileManager.default.createDirectory(atPath: engines + "/weights", withIntermediateDirectories: true)
      for part in ["venv", "adapters", "bin"] + weights.filter({ $0 != "whisper" }).map({ "weights/\($0)" }) {
        try FileManager.default.createSymbolicLink(
          atPath: "\(engines)/\(part)", withDestinationPath: "\(installed)/\(part)")
      }
      try workspace.makeSite("site")
      try workspace.replace("SRC_LANG=en ", by: "SRC_LANG=hi ", in: "site/config/.env")
      let words = ["run", "-C", workspace.path("site"), "--settle", "0", "--workflow", "transcribe"]
      let run = try workspace.start([CPWX.path] + words, environment: ["CPWX_ENGINES": engines]).wait(atMost: 900)
      #expect(run.code == 69, "\(run.output)\n\(run.errors)")
      let stages = try workspace.manifest(of: try workspace.job(in: "site"))["stages"]
      #expect(stages?["silero_vad"]?["status"]?.string == "success")
      let asr = try #require(stages?["asr"])
      #expect(asr["status"]?.string == "failed" && asr["exit_code"]?.int == 69)
      #expect(asr["attempt"]?.int == 1, "no other try helps")
      for text in ["no installed engine can translate Hindi", "Put a multilingual whisper model", "weights/whisper/"] {
        #expect(asr["error"]?.string?.contains(text) == true, "\(asr.text())")
        #expect(run.errors.contains(text), "\(run.errors)")
      }
    }
  }
}
