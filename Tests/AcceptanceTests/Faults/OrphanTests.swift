import Foundation
import Jobs
import Testing

/// What a dead run left at work is ended by the next one: all of that, and nothing of anybody else's.
struct OrphanTests {
  @Test(arguments: [true, false])
  func `what is left of a killed retry of a failed job is ended, then the job finished`(recorded: Bool) throws {
    let stage = Stage(
      "slow", outputs: ["slow.out"],
      script: """
        test -e again || exit 3
        if ! test -e open; then
          setsid sleep 777 &
          touch begun
          sleep 777
        fi
        echo done > "$1/slow.out"
        """)
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let manifest = try workspace.job() + "/manifest.json"
      let failed = try workspace.bytes(manifest)
      try workspace.write("again", "")
      let retry = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") && workspace.stageProcesses().count >= 3 })
      #expect(try eventually { try workspace.record("slow")["status"]?.string == "running" })
      retry.send(SIGKILL)
      try retry.wait()
      // A stage begins a moment before its record reaches the disk: killed in that moment, the job still says failed.
      if !recorded { try workspace.write(manifest, failed) }
      #expect(workspace.stageProcesses().count >= 3)

      try workspace.write("open", "")
      let last = try workspace.cpwx("run")
      #expect(last.code == 0, "\(last.errors)")
      #expect(last.errors.contains("ended processes that an earlier run had left behind"))
      #expect(workspace.stageProcesses().isEmpty)
      #expect(workspace.runs == ["slow", "slow", "slow"])
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  /// Tells its own variables in `stage.env`; leaves processes without them, in its own session, in one whose leader has
  /// gone, and in one that such a process leads.
  private static let untidy = Stage(
    "untidy",
    script: """
      test ! -e open || exit 0
      export -p > stage.env
      env -i sleep 778 & echo $! > cleared
      setsid sh -c 'env -i sleep 778 & echo $! > "far cleared"; exec sleep 778 &'
      env -i setsid sleep 778 & echo $! > "cleared alone"
      sleep 0.2; touch begun
      sleep 778
      """)

  private static let withoutVariables = ["cleared", "far cleared", "cleared alone"]

  /// Has the stage run, and cpwx killed; what it left is alive.
  private func withOrphans(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with([Self.untidy]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      for file in Self.withoutVariables { try endLater(workspace, file) }
      first.send(SIGKILL)
      try first.wait()
      for file in Self.withoutVariables { #expect(try isAlive(workspace, file), "\(file)") }
      try workspace.write("open", "")
      try body(workspace)
    }
  }

  /// Begins a session as a terminal does: a shell that leads it, with an editor at work before `lines` are done.
  private func beginSession(_ workspace: TestWorkspace, doing lines: String) throws {
    let script = "sleep 779 & echo $! > editor; \(lines); sleep 779 & echo $$ > shell; wait"
    let terminal = try workspace.start(["setsid", "--wait", "sh", "-c", script])
    workspace.atEnd { terminal.send(SIGKILL) }
    for file in ["editor", "shell"] { try endLater(workspace, file) }
  }

  /// The process whose number the file holds; nil until it holds one: the file is there a moment before it is written.
  private func process(_ workspace: TestWorkspace, _ file: String) -> pid_t? {
    (try? workspace.read(file)).flatMap { pid_t($0.trimmingCharacters(in: .newlines)) }
  }

  private func endLater(_ workspace: TestWorkspace, _ file: String) throws {
    #expect(eventually { process(workspace, file) != nil })
    let pid = try #require(process(workspace, file))
    workspace.atEnd { kill(pid, SIGKILL) }
  }

  private func isAlive(_ workspace: TestWorkspace, _ file: String) throws -> Bool {
    let stat = FileManager.default.contents(atPath: "/proc/\(try #require(process(workspace, file)))/stat") ?? Data()
    let state = String(decoding: stat, as: UTF8.self).split(separator: ") ").last?.first
    return state.map { $0 != "Z" } ?? false
  }

  @Test(arguments: [true, false])
  func `processes that dropped the stage's variables are ended by their sessions, and by whose children they are`(
    hasEnv: Bool
  ) throws {
    try withOrphans { workspace in
      if !hasEnv { try workspace.remove(try workspace.job() + "/job.env") }
      let next = try workspace.cpwx("run")
      #expect(next.code == 0, "\(next.errors)")
      #expect(workspace.stageProcesses().isEmpty)
      for file in Self.withoutVariables { #expect(try !isAlive(workspace, file), "\(file)") }
    }
  }

  @Test func `processes of a job whose film is gone are ended by the next run, whatever that is about`() throws {
    try withOrphans { workspace in
      let dead = (try workspace.job() as NSString).lastPathComponent
      try workspace.remove("in/Film (2001).mp4")
      let next = try workspace.cpwx("run")
      #expect(next.code == 0)
      #expect(next.errors.contains("\(dead): ended processes that an earlier run had left behind"), "\(next.errors)")
      #expect(workspace.stageProcesses().isEmpty)
      #expect(try isAlive(workspace, "far cleared") == false)
      #expect(try !workspace.cpwx("run").errors.contains("ended processes"))
    }
  }

  @Test func `a run that was begun from within them ends them, and not itself`() throws {
    let stage = Stage(
      "slow",
      script: """
        test ! -e again || exit 0
        touch begun
        until test -e open; do sleep 0.02; done
        touch again
        '\(CPWX.path)' run > within 2>&1
        touch beyond
        """)
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      first.send(SIGKILL)
      try first.wait()
      try workspace.write("open", "")
      #expect(eventually { workspace.exists("within") && workspace.stageProcesses().isEmpty })
      let within = try workspace.read("within")
      #expect(within.contains("ended processes that an earlier run had left behind"), "\(within)")
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed", "\(within)")
      #expect(workspace.runs == ["slow", "slow"])
      #expect(!workspace.exists("beyond"))
    }
  }

  @Test func `those of a job that another run has in hand are not touched`() throws {
    let stage = Stage("slow", script: "touch begun; until test -e open; do sleep 0.05; done")
    try TestWorkspace.with([stage]) { workspace in
      let film = try workspace.film()
      let first = try workspace.startCPWX("run", film)
      #expect(eventually { workspace.exists("begun") })
      let other = try workspace.cpwx("run", "in")
      #expect(!other.errors.contains("ended processes"), "\(other.errors)")
      try workspace.write("open", "")
      #expect(try first.wait().code == 0)
      #expect(workspace.runs == ["slow"])
    }
  }

  @Test func `a person's session that took over a stage's whole environment survives`() throws {
    try withOrphans { workspace in
      try beginSession(workspace, doing: ". ./stage.env")
      let next = try workspace.cpwx("run")
      #expect(next.code == 0, "\(next.errors)")
      #expect(try isAlive(workspace, "far cleared") == false)
      #expect(try isAlive(workspace, "shell"))
      #expect(try isAlive(workspace, "editor"))
    }
  }

  @Test func `a person's programs with the documented variables of a job survive`() throws {
    try withOrphans { workspace in
      let job = try workspace.job()
      let own = "export CPWX_JOB_DIR='\(job)' CPWX_JOB_ID='\((job as NSString).lastPathComponent)' CPWX_STAGE=untidy"
      try beginSession(workspace, doing: "\(own); sleep 779 & echo $! > debugger")
      let next = try workspace.cpwx("run")
      #expect(next.code == 0, "\(next.errors)")
      #expect(try isAlive(workspace, "far cleared") == false)
      for file in ["shell", "editor", "debugger"] { #expect(try isAlive(workspace, file), "\(file)") }
    }
  }
}
