import Foundation
import Jobs
import Testing

/// A stage's log is what it said: all of it, in order, at once, and never overwritten.
struct LogTests {
  @Test func `a second run appends to the first one's log`() throws {
    try TestWorkspace.with([Stage("one", script: "echo said $CPWX_ATTEMPT; test -e open")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let first = try workspace.log("one")
      try workspace.write("open", "")
      try workspace.cpwx("run")
      let second = try workspace.log("one")
      #expect(first.contains("said 1\n"))
      #expect(second.hasPrefix(first))
      #expect(second.dropFirst(first.count).contains("said 2\n"))
    }
  }

  @Test func `the next attempt's header begins a line of its own`() throws {
    try TestWorkspace.with([Stage("one", script: "printf 'no newline'; test -e open")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      try workspace.write("open", "")
      try workspace.cpwx("run")
      let log = try workspace.log("one")
      #expect(log.contains("no newline\n=== "))
      let all = try workspace.cpwx("job", "logs", "latest").output
      #expect(("\n" + all).contains("\n==> one.log <==\n"))
    }
  }

  @Test func `both streams come in the order they were written`() throws {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done"
    try TestWorkspace.with([Stage("one", script: script)]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let said = try workspace.log("one").split(separator: "\n").filter {
        $0.hasPrefix("out") || $0.hasPrefix("err")
      }
      #expect(said == (1...9).flatMap { ["out \($0)", "err \($0)"] })
    }
  }

  @Test func `what a stage says is in its log while it still runs, half a line too`() throws {
    let script = "printf 'half a line'; touch begun; until test -e open; do sleep 0.02; done"
    try TestWorkspace.with([Stage("one", script: script)], config: ["HF_TOKEN=secret-value"]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      #expect(eventually { (try? workspace.log("one"))?.hasSuffix("half a line") == true })
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
    }
  }

  @Test func `bytes that are no text survive`() throws {
    try TestWorkspace.with([Stage("one", script: "cat bytes")]) { workspace in
      let bytes = Data((0...255).map { UInt8($0) } + [0xC3, 0x28, 0xFF, 0x00, 0x0A])
      try workspace.write("bytes", bytes)
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let log = try workspace.bytes(try workspace.logFolder() + "/one.log")
      #expect(log.range(of: bytes) != nil)
    }
  }

  @Test func `a flood neither fills the memory nor stops the run`() throws {
    let megabytes = 300
    let script = "head -c \(megabytes)000000 /dev/zero | tr '\\0' 'x'; yes | head -c 1000000"
    try TestWorkspace.with([Stage("flood", script: script)]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.peakMemory < 64 << 20, "\(run.peakMemory >> 20) MiB")
      let log = workspace.path(try workspace.logFolder() + "/flood.log")
      let size = try #require(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int)
      #expect(size > (megabytes + 1) * 1_000_000 && size < (megabytes + 2) * 1_000_000)
    }
  }

  @Test func `the orchestrator's log tells the run`() throws {
    try TestWorkspace.with([.making("one"), Stage("bad", script: "exit 3")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let folder = try workspace.logFolder()
      let names = workspace.tree(folder).filter { $0.hasPrefix("orchestrator_") }
      #expect(names.count == 1)
      #expect(try #require(names.first).wholeMatch(of: /orchestrator_\d{8}_\d{6}\.log/) != nil)
      let log = try workspace.read(folder + "/" + names[0])
      for part in ["one started", "one success", "bad failed", "exit code 3"] { #expect(log.contains(part)) }
    }
  }

  @Test func `logs are had as objects, a line each, with what the text has and no more`() throws {
    let script = "echo 'says \"so\"'; echo the token is $HF_TOKEN; echo; printf 'no newline'"
    try TestWorkspace.with([Stage("one-a", script: script), .making("two")], config: ["HF_TOKEN=secret-value"]) {
      workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let objects = try workspace.cpwx("job", "logs", "latest", "--format", "ndjson").lines.map {
        try JSON(parsing: Array($0.utf8))
      }
      #expect(objects.allSatisfy { $0.object?.names == ["stage_name", "log", "line"] })
      let text = try workspace.cpwx("job", "logs", "latest").output
      let said = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("==> ") }
        .dropLast()
      #expect(objects.map { $0["line"]?.string } == said.map(String.init))
      let lines = objects.filter { $0["stage_name"]?.string == "one_a" }.compactMap { $0["line"]?.string }
      #expect(lines.suffix(4) == ["says \"so\"", "the token is ********", "", "no newline"])
      #expect(objects.first?["stage_name"] == .null)
      let whole = try workspace.cpwx("job", "logs", "latest", "--format", "json").output
      #expect(try JSON(parsing: Array(whole.utf8)).array == objects)
      let one = try workspace.cpwx("job", "logs", "latest", "--stage", "one-a", "-n", "1", "--format", "ndjson").lines
      #expect(one.count == 1 && one[0].contains("\"no newline\""), "\(one)")
      let log = try JSON(parsing: Array(one[0].utf8))["log"]?.string ?? ""
      #expect(workspace.path(log) == (try workspace.logFolder()) + "/one_a.log")
      let followed = try workspace.cpwx("job", "logs", "-f", "latest", environment: ["CPWX_FORMAT": "json"])
      #expect(try followed.lines.map { try JSON(parsing: Array($0.utf8)) } == objects)
      #expect(try workspace.cpwx("job", "logs", "-f", "latest", "--format", "json").code == 64)
    }
  }

  @Test func `a job without logs has an empty list of lines`() throws {
    try TestWorkspace.with { workspace in
      try workspace.cpwx("job", "create")
      #expect(try workspace.cpwx("job", "logs", "latest", "--format", "json").output == "[]\n")
    }
  }
}
