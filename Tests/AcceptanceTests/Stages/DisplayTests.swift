import Jobs
import Testing

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
