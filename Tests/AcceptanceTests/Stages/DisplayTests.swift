import Jobs
import Testing
import TextWidth

/// What a person sees of a run: a live line on a terminal, plain lines elsewhere.
struct DisplayTests {
  private static let stage = Stage(
    "slow", fields: ["lane: cpu"],
    script: """
      echo 'cpwx:progress 0.25 quarter'
      until test -e on; do sleep 0.02; done
      echo 'cpwx:progress 0.75 most of it'
      until test -e end; do sleep 0.02; done
      echo said
      """)

  /// Runs the stage on all films at once on a terminal; it goes on when each has stood there in more than one picture, at
  /// either fraction.
  private func shown(_ workspace: TestWorkspace, _ films: [String]) throws -> TerminalScreen {
    for film in films { try workspace.film("\(film) (2001).mp4", holding: film) }
    let command = "stty cols 120 rows 40; exec '\(CPWX.path)' run > result"
    let run = try workspace.start(["script", "-qec", command, "/dev/null"], environment: ["TERM": "xterm"])
    for (percent, file) in [("25 %", "on"), ("75 %", "end")] {
      let isShown = eventually {
        let pictures = TerminalScreen(showing: run.outputSoFar).erased.map { picture in
          picture.filter { $0.contains("slow") && $0.contains(percent) }
        }
        let whole = pictures.filter { $0.count == films.count }
        return films.indices.allSatisfy { film in Set(whole.map { $0[film] }).count > 1 }
      }
      #expect(isShown, "\(percent): \(run.outputSoFar)")
      try workspace.write(file, "")
    }
    let outcome = try run.wait()
    #expect(outcome.code == 0)
    return TerminalScreen(showing: outcome.output)
  }

  @Test func `a terminal shows one live line with how far and how long`() throws {
    try TestWorkspace.with([Self.stage], inMemory: true) { workspace in
      let screen = try shown(workspace, ["Film"])
      #expect(screen.erased.allSatisfy { $0.count == 1 }, "\(screen.erased)")
      let live = screen.erased.compactMap(\.first)
      #expect(live.contains { $0.contains("quarter") } && live.contains { $0.contains("most of it") })
      for percent in ["25 %", "75 %"] {
        let seconds = live.compactMap { line in
          (try? Regex("1 slow .*\(percent)  ([0-9.]+) s", as: (Substring, Substring).self).firstMatch(in: line))
            .flatMap { Double($0.output.1) }
        }
        #expect(Set(seconds).count > 1 && seconds == seconds.sorted(), "\(percent): \(live)")
      }
      let kept = screen.lines
      #expect(kept.contains { $0.contains("slow started") } && kept.contains { $0.contains("slow success after ") })
      #expect(!kept.contains { $0.contains(" %") }, "the live line is drawn in place: \(kept)")
      #expect(try workspace.read("result").contains("completed"))
      #expect(!("\n" + (try workspace.log("slow"))).contains("\ncpwx:progress"))
    }
  }

  @Test func `of two films at once a terminal shows a live line each, under that of the whole`() throws {
    try TestWorkspace.with([Self.stage], inMemory: true) { workspace in
      let screen = try shown(workspace, ["Andaz", "Sholay"])
      for percent in ["25 %", "75 %"] {
        let pictures = screen.erased.filter { picture in
          picture.filter { $0.contains("slow") && $0.contains(percent) }.count == 2
        }
        #expect(pictures.allSatisfy { $0.count == 3 }, "\(pictures)")
        #expect(pictures.allSatisfy { $0[0].contains("0/2 films") && $0[0].contains("cpu 2/2") }, "\(pictures)")
        for film in ["Andaz", "Sholay"] {
          let lines = pictures.compactMap { picture in picture.first { $0.contains(film) } }
          #expect(lines.count == pictures.count && Set(lines).count > 1, "\(film): \(lines)")
        }
      }
      #expect(!screen.lines.contains { $0.contains(" %") }, "the live lines are drawn in place: \(screen.lines)")
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
      for file in ["on", "end"] { try workspace.write(file, "") }
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
