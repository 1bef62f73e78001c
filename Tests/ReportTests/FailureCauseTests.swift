import Jobs
import Report
import Testing

@Suite struct `Causes of failures` {
  /// What is said of a film, put in the words of its own.
  private func causes(_ said: (_ title: String, _ number: Int) -> String) async throws -> [FailureCause] {
    let site = try ReportedWorkspace()
    for (index, title) in ["Sholay", "Rear Window", "शोले", "Up"].enumerated() {
      let number = index + 1
      try site.job(
        number, title: title, input: "in/night \(number)/\(title).mkv", status: "failed",
        [
          .init(
            name: "asr", start: 0, end: Double(number), status: "failed", reason: "exit code 1",
            error: said(title, number))
        ])
    }
    return try await site.report().causes
  }

  @Test func `titles, paths, numbers and job ids make no other cause`() async throws {
    let found = try await causes { title, number in
      "Traceback\n12:00:0\(number) [matroska @ 0x5\(number)af] '/films/in/night \(number)/\(title).mkv': cannot read "
        + "/tmp/x\(number)/part.wav of 20260101-00\(number) after \(number * 7).5 s"
    }
    #expect(found.map(\.jobs) == [[0, 1, 2, 3]])
    #expect(found[0].stage == "asr")
    #expect(found[0].text.hasSuffix("cannot read part.wav of JOB after # s"), "\(found[0].text)")
  }

  @Test func `other exit codes are other causes, and the most frequent comes first`() async throws {
    let found = try await causes { _, number in "the engine ended with exit code \(number < 4 ? 137 : 1)" }
    #expect(found.map(\.text) == ["the engine ended with exit code 137", "the engine ended with exit code 1"])
    #expect(found.map(\.jobs) == [[0, 1, 2], [3]])
  }

  @Test func `what all films say alike reads as it was said`() async throws {
    let said = "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 7.79 GiB total capacity)"
    let found = try await causes { _, _ in said }
    #expect(found.map(\.text) == [said])
    #expect(found.map(\.jobs) == [[0, 1, 2, 3]])
  }

  @Test func `a cause of one film reads as it was said`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Sholay", status: "failed",
      [
        .init(
          name: "mux", start: 0, end: 1, status: "failed", reason: "it took longer than 10 min 00 s and was ended",
          error: "x")
      ])
    let found = try await site.report().causes
    #expect(found.map(\.text) == ["it took longer than 10 min 00 s and was ended"])
    #expect(try await site.report().jobs[0].cause == "mux: it took longer than 10 min 00 s and was ended")
  }

  @Test func `stages that films went on without and held films are causes of their own`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Sholay",
      [
        .init(
          name: "diarization", start: 0, end: 1, status: "skipped", reason: "optional, and failed: exit code 69",
          error: "no model")
      ])
    for free in 1...2 {
      site.entry(nil, input: "in/\(free).mkv", decision: "held", reason: "needs 5 GB and only \(free) GB are free")
    }
    let found = try await site.report().causes
    #expect(found.map(\.kind) == [.optional, .held])
    #expect(found.map(\.text) == ["no model", "needs # bytes and only # bytes are free"])
  }

  @Test func `the last lines of the log come without secrets, colours and what was written over`() async throws {
    let site = try ReportedWorkspace(config: "USER_ID=1\nHF_TOKEN=hunter2-hunter2\n")
    let lines = (1...30).map { "line \($0)" } + ["10 %\r50 %\r\u{1B}[31mtoken hunter2-hunter2\u{1B}[0m refused"]
    try site.job(
      1, title: "Sholay", status: "failed", reason: "asr: hunter2-hunter2", log: lines.joined(separator: "\n") + "\n\n",
      [
        .init(
          name: "asr", start: 0, end: 1, status: "failed", reason: "exit code 1", error: "token hunter2-hunter2 refused"
        )
      ])
    let report = try await site.report()
    let cause = try #require(report.causes.first)
    #expect(cause.logLines.last == "token ******** refused")
    #expect(cause.logLines.first == "line 23")
    #expect(cause.text == "token ******** refused")
    #expect(!report.document.text().contains("hunter2"))
    #expect(!String(decoding: try report.html(), as: UTF8.self).contains("hunter2"))
  }

  @Test func `the log that is shown is the last attempt's`() async throws {
    let site = try ReportedWorkspace()
    let header = "=== 2026-01-01 22:00:00 asr, attempt"
    try site.job(
      1, title: "Film", status: "failed", reason: "asr: exit code 1",
      log: "\(header) 1\nof the first\n\(header) 2\nof the second\n=\n",
      [.init(name: "asr", start: 0, end: 1, status: "failed", reason: "exit code 1", error: "of the second")])
    #expect(try await site.report().causes.first?.logLines == ["\(header) 2", "of the second", "="])
  }

  @Test func `no log is shown of a failure that a later run did again`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Film", status: "failed", recorded: "completed", reason: "asr: no room",
      log: "=== 2026-01-01 22:00:00 asr, attempt 1\nno room\n=== 2026-01-02 22:00:00 asr, attempt 2\nwell done\n",
      begun: [0, 5000], failures: [.init(name: "asr", start: 0, end: 1, reason: "no room")],
      [.init(name: "asr", start: 5000, end: 5010)])
    let cause = try #require(try await site.report().causes.first)
    #expect(cause.text == "no room")
    #expect(cause.logLines.isEmpty)
  }
}
