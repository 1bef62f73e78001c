import Foundation
import Jobs
import Testing

/// A stage that takes too long, or does not let go, does not keep the night.
struct TimeoutTests {
  @Test func `a stage that takes too long is asked to end, and what it says last is kept`() throws {
    let stage = Stage(
      "slow", fields: ["timeout: 4s", "grace: 1h"],
      script: """
        trap 'echo last words; exit 0' TERM
        echo first words
        sleep 600 & wait
        """)
    try TestWorkspace.with([stage, .making("later")], inMemory: true) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      let log = try workspace.log("slow")
      #expect(log.contains("first words\nlast words\n"))
      let record = try workspace.record("slow")
      #expect(record["status"]?.string == "failed")
      #expect(record["reason"]?.string?.contains("longer than 4.0 s") == true)
      #expect(workspace.runs == ["slow"])
      #expect(workspace.stageProcesses().isEmpty)
    }
  }

  @Test func `a stage that will not end is made to, with all it has started`() throws {
    let stage = Stage(
      "stubborn", fields: ["timeout: 4s", "grace: 0.3s"],
      script: """
        trap '' TERM
        sleep 610 &
        (sh -c 'trap "" TERM; sleep 610; sleep 610' &)
        (setsid sh -c 'trap "" TERM; (sleep 610 &); sleep 610; sleep 610' &)
        printf 'said before the end'
        sleep 610; sleep 610
        """)
    try TestWorkspace.with([stage], inMemory: true) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      #expect(workspace.stageProcesses().isEmpty)
      #expect(try workspace.log("stubborn").contains("said before the end"))
    }
  }

  @Test func `so is what has left both its session and the stage's variables`() throws {
    let stage = Stage(
      "stubborn", fields: ["grace: 0.3s"],
      script: """
        trap '' TERM
        env -i setsid sh -c 'trap "" TERM; echo $$ > far; mv far cleared; sleep 611; sleep 611' &
        sleep 611; sleep 611
        """)
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("cleared") })
      let pid = try #require(pid_t(workspace.read("cleared").trimmingCharacters(in: .newlines)))
      workspace.atEnd { kill(pid, SIGKILL) }
      run.send(SIGTERM)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      run.send(SIGTERM)
      #expect(try run.wait().code == 143)
      // Who reaps it when cpwx has gone is the machine's affair.
      let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat").map { String(decoding: $0, as: UTF8.self) }
      #expect(stat?.contains(") Z ") != false, "\(stat ?? "")")
    }
  }

  /// Has programs wait for another one's end, in sessions of their own, with none of the stage's variables.
  private static let waiting = """
    trap '' TERM
    sleep 613 | {
      for place in 1 2 3 4 5 6 7 8; do
        env -i PATH="$PATH" setsid sh -c 'trap "" TERM; echo $$ >> waits; read line <&3; : > beyond; sleep 613; :' &
      done
      wait
    } 3<&0 &
    until test "$(wc -l < waits)" -eq 8; do sleep 0.02; done
    touch begun
    """

  @Test(arguments: [true, false])
  func `what waits for another that is made to end is itself ended without going on`(isStopped: Bool) throws {
    let ending = isStopped ? "sleep 613; sleep 613" : "exit 3"
    let stage = Stage("stubborn", fields: ["grace: 0.3s"], script: Self.waiting + "\n" + ending)
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      let pids = try workspace.read("waits").split(separator: "\n").compactMap { pid_t($0) }
      workspace.atEnd { for pid in pids { kill(pid, SIGKILL) } }
      try #require(pids.count == 8)
      if isStopped {
        run.send(SIGTERM)
        #expect(eventually { run.errorsSoFar.contains("Stopping") })
        run.send(SIGTERM)
      }
      #expect(try run.wait().code == (isStopped ? 143 : 1))
      #expect(!workspace.exists("beyond"))
      for pid in pids { #expect(!isAlive(pid)) }
      #expect(workspace.stageProcesses().isEmpty)
    }
  }

  @Test func `so is what a daemon begins when it is told to end`() throws {
    let stage = Stage(
      "parent", fields: ["grace: 60s"],
      script: """
        (env -i PATH="$PATH" setsid sh -c '
          trap "sleep 614 & echo \\$! > last; exit" TERM; touch begun; while :; do sleep 614 & wait; done' &)
        sleep 614
        """)
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      run.send(SIGTERM)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      run.send(SIGTERM)
      #expect(try run.wait().code == 143)
      let pid = try #require(pid_t(workspace.read("last").trimmingCharacters(in: .newlines)))
      workspace.atEnd { kill(pid, SIGKILL) }
      #expect(!isAlive(pid))
    }
  }

  /// A program in a session of its own, with none of the stage's variables, whose parent has ended; and another from it.
  private static let daemon = """
    (env -i PATH="$PATH" setsid sh -c 'trap "" TERM; sleep 612 & echo $$ $! > far; mv far daemon; wait; sleep 612' &)
    until test -e daemon; do sleep 0.02; done
    """

  private func daemon(_ workspace: TestWorkspace) throws -> [pid_t] {
    let pids = try workspace.read("daemon").split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    workspace.atEnd { for pid in pids { kill(pid, SIGKILL) } }
    try #require(pids.count == 2)
    return pids
  }

  private func isAlive(_ pid: pid_t) -> Bool {
    let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat").map { String(decoding: $0, as: UTF8.self) }
    return stat?.contains(") Z ") == false
  }

  @Test(arguments: ["exit 0", "exit 3", "sleep 612"])
  func `so is a daemon of a stage that has ended, failed or is told to`(ending: String) throws {
    let stage = Stage("parent", fields: ["timeout: 20s", "grace: 0.2s"], script: Self.daemon + "\n" + ending)
    try TestWorkspace.with([stage], inMemory: true) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == (ending == "exit 0" ? 0 : 1))
      for pid in try daemon(workspace) { #expect(!isAlive(pid)) }
    }
  }

  @Test func `what wrote its title over its variables may be shared, and goes on`() throws {
    let shared = """
      (env -i PATH="$PATH" setsid perl -e '$0 = "mux"; open F, ">far"; print F $$; close F; sleep 612' &)
      until test -s far; do sleep 0.02; done
      """
    try TestWorkspace.with([Stage("parent", fields: ["grace: 0.2s"], script: shared)]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let pid = try #require(pid_t(workspace.read("far")))
      workspace.atEnd { kill(pid, SIGKILL) }
      #expect(isAlive(pid))
    }
  }

  @Test func `a daemon that may be another stage's lives until none is at work that was there when it began`() throws {
    let stage = Stage(
      "stage", fields: ["grace: 0.2s"],
      script: """
        if mkdir first 2> /dev/null; then
          touch begun
          until test -e open; do sleep 0.02; done
          exit
        fi
        until test -e begun; do sleep 0.02; done
        sleep 0.1
        """ + "\n" + Self.daemon)
    let after = Stage("after", inputs: [], script: "touch after")
    try TestWorkspace.with([stage, after]) { workspace in
      try workspace.film("One (2001).mp4", holding: "one")
      try workspace.film("Two (2002).mp4", holding: "two")
      let run = try workspace.startCPWX("run", "--jobs", "2", "--lane", "cpu=2")
      #expect(eventually { workspace.exists("after") })
      let pids = try daemon(workspace)
      for pid in pids { #expect(isAlive(pid)) }
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
      for pid in pids { #expect(!isAlive(pid)) }
    }
  }

  @Test func `time that ran out is worth another attempt`() throws {
    let stage = Stage(
      "slow", fields: ["timeout: 4s", "grace: 0.2s", "retries: 1", "backoff: 0.1s"],
      script: "test $(wc -l < runs) -ge 2 || sleep 600")
    try TestWorkspace.with([stage], inMemory: true) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["slow", "slow"])
    }
  }

  @Test func `a daemon that holds the pipe open does not hold the run`() throws {
    let stage = Stage("parent", script: "setsid sleep 620 & (sleep 620 &) ; echo bye")
    try TestWorkspace.with([stage, .making("later")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(try workspace.log("parent").contains("bye"))
      #expect(workspace.runs == ["parent", "later"])
    }
  }

  @Test func `a daemon that goes on writing does not hold the run`() throws {
    let stage = Stage("parent", script: "setsid sh -c 'while :; do echo flood; done' & sleep 0.1")
    try TestWorkspace.with([stage, .making("later")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.runs == ["parent", "later"])
    }
  }

  @Test func `a failed stage leaves no process, not even in a session of its own`() throws {
    let stage = Stage(
      "parent", fields: ["retries: 1", "backoff: 0.1s", "grace: 0.2s"],
      script: "setsid sleep 63 & sleep 0.1; exit 3")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      #expect(workspace.stageProcesses().isEmpty)
    }
  }

  @Test func `a finished job leaves no process, not even in a session of its own`() throws {
    let stage = Stage("parent", fields: ["grace: 0.2s"], script: "setsid sleep 64 & sleep 0.1; exit 0")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.stageProcesses().isEmpty)
    }
  }

  @Test func `a stage leads a session and a process group of its own`() throws {
    // Fields 5 and 6 of proc_pid_stat(5).
    let stage = Stage("alone", script: "echo $$ $(cut -d ' ' -f 5,6 /proc/$$/stat) > ids")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(try run.wait().code == 0)
      let ids = try workspace.read("ids").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
      try #require(ids.count == 3)
      #expect(ids[1] == ids[0] && ids[2] == ids[0])
      #expect(ids[1] != run.pid && ids[2] != getsid(0))
    }
  }
}
