import Foundation
import Jobs
import Testing

@Suite struct `cpwx report` {
  /// Two films that fail alike.
  private func night(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with([Stage("asr", script: "echo no memory; exit 3")]) { workspace in
      try workspace.film("Sholay (1975).mp4", holding: "one")
      try workspace.film("Anand (1971).mp4", holding: "two")
      #expect(try workspace.cpwx("run").code == 1)
      try body(workspace)
    }
  }

  @Test func `tells what failed and why, and writes nothing`() throws {
    try night { workspace in
      let before = workspace.tree("logs")
      let said = try workspace.cpwx("report")
      #expect(said.code == 0)
      #expect(said.lines.first == "2 of 2 films failed")
      let times = /From \d{4}-\d\d-\d\d \d\d:\d\d to (\d{4}-\d\d-\d\d )?\d\d:\d\d \(.*\), (just now|\d+ min ago), by/
      #expect(said.output.firstMatch(of: times) != nil, "\(said.output)")
      #expect(said.lines.contains("2 failed  asr: no memory"))
      #expect(said.lines.contains { $0.hasPrefix("  2") && $0.contains(" Anand") && $0.contains(" Sholay") })
      #expect(workspace.tree("logs") == before)
      let document = try JSON(parsing: try workspace.cpwx("report", "--format", "json").output.utf8)
      #expect(document["totals"]?["failed"]?.int == 2)
      #expect(document["causes"]?.array?.map { $0["count"]?.int } == [2])
      #expect(try workspace.cpwx("report", "--format", "ndjson").lines.count == 2)
    }
  }

  @Test func `writes the page beside the record, or where it is told to`() throws {
    try night { workspace in
      let page = try #require(try workspace.cpwx("report", "--html").lines.first)
      #expect(page.hasPrefix(workspace.path("logs/batches/")))
      #expect(try workspace.mode(page) == 0o644)
      #expect(try workspace.read(page).contains("2 of 2 films failed"))
      #expect(try workspace.cpwx("report", "latest", "-o", "night.html").lines == [workspace.path("night.html")])
      #expect(workspace.exists("night.html"))
      // What is no file stays what it is.
      #expect(try workspace.start(["mkfifo", workspace.path("pipe")]).wait().code == 0)
      let read = "cat pipe > read.html & '\(CPWX.path)' report -o pipe && wait"
      #expect(try workspace.start(["sh", "-c", read]).wait().code == 0)
      #expect(try workspace.read("read.html").contains("2 of 2 films failed"))
      #expect(try workspace.cpwx("report", "-o", "-").output.contains("<!DOCTYPE html>"))
    }
  }

  @Test func `says what the system gave as the reason where a job could not be recorded`() throws {
    try night { workspace in
      let settings = try #require(workspace.jobs.last) + "/job.env"
      try workspace.remove(settings)
      try FileManager.default.createDirectory(atPath: settings, withIntermediateDirectories: false)
      #expect(try workspace.cpwx("run").code != 0)
      #expect(try workspace.cpwx("report").output.contains("cannot be read (Is a directory)"))
    }
  }

  @Test func `tells the same on every clock`() throws {
    try TestWorkspace.with([Stage("asr", script: "echo no memory; exit 3")]) { workspace in
      try workspace.film("Sholay (1975).mp4", holding: "one")
      #expect(try workspace.cpwx("run", environment: ["TZ": "UTC"]).code == 1)
      let told = try workspace.cpwx("report", environment: ["TZ": "UTC"]).lines
      #expect(told.contains { $0.split(separator: " ").prefix(3) == ["asr", "0", "1"] }, "\(told)")
      for zone in ["Asia/Kolkata", "America/New_York"] {
        let there = try workspace.cpwx("report", environment: ["TZ": zone]).lines
        #expect(there.dropFirst(2) == told.dropFirst(2), "\(zone): \(there)")
        #expect(there[1].contains("(UTC +00:00), ") && !there[1].contains(" h ago"), "\(zone): \(there)")
      }
    }
  }

  @Test func `counts what was done before, and names only the rest`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.film("b.mp4", holding: "b")
      try workspace.film("copy of a.mp4", holding: "a")
      #expect(try workspace.cpwx("run").code == 0)
      let said = try workspace.cpwx("report")
      #expect(said.output.contains("Films      1 done (2 done before)"), "\(said.output)")
      #expect(said.lines.contains { $0.split(separator: " ").prefix(3) == ["one", "1", "0"] }, "\(said.output)")
      let report = try JSON(parsing: try workspace.cpwx("report", "--format", "json").output.utf8)
      #expect(report["totals"]?["done_before"]?.int == 1)
      #expect(report["jobs"]?.array?.compactMap { $0["input"]?.string } == ["in/b.mp4", "in/copy of a.mp4"])
      let page = try #require(try workspace.cpwx("report", "--html").lines.first)
      #expect(try workspace.read(page).contains("Done before"))
    }
  }

  @Test func `tells apart what failed and what was given up before`() throws {
    try TestWorkspace.with([Stage("asr", script: "test -e well || { echo no memory; exit 3; }")]) { workspace in
      try workspace.film("bad.mp4", holding: "a")
      #expect(try workspace.cpwx("run", "--attempts", "1").code == 1)
      try workspace.write("well", "")
      try workspace.film("good.mp4", holding: "b")
      // The run says that all went well, and so does its report.
      #expect(try workspace.cpwx("run", "--attempts", "1").code == 0)
      let said = try workspace.cpwx("report")
      #expect(said.lines.first == "1 of 2 films done, 1 given up", "\(said.output)")
      #expect(said.lines.contains { $0.hasPrefix("1 given up  ") }, "\(said.output)")
      #expect(!said.lines.contains { $0.hasPrefix("1 failed") }, "\(said.output)")
    }
  }

  @Test func `says which batches there are when it is asked for another`() throws {
    try night { workspace in
      let unknown = try workspace.cpwx("report", "1999")
      #expect(unknown.code == 64)
      #expect(unknown.errors.contains("The last ones: "))
      #expect(try workspace.cpwx("report", "--html", "--format", "json").code == 64)
      for number in 1...6 { try workspace.write("logs/batches/19980101-22000\(number)-7.json", "{}") }
      let several = try workspace.cpwx("report", "1998")
      #expect(several.code == 64)
      for told in ["fits 6 batches: 19980101-220006-7, ", "220002-7 and 1 before them"] {
        #expect(several.errors.contains(told), "\(several.errors)")
      }
    }
  }
}
