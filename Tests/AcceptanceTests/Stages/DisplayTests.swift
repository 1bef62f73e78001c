import Jobs
import Testing
import TextWidth

/// What a person sees of a run: a live line on a terminal, plain lines elsewhere.
struct DisplayTests {
  private static let stage = Stage(
    "slow",
    script: """
      echo 'cpwx:progress 0.25 quarter'
      sleep 0.5
      echo 'cpwx:progress 0.75 most of it'
      sleep 0.5
      echo said
      """)

  @Test func `a terminal shows one live line with how far and how long`() throws {
    try TestWorkspace.with([Self.stage]) { workspace in
      try workspace.film()
      let command = "exec '\(CPWX.path)' run > result"
      let run = try workspace.start(["script", "-qec", command, "/dev/null"], environment: ["TERM": "xterm"])
        .wait()
      #expect(run.code == 0)
      let drawn = run.output.split(separator: "\r\u{1B}[K").map(String.init)
      for part in ["25 %", "75 %", "most of it", "slow"] {
        #expect(drawn.contains { $0.contains(part) }, "\(part)")
      }
      #expect(drawn.contains { $0.contains(/\d\.\d s/) })
      let live = drawn.filter { $0.contains("25 %") || $0.contains("75 %") }
      #expect(live.allSatisfy { !$0.dropLast(2).contains("\n") }, "the live line is drawn in place")
      #expect(try workspace.read("result").contains("completed"))
      #expect(!("\n" + (try workspace.log("slow"))).contains("\ncpwx:progress"))
    }
  }

  @Test(arguments: [true, false])
  func `a terminal is told the cause of a failure, in colour and on one line of it`(colour: Bool) throws {
    let script = "echo 'no speech was found in \(String(repeating: "वह ", count: 60))'; exit 65"
    try TestWorkspace.with([Stage("slow", script: script)]) { workspace in
      try workspace.film()
      let command = "stty columns 60; exec '\(CPWX.path)' run > result"
      let run = try workspace.start(
        ["script", "-qec", command, "/dev/null"], environment: ["TERM": "xterm", "NO_COLOR": colour ? "" : "1"]
      ).wait()
      #expect(run.code == 1)
      let failed = colour ? "\u{1B}[31mfailed\u{1B}[0m" : "failed"
      let lines = run.output.split(whereSeparator: \.isNewline)
      let told = lines.filter { $0.contains("slow \(failed) after ") || $0.contains(": \(failed) after ") }
      #expect(told.count == 2, "\(run.output)")
      #expect(told.allSatisfy { $0.contains("no speech was") && $0.contains("…") })
      let texts = told.map { String($0).withoutControls }
      #expect(texts.allSatisfy { (50...59).contains($0.greatestWidth) }, "\(texts)")
      #expect(try workspace.read("result").contains("slow: no speech was found"))
      #expect(try workspace.cpwx("report").output.contains("slow: no speech was found"))
    }
  }

  @Test func `elsewhere there are plain lines and no control characters`() throws {
    try TestWorkspace.with([Self.stage]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run", environment: ["TERM": "xterm"])
      #expect(!run.errors.contains("\u{1B}") && !run.errors.contains("\r"))
      #expect(run.errors.contains("slow started"))
      #expect(run.errors.contains("slow success"))
      #expect(!run.output.contains("\u{1B}"))
    }
  }

  @Test func `quietly there is nothing but the result`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run", "-q", "--format", "json")
      #expect(run.errors.isEmpty)
      let rows = try JSON(parsing: run.output.utf8).array
      #expect(rows?.count == 1)
      #expect(rows?.first?["status"]?.string == "completed")
    }
  }
}
