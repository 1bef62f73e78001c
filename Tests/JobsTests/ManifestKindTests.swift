import SystemPackage
import Testing

@testable import Jobs

struct `A manifest` {
  private func manifest(_ text: String) throws -> Manifest { Manifest(document: try JSON(parsing: text.utf8)) }

  private func statuses(_ text: String) throws -> [String] {
    try manifest(text).stages.map { "\($0.name) \($0.status?.rawValue ?? "-")" }
  }

  @Test func `as documented is read`() throws {
    let manifest = try manifest(Manifests.documented)
    #expect(manifest.kind == .job)
    #expect(manifest.jobID == "20251030-001")
    #expect(manifest.inputFile == "in/movie.mp4")
    #expect(manifest.title == "Movie Name")
    #expect(manifest.year == 2023)
    #expect(manifest.status(isRunning: false) == .completed)
    let demux = try #require(manifest.stage("demux"))
    #expect(demux.status == .success)
    #expect(demux.duration == 37.665556)
    #expect(demux.outputs.map(\.key) == ["audio"])
    #expect(demux.outputs.first?.file.size == 123_456_789)
  }

  @Test func `with a failure that a later try made good is completed`() throws {
    let manifest = try manifest(Manifests.stickyFailure)
    #expect(manifest.kind == .stage)
    #expect(manifest.recordedStatus == .failed)
    #expect(manifest.status(isRunning: false) == .completed)
    #expect(manifest.stages.count == 10)
    #expect(manifest.stage("silero_vad")?.name == "silero-vad")
  }

  @Test func `of a run that died before the last stage is not completed`() throws {
    var manifest = try manifest(Manifests.stickyFailure)
    manifest.document["stages"]?["mux"] = nil
    #expect(manifest.status(isRunning: false) == .interrupted)
    manifest.document["stages"]?["asr"]?["status"] = .string("running")
    #expect(manifest.status(isRunning: false) == .interrupted)
    manifest.document["stages"]?["asr"]?["status"] = .string("failed")
    #expect(manifest.status(isRunning: false) == .failed)
    manifest.document["stages"]?["asr"] = nil
    #expect(manifest.status(isRunning: false) == .failed, "its list is all that tells of that stage")
  }

  @Test func `of a run that failed outside its stages is not completed`() throws {
    var manifest = try manifest(Manifests.stickyFailure)
    manifest.document["pipeline"]?["error"] = .string("no space left")
    #expect(manifest.status(isRunning: false) == .failed)
  }

  @Test func `that says running is interrupted when nobody runs it`() throws {
    let manifest = try manifest(Manifests.partial)
    #expect(manifest.status(isRunning: false) == .interrupted)
    #expect(manifest.status(isRunning: true) == .running)
  }

  @Test func `of a builder has its stages from the steps`() throws {
    let failed = try manifest(Manifests.builderFailed)
    #expect(failed.kind == .builder)
    #expect(failed.year == 2001)
    #expect(failed.stages.count == 10)
    #expect(failed.stage("mux")?.status == .failed)
    #expect(failed.stage("mux")?.error == "Container execution failed")
    #expect(failed.stage("demux")?.duration == 11.960476875305176)
    #expect(failed.status(isRunning: false) == .failed)
    let resumed = try manifest(Manifests.builderResumed)
    #expect(resumed.stages.allSatisfy { $0.status == .success })
    #expect(resumed.status(isRunning: false) == .completed)
    #expect(
      try statuses(Manifests.builderEarly) == [
        "demux success", "tmdb success", "pre_ner success", "silero_vad failed",
      ])
  }

  @Test func `of a builder without steps has them from the lists`() throws {
    let lists = #""completed_stages": ["demux", "mux"], "skipped_stages": ["mux", "asr"]"#
    #expect(
      try statuses(#"{"timestamp": "x", "pipeline": {"status": "completed", \#(lists)}}"#) == [
        "demux success", "mux success", "asr skipped",
      ])
    #expect(try statuses(#"{"timestamp": "x", "pipeline": {"status": "failed", \#(lists)}}"#).last == "asr failed")
  }

  @Test func `of the later kind lists its stages`() throws {
    let manifest = try manifest(Manifests.later)
    #expect(manifest.kind == .later)
    #expect(try statuses(Manifests.later) == ["demux success", "asr -"])
    #expect(manifest.status(isRunning: false) == .pending)
  }

  @Test func `of two schemas has the stages of both`() throws {
    #expect(
      try statuses(Manifests.twoSchemas) == [
        "pre-ner success", "pre_ner failed", "demux success", "tmdb failed", "asr success",
      ])
    #expect(try manifest(Manifests.twoSchemas).status(isRunning: false) == .failed)
  }

  @Test func `of the older orchestrator is read`() throws {
    let manifest = try manifest(Manifests.olderOrchestrator)
    #expect(manifest.stage("demux")?.duration == 37.66)
    #expect(manifest.stage("tmdb")?.status == .running)
    #expect(manifest.year == 2023)
  }

  @Test(arguments: ["", Manifests.truncated, "[]", "null", "{\"a\":1}}"])
  func `that is empty, cut short or no object is damaged`(text: String) throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("manifest.json", text)
    #expect { try Manifest(reading: path) } throws: { ($0 as? JobError)?.code == .damaged }
    #expect(try site.text("manifest.json") == text)
  }
}
