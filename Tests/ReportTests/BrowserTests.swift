import Jobs
import Report
import SystemPackage
import TestSupport
import Testing

/// The page in a real browser: Debian's chromium, which `make test` installs.
@Suite(.serialized) struct `The page in a browser` {
  private func written(_ titles: [String]) async throws -> (site: ReportedWorkspace, page: FilePath) {
    let site = try await `The page of a batch`.page(titles).site
    let page = try site.workspace.reportPage(of: ReportedWorkspace.id)
    try await site.report().writePage(to: page)
    return (site, page)
  }

  private static let titles = [
    "Zulu", "Anand", "Mirch", "Babel", "<img src=http://leak.example/x onerror=document.title='taken'>",
  ]

  @Test func `all films are shown, nothing is asked for, and no script fails`() async throws {
    let (site, page) = try await written(Self.titles)
    let visit = try await Browser().visit(page)
    #expect(visit.films == (1...5).map { "20260101-00\($0)" })
    #expect(visit.complaints == [])
    #expect(visit.requests == [])
    #expect(visit.holds("<title>3 of 5 films failed"))
    withExtendedLifetime(site) {}
  }

  @Test func `the address shows a part, in an order`() async throws {
    let (site, page) = try await written(Self.titles)
    let browser = try Browser()
    #expect(try await browser.visit(page, hash: "failed").films == ["20260101-001", "20260101-003", "20260101-005"])
    #expect(try await browser.visit(page, hash: "sort=film&done").films == ["20260101-002", "20260101-004"])
    let found = try await browser.visit(page, hash: "find=MIR")
    #expect(found.films == ["20260101-003"])
    #expect(found.holds(">1 of 5 shown</output>"))
    let sorted = try await browser.visit(page, hash: "failed&sort=start")
    #expect(sorted.films == ["20260101-001", "20260101-003", "20260101-005"])
    let backwards = try await browser.visit(page, hash: "failed&sort=-start")
    #expect(backwards.films == ["20260101-005", "20260101-003", "20260101-001"])
    #expect(backwards.holds(#"data-sort="start" class="when" aria-sort="descending""#))
    #expect(sorted.complaints + backwards.complaints + found.complaints == [])
    withExtendedLifetime(site) {}
  }

  @Test func `without its script every film is there, and no control that does nothing`() async throws {
    let (site, page) = try await written(Self.titles)
    let text = String(decoding: try DurableFile.read(page), as: UTF8.self)
    // Of another nonce the page's policy refuses the script.
    let refused = try site.place.file("refused.html", text.replacing("<script nonce=\"", with: "<script nonce=\"x"))
    let visit = try await Browser().visit(refused, hash: "failed")
    #expect(visit.complaints.count == 1)
    #expect(visit.films.count == 5)
    #expect(visit.holds(#"<form id="controls" hidden="">"#))
  }
}
