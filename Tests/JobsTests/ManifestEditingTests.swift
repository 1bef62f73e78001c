import Testing

@testable import Jobs

struct `Editing a manifest` {
  private func edited(_ text: String, _ change: (inout Manifest) -> Void) throws -> String {
    var manifest = Manifest(document: try JSON(parsing: text.utf8))
    change(&manifest)
    return manifest.document.text(.compact)
  }

  @Test func `keeps what it does not own, in its order`() throws {
    let before = #"{"z":0.10,"stages":{"b":{"x":1e400,"status":"running","y":[]},"a":{}},"pipeline":{"k":1},"z":2}"#
    let after = try edited(before) { $0.changeStage("b") { $0["status"] = .string("success") } }
    #expect(after == before.replacing("running", with: "success"))
  }

  @Test func `makes an entry where there is none`() throws {
    #expect(try edited("{}") { $0.changeStage("a") { $0["x"] = .int(1) } } == #"{"stages":{"a":{"x":1}}}"#)
    #expect(try edited(#"{"stages":null}"#) { $0.changeStage("a") { _ in } } == #"{"stages":{"a":{}}}"#)
    #expect(try edited(#"{"stages":{"a":null}}"#) { $0.changeStage("a") { _ in } } == #"{"stages":{"a":{}}}"#)
    #expect(try edited(#"{"stages":{"a":7}}"#) { $0.changeStage("a") { _ in } } == #"{"stages":{"a":{"replaced":7}}}"#)
  }

  @Test func `finds an entry under either spelling`() throws {
    let after = try edited(#"{"stages":{"pre-ner":{"x":1}}}"#) { $0.changeStage("pre_ner") { $0["y"] = .int(2) } }
    #expect(after == #"{"stages":{"pre-ner":{"x":1,"y":2}}}"#)
    let listed = try edited(#"{"stages":[{"name":"pre-ner"}]}"#) { $0.changeStage("pre_ner") { $0["y"] = .int(2) } }
    #expect(listed == #"{"stages":[{"name":"pre-ner","y":2}]}"#)
  }

  @Test func `folds twins into one, the later begun one's word counting`() throws {
    let ours = #"{"started_at":"2025-10-30T10:00:00","attempt":2,"status":"running","outputs":{"a":1},"metadata":{}}"#
    let theirs =
      #"{"started_at":"2025-10-30T10:00:01","status":"success","outputs":{"b":2},"metadata":{"m":3},"own":4}"#
    let after = try edited(#"{"stages":{"pre-ner":\#(theirs),"pre_ner":\#(ours)}}"#) {
      $0.changeStage("pre_ner") { _ in }
    }
    #expect(
      after == #"{"stages":{"pre_ner":{"started_at":"2025-10-30T10:00:01","attempt":2,"status":"success","#
        + #""outputs":{"a":1,"b":2},"metadata":{"m":3},"own":4}}}"#)
    let older = theirs.replacing("10:00:01", with: "09:00:00")
    let kept = try edited(#"{"stages":{"pre-ner":\#(older),"pre_ner":\#(ours)}}"#) {
      $0.changeStage("pre_ner") { _ in }
    }
    #expect(kept.contains(#""status":"running""#) && kept.contains(#""own":4"#) && kept.contains(#""b":2"#))
  }

  @Test func `has a stage in one list of the pipeline only`() throws {
    let before = #"{"pipeline":{"completed_stages":["pre-ner"],"failed_stages":["asr"]}}"#
    #expect(
      try edited(before) { $0.note("asr", .success) }
        == #"{"pipeline":{"completed_stages":["pre-ner","asr"],"failed_stages":[]}}"#)
    #expect(
      try edited(before) { $0.note("pre_ner", .failed) }
        == #"{"pipeline":{"completed_stages":[],"failed_stages":["asr","pre_ner"]}}"#)
    #expect(
      try edited(before) { $0.note("asr", .skipped) }
        == #"{"pipeline":{"completed_stages":["pre-ner"],"failed_stages":[],"skipped_stages":["asr"]}}"#)
    #expect(try edited(before) { $0.note("pre_ner", .success) } == before)
  }

  @Test func `makes the documented pipeline where there is none`() throws {
    let pipeline =
      #"{"pipeline":{"status":"running","current_stage":null,"completed_stages":["a"],"failed_stages":[]}}"#
    #expect(try edited("{}") { $0.note("a", .success) } == pipeline)
    #expect(try edited(#"{"pipeline":null}"#) { $0.note("a", .success) } == pipeline)
  }

  @Test func `what a stage said stays in the history word for word, with who ran it, when it runs again`() throws {
    let text = #"""
      {"created_at": "2026-01-01T09:00:00", "pipeline": {"status": "running"},
      "history": [{"at": "2026-01-01T10:00:00", "event": "started", "who": "asha@films"}],
      "stages": {"asr": {"status": "failed", "attempt": 2, "started_at": "2026-01-01T10:01:00",
      "completed_at": "2026-01-01T10:02:00", "reason": "exit code 3", "error": "boom at line 12"}}}
      """#
    var manifest = Manifest(document: try JSON(parsing: text.utf8))
    let before = manifest.events
    manifest.rememberRecord(of: "asr")
    manifest.changeStage("asr") { $0 = ["status": .string("running")] }
    #expect(manifest.events.map(\.what) == before.map(\.what))
    #expect(manifest.events.map(\.reason) == before.map(\.reason))
    #expect(manifest.events.last?.reason == "boom at line 12")
    #expect(manifest.events.map(\.who) == [nil, "asha@films", "asha@films", "asha@films"])
    let interruption = manifest.interruption
    manifest.rememberInterruption()
    #expect(manifest.events.last == interruption)
    #expect(interruption?.at == "2026-01-01T10:02:00")
  }

  @Test func `who ran a stage is whom its record names, whatever the clock showed when`() throws {
    let text = #"""
      {"history": [{"at": "2026-10-25T02:50:00", "event": "started", "who": "asha@films"},
      {"at": "2026-10-25T02:10:00", "event": "started", "who": "ravi@films"}],
      "stages": {"asr": {"status": "failed", "who": "asha@films", "started_at": "2026-10-25T02:51:00",
      "completed_at": "2026-10-25T02:05:00"}}}
      """#
    var manifest = Manifest(document: try JSON(parsing: text.utf8))
    manifest.rememberRecord(of: "asr")
    #expect(manifest.history.filter { $0.stage == "asr" }.map(\.who) == ["asha@films", "asha@films"])
  }
}
