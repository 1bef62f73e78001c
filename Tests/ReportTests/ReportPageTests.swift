import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Report

@Suite struct `The page of a batch` {
  private static let hostile = [
    "<script>document.title='taken'</script>", "\"\u{301} onmouseover=alert(1) x=\"",
    "'><img src=http://leak.example/x>",
    "</title></svg><style>*{display:none}</style>", "\u{202E}backwards\u{0}\u{1B}]0;x\u{7}", "two\nlines & more",
    "{{nonce}}{{{style}}}",
    "القاهرة 30",
  ]

  static func page(_ titles: [String] = hostile) async throws -> (site: ReportedWorkspace, text: String) {
    let site = try ReportedWorkspace()
    for (index, title) in titles.enumerated() {
      try site.job(
        index + 1, title: title, input: "in/\(index).mkv", status: index % 2 == 0 ? "failed" : "completed",
        reason: title,
        log: "\(title)\n",
        [
          .init(
            name: "asr<\(index)", start: Double(index), end: Double(index + 1),
            status: index % 2 == 0 ? "failed" : "success",
            waited: 0.5, reason: title, error: index % 2 == 0 ? title : nil)
        ])
    }
    return (site, String(decoding: try await site.report().html(nonce: "abc"), as: UTF8.self))
  }

  @Test func `nothing that a film brings along becomes markup`() async throws {
    let text = try await Self.page().text
    let tags = text.matches(of: /<([a-zA-Z]+)/).map { String($0.1).lowercased() }
    #expect(tags.count { $0 == "script" } == 1)
    #expect(tags.count { $0 == "style" } == 1)
    #expect(!tags.contains("img"))
    // A quote with an accent upon it is one character to Swift, and a quote to a browser.
    let bytes = Array(text.utf8)
    #expect(bytes.firstRange(of: Array("\"\u{301}".utf8)) == nil)
    #expect(bytes.firstRange(of: Array("&quot;\u{301} onmouseover".utf8)) != nil)
    #expect(!bytes.contains(0))
    #expect(!bytes.contains(0x1B))
    #expect(bytes.firstRange(of: Array("{{nonce}}{{{style}}}".utf8)) != nil)
  }

  @Test func `it names no place that could be asked for anything`() async throws {
    let text = try await Self.page(["Film"]).text
    let places = text.matches(of: /(?:href|src|action|data)="([^"]*)"/).map { String($0.1) }
    #expect(!places.isEmpty)
    for place in places { #expect(place.hasPrefix("#") || place == "data:,") }
    let ways = ["url(", "@import", "fetch(", "XMLHttpRequest", "http://", "https://"]
    #expect(ways.filter { text.contains($0) } == [])
    let policies = text.matches(of: /content="(default-src[^"]*)"/).map { String($0.1) }
    #expect(policies.count == 1)
    #expect(policies.first?.hasPrefix("default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'") == true)
  }

  @Test func `it is written for everyone to read, in place of the one before`() async throws {
    let site = try await Self.page(["Film"]).site
    let path = try site.workspace.reportPage(of: ReportedWorkspace.id)
    let report = try await site.report()
    for _ in 1...2 { try report.writePage(to: path) }
    #expect(path.string.hasSuffix("/logs/batches/20260101-220000-77.html"))
    #expect(try FileStatus(of: path).permissions.rawValue == 0o644)
    #expect(names(in: path.removingLastComponent()) == ["20260101-220000-77.html", "20260101-220000-77.json"])
  }

  @Test func `a batch without films and without times has its page`() async throws {
    let site = try ReportedWorkspace()
    let record = try site.place.file("logs/batches/empty.json", #"{"jobs": 7, "started_at": 3}"#)
    let report = try await BatchReport(reading: record, in: site.workspace, environment: [:])
    #expect(report.status == .interrupted)
    #expect(String(decoding: try report.html(), as: UTF8.self).contains("interrupted before its first film"))
  }

  @Test func `ten thousand films are a page of a few megabytes, every film on it`() throws {
    let jobs = (0..<10_000).map { index in
      var job = ReportedJob(
        jobID: "20260101-\(1000 + index)", userID: 1, title: "Film \(index)", year: 1975, input: "in/\(index).mkv",
        decision: "new", outcome: index % 10 == 0 ? .failed : .done)
      var start = Double(index) * 30
      for name in ["demux", "tmdb", "vad", "diarization", "asr", "mux"] {
        job.stages.append(
          StageSpan(
            name: name, attempt: 1, status: .success, lane: "cpu", startSeconds: start + 2, endSeconds: start + 7,
            waitedSeconds: 2))
        start += 7
      }
      return job
    }
    let report = BatchReport(id: "big", status: .failed, inputs: [], wallSeconds: 300_050, jobs: jobs)
    let page = try report.html()
    #expect(page.count < 10_000_000)
    let rows = page.split(separator: UInt8(ascii: "\n")).count { $0.starts(with: "<tr class=".utf8) }
    #expect(rows == 10_000)
  }
}
