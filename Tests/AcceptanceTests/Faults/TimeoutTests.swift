import Foundation
import Jobs
import Testing

/// A stage that takes too long, or does not let go, does not keep the night.
struct TimeoutTests {
  @Test func `a stage that takes too long is asked to end, and what it says last is kept`() throws {
    let stage = Stage(
      "slow", fields: ["timeout: 0.5s", "grace: 1h"],
      script: """
        trap 'echo last words; exit 0' TERM
        echo first words
        sleep 600 & wait
        """)
    try TestWorkspace.with([stage, .making("later")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      let log = try workspace.log("slow")
      #expect(log.contains("first words\nlast words\n"))
      let record = try workspace.record("slow")
      #expect(record["status"]?.string == "failed")
      #expect(record["reason"]?.string?.contains("longer than 0.5 s") == true)
      #expect(workspace.runs == ["slow"])
      #expect(workspace.stageProcesses().isEmpty)
    }
  }

  @Test func `a stage that will not end is made to, with all it has started`() throws {
    let stage = Stage(
      "stubborn", fields: ["timeout: 0.5s", "grace: 0.3s"],
      script: """
        trap '' TERM
        sleep 610 &
        (sh -c 'trap "" TERM; sleep 610; sleep 610' &)
        (setsid sh -c 'trap "" TERM; (sleep 610 &); sleep 610; sleep 610' &)
        printf 'said before the end'
        sleep 610; sleep 610
        """)
    try TestWorkspace.with([stage]) { workspace in
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

  @Test func `time that ran out is worth another attempt`() throws {
    let stage = Stage(
      "slow", fields: ["timeout: 0.6s", "grace: 0.2s", "retries: 1", "backoff: 0.1s"],
      script: "test $(wc -l < runs) -ge 2 || sleep 60")
    try TestWorkspace.with([stage]) { workspace in
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
