import Foundation
import Jobs
import Testing

/// `cpwx job logs --follow`: what is written, as it is written, until nobody runs the job any more.
struct FollowTests {
  /// Two stages that each wait for a file before they go on, with half a line before it.
  private static let stages: [Stage] = [
    Stage("one", script: "printf 'one begins '; until test -e first; do sleep 0.02; done; echo and ends"),
    Stage("two", script: "echo two begins; until test -e second; do sleep 0.02; done; echo two ends"),
  ]

  private func running(
    code: Int32? = 0, _ body: (TestWorkspace, _ run: Program) throws -> Void
  ) throws {
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("runs") })
      try body(workspace, run)
      // Opens every gate, whatever the body did.
      for gate in ["first", "second"] { try workspace.write(gate, "") }
      #expect(try run.wait().code == code)
    }
  }

  @Test func `follows across stages to the end of the job, and ends by itself`() throws {
    try running { workspace, run in
      let follower = try Follower(workspace, "-f", "latest")
      #expect(follower.hasPrintedLast("one begins "), "half a line comes at once")
      try workspace.write("first", "")
      #expect(follower.hasPrinted("==> two.log <==\n"))
      #expect(follower.hasPrinted("two begins\n"))
      try workspace.write("second", "")
      let outcome = try follower.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try run.wait().code == 0)
      let all = follower.output
      #expect(all.contains("completed"), "the orchestrator's last line")
      let lines = all.split(separator: "\n")
      for stage in ["one", "two"] {
        for line in try workspace.log(stage).split(separator: "\n") {
          #expect(lines.count { $0 == line } == 1, "\(line)")
        }
      }
      for (earlier, later) in [("one begins and ends", "one success"), ("two started", "two begins")] {
        let first = try #require(lines.lastIndex { $0.contains(earlier) })
        #expect(first < (try #require(lines.lastIndex { $0.contains(later) })), "\(earlier), then \(later)")
      }
      let heads = lines.filter { $0.hasPrefix("==> ") }
      #expect(heads.first?.hasPrefix("==> orchestrator_") == true)
      let two = try #require(heads.firstIndex(of: "==> two.log <=="))
      #expect(try #require(heads.firstIndex(of: "==> one.log <==")) < two)
      for (head, next) in zip(heads, heads.dropFirst()) { #expect(head != next, "only when the source changes") }
      #expect(heads.allSatisfy { "\n\(all)".contains("\n\($0)\n") }, "each heading is a line of its own")
    }
  }

  @Test func `follows as objects, a line when it has ended`() throws {
    try running { workspace, run in
      let follower = try Follower(workspace, "-f", "latest", "--format", "ndjson")
      #expect(follower.hasPrinted("one started"))
      // Its command, which may have been shown by now, says so, too.
      #expect(!follower.output.contains("\"line\":\"one begins"))
      try workspace.write("first", "")
      #expect(follower.hasPrinted("\"line\":\"one begins and ends\"}\n"))
      try workspace.write("second", "")
      #expect(try follower.wait().code == 0)
      let lines = try follower.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
      let two = lines.filter { $0["stage_name"]?.string == "two" }.compactMap { $0["line"]?.string }
      #expect(two.suffix(2) == ["two begins", "two ends"])
    }
  }

  @Test func `a stage that was not begun is waited for, and its log alone is printed`() throws {
    try running { workspace, _ in
      let follower = try Follower(workspace, "--follow", "--stage", "two", "latest")
      #expect(follower.hasSaid("two was not begun yet"))
      try workspace.write("first", "")
      #expect(follower.hasPrinted("two begins\n"))
      try workspace.write("second", "")
      let outcome = try follower.wait()
      #expect(outcome.code == 0)
      #expect(follower.output == (try workspace.log("two")))
    }
  }

  @Test func `a job that has ended is printed and left`() throws {
    try TestWorkspace.with([.making("one"), Stage("bad", script: "echo no memory; exit 3")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let plain = try workspace.cpwx("job", "logs", "latest")
      let followed = try workspace.cpwx("job", "logs", "-f", "latest")
      #expect(followed.code == 0)
      #expect(followed.output == plain.output)
      #expect(followed.output.contains("no memory"))
      #expect(try workspace.cpwx("job", "logs", "-f", "latest", "--stage", "mux").code == 64)
    }
  }

  @Test func `a run that is killed ends the following`() throws {
    try running(code: nil) { workspace, run in
      let follower = try Follower(workspace, "-f", "latest")
      #expect(follower.hasPrinted("one begins"))
      run.send(SIGKILL)
      try run.wait()
      #expect(try follower.wait().code == 0)
    }
  }

  @Test func `a pending job is waited for, and that is said`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let job = try workspace.cpwx("job", "create").lines[0]
      let follower = try Follower(workspace, "-f", job)
      #expect(follower.hasSaid("waiting for a run"))
      usleep(1_200_000)
      #expect(follower.isRunning)
      // A run of it, as seen from outside: the lock is held, there are logs and a manifest, the lock is free.
      let folder = workspace.jobs[0]
      let run = """
        exec 9> "$1/.cpwx.lock"; flock 9
        printf 'it runs\\n' > "$2/one.log"
        sleep 0.5
        printf '{"pipeline": {"status": "completed"}, "stages": {}}' > "$1/manifest.json"
        printf 'it ends\\n' >> "$2/one.log"
        """
      try workspace.start(["sh", "-c", run, "sh", folder, try workspace.logFolder()]).wait()
      let outcome = try follower.wait()
      #expect(outcome.code == 0)
      #expect(follower.output == "==> one.log <==\nit runs\nit ends\n")
    }
  }

  @Test func `a job that is removed while it is waited for ends the waiting`() throws {
    try TestWorkspace.with { workspace in
      let job = try workspace.cpwx("job", "create").lines[0]
      let follower = try Follower(workspace, "-f", job)
      #expect(follower.hasSaid("waiting for a run"))
      #expect(try workspace.cpwx("job", "rm", "--yes", job).code == 0)
      #expect(try follower.wait().code == 0)
    }
  }

  @Test func `a log that is cut short or replaced goes on from its start`() throws {
    try running { workspace, _ in
      let follower = try Follower(workspace, "-f", "--stage", "one", "latest")
      #expect(follower.hasPrintedLast("one begins "))
      let log = try workspace.logFolder() + "/one.log"
      let cut = "printf '' > \"$0\"; sleep 0.8; echo again >> \"$0\""
      try workspace.start(["sh", "-c", cut, log]).wait()
      #expect(follower.hasPrintedLast("one begins \nagain\n"))
      let replace = "echo 'the end of it' >> \"$0\"; mv \"$0\" \"$0.old\"; echo anew > \"$0\""
      try workspace.start(["sh", "-c", replace, log]).wait()
      #expect(follower.hasPrintedLast("again\nthe end of it\nanew\n"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal ends it in silence`(signal: Int32) throws {
    try running { workspace, _ in
      let follower = try Follower(workspace, "-f", "latest")
      #expect(follower.hasPrinted("one begins"))
      follower.program.send(signal)
      let outcome = try follower.wait()
      #expect(outcome.code == 128 + signal, "signal \(outcome.signal ?? 0)")
      #expect(outcome.errors.isEmpty)
    }
  }

  @Test func `a reader that goes away ends it in silence, though nothing is written any more`() throws {
    try running { workspace, _ in
      let pipe = "{ \"$0\" job logs -f latest; echo $? > code; } | sleep 1"
      let follower = try workspace.start(["sh", "-c", pipe, CPWX.path])
      let outcome = try follower.wait()
      #expect(outcome.errors.isEmpty)
      #expect(try workspace.read("code") == "141\n")
    }
  }

  @Test func `waiting costs next to nothing`() throws {
    try running { workspace, _ in
      let follower = try Follower(workspace, "-f", "latest")
      #expect(follower.hasPrinted("one begins"))
      let (before, began) = (follower.processorTicks, ContinuousClock.now)
      sleep(3)
      let ticks = follower.processorTicks - before
      // A busy machine may take longer for these three seconds.
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      #expect(Double(ticks) < 5 * seconds, "\(ticks) hundredths of a second in \(seconds) seconds")
    }
  }

  @Test func `lines limits each log to its end, with and without following`() throws {
    let stages = [
      Stage("many", script: "seq 1 100000; printf 'half a line'"), Stage("few", script: "echo a; echo b"),
    ]
    try TestWorkspace.with(stages) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      for follow in [[], ["-f"]] as [[String]] {
        let arguments = [CPWX.path, "job", "logs", "latest", "-n", "3"] + follow
        let output = try workspace.start(arguments).wait().output
        #expect(output.contains("==> many.log <==\n99999\n100000\nhalf a line\n==> few.log <==\n"))
        #expect(output.hasSuffix("\na\nb\n"))
      }
      let last = try workspace.cpwx("job", "logs", "latest", "--stage", "many", "--lines", "1")
      #expect(last.output == "half a line")
      let few = try workspace.cpwx("job", "logs", "latest", "--stage", "few", "--lines", "1")
      #expect(few.output == "b\n")
      #expect(try workspace.cpwx("job", "logs", "latest", "--stage", "few", "--lines", "0").output.isEmpty)
      #expect(try workspace.cpwx("job", "logs", "latest", "--lines", "-1").code == 64)
    }
  }

  @Test func `a huge log is printed without being held in memory`() throws {
    try TestWorkspace.with([Stage("one", script: "echo short")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let log = try workspace.logFolder() + "/one.log"
      try workspace.start(["truncate", "-s", "300M", log]).wait()
      let command = "exec \"$0\" job logs latest --stage one > /dev/null"
      let outcome = try workspace.start(["sh", "-c", command, CPWX.path]).wait()
      #expect(outcome.code == 0)
      #expect(outcome.peakMemory < 64 << 20, "\(outcome.peakMemory >> 20) MiB")
    }
  }
}
