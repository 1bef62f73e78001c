import Foundation
import Jobs
import Testing
import TextWidth

/// How far the stages of a cluster's jobs are, as whoever follows them sees it.
struct ClusterProgressTests {
  /// Tells a quarter, then three quarters once there is a file `half`, and goes on until there is a file `open`.
  private static let telling = Stage(
    "slow", fields: ["lane: gpu"],
    script: """
      echo 'cpwx:progress 0.25 quarter'
      touch begun.$CPWX_JOB_ID
      until test -e half; do sleep 0.05; done
      echo 'cpwx:progress 0.75 most of it'
      until test -e open; do sleep 0.05; done
      """)

  private static let file = ".cpwx.progress"

  /// Where such files are.
  private func files(_ workspace: TestWorkspace) -> [String] {
    workspace.tree("out").filter { $0.contains(Self.file) }
  }

  @Test func `a terminal shows how far each stage is, as on this machine, and whoever attaches and asks sees it too`()
    throws
  {
    try TestWorkspace.withCluster([Self.telling, .last], films: 2) { workspace, cluster in
      let environment = cluster.environment.merging(["TERM": "xterm", "NO_COLOR": "1"]) { $1 }
      let command = "stty columns 100; exec '\(CPWX.path)' run > result"
      let run = try workspace.start(["script", "-qefc", command, "/dev/null"], environment: environment)
      /// Lines that were drawn of a job's stage.
      func shown(_ words: String) -> Bool {
        let lines = run.outputSoFar.split(whereSeparator: \.isNewline).map { String($0).withoutControls }
        return workspace.jobs.allSatisfy { job in
          lines.contains { line in line.hasPrefix(String(job.suffix(12))) && line.contains(words) }
        }
      }
      #expect(eventually { workspace.jobs.count == 2 && shown("25 %") && shown("quarter") })
      #expect(eventually { run.outputSoFar.contains("0/2 films  gpu 2") })
      let follower = try cluster.startCPWX("run", "--attach")
      #expect(try follower.wait().code == 75)
      func told(_ fraction: Double, _ text: String) throws -> Bool {
        let running = try workspace.json("status").array?.first?["running"]?.array ?? []
        return running.count == 2
          && running.allSatisfy { $0["fraction"]?.double == fraction && $0["text"]?.string == text }
      }
      #expect(try eventually { try told(0.25, "quarter") })
      try workspace.write("half", "")
      #expect(eventually { shown("75 %") && shown("most of it") })
      #expect(try eventually { try told(0.75, "most of it") })
      try workspace.write("open", "")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.output)")
      #expect(try workspace.read("result").components(separatedBy: "completed").count == 3)
      #expect(files(workspace) == [])
      #expect(workspace.leftovers == [])
    }
  }

  @Test func `who attaches is told the command that runs and how far it is, and why a stage runs again`() throws {
    let stages = [Self.telling, Stage.gate()]
    try TestWorkspace.withCluster(stages, films: 1) { workspace, cluster in
      try workspace.write("half", "")
      #expect(try cluster.cpwx("run", "--detach").code == 0)
      #expect(eventually { workspace.count("begun.") == 1 })
      let follower = try cluster.startCPWX("run", "--attach", "--format", "ndjson")
      func told(_ kind: String) throws -> [JSON] {
        let lines = follower.outputSoFar.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return try lines.map { try JSON(parsing: Array($0.utf8)) }.filter { $0["event"]?.string == kind }
      }
      #expect(try eventually { try told("stage_progress").last?["fraction"]?.double == 0.75 })
      try workspace.expectAsDocumented([workspace.json("status")], "status")
      let commands = try told("stage_command")
      #expect(commands.count == 1)
      #expect(commands.first?["stage"]?.string == "slow")
      #expect(commands.first?["command"]?.string?.contains("cpwx:progress 0.25 quarter") == true)
      // In the log it is the same.
      let command = commands.first?["command"]?.string ?? ""
      #expect(try workspace.log("slow").contains("slow, attempt 1: \(command)\n"))
      try workspace.write("open", "")
      let followed = try follower.wait()
      #expect(followed.code == 0)
      try workspace.expectAsDocumented(followed.lines.map { try JSON(parsing: Array($0.utf8)) }, "run-event")
      #expect(files(workspace) == [])

      // Done again: its settings are others.
      try workspace.remove("open")
      try workspace.declare([
        Stage("slow", script: "echo anew; touch again; until test -e open; do sleep 0.05; done"), Stage.gate(),
      ])
      let again = try cluster.startCPWX("run", "--resume", workspace.job())
      #expect(eventually { workspace.exists("again") })
      #expect(eventually { again.errorsSoFar.contains("slow runs again: ") }, "\(again.errorsSoFar)")
      try workspace.write("open", "")
      #expect(try again.wait().code == 0)
    }
  }

  @Test func `what a task that was killed had told is gone once its job is settled, and told of no other run`() throws {
    try TestWorkspace.withCluster([Self.telling, .last], films: 1, lines: SlurmCluster.losesNodesSoon) {
      workspace, cluster in
      let run = try cluster.startCPWX("run", environment: ["CPWX_SLURM_FLAGS": "--no-requeue"])
      #expect(eventually { files(workspace).count == 1 })
      try cluster.killTask(on: try cluster.ask("squeue", "-h", "-o", "%N"))
      try workspace.write("half", "")
      #expect(eventually { workspace.stageProcesses() == [] })
      #expect(try run.wait().code == 1)
      #expect(files(workspace) == [])
      // Where nobody has settled it, the next run of the job does away with it, on whichever machine.
      let left = try workspace.job() + "/" + Self.file
      try workspace.write(left, "{\"run\": \"torn")
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run", "--executor", "local").code == 0)
      #expect(files(workspace) == [])
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `only a task of a cluster tells by a file, and takes it away`() throws {
    let stage = Stage("slow", script: "touch begun; until test -e open; do sleep 0.05; done; ls -A \"$1\" > listed")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let local = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      usleep(2_000_000)
      try workspace.write("open", "")
      #expect(try local.wait().code == 0)
      #expect(try !workspace.read("listed").contains(Self.file))

      try workspace.remove("open")
      let task = try workspace.startCPWX(
        "run", "--no-index", "--from-stage", "slow", "--resume", try workspace.job())
      let file = try workspace.job() + "/" + Self.file
      #expect(eventually { workspace.exists(file) })
      #expect(try JSON(parsing: workspace.bytes(file))["stage"]?.string == "slow")
      task.send(SIGKILL)
      _ = try task.wait()
      #expect(workspace.exists(file))
      let cleaned = try workspace.cpwx("run", "--no-index", "--clean-up", "--resume", try workspace.job())
      #expect(cleaned.code == 0, "\(cleaned.errors)")
      #expect(!workspace.exists(file))
    }
  }

  @Test func `what a killed task had told goes into no archive`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let file = try workspace.job() + "/" + Self.file
      try workspace.write(file, "{}")
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      #expect(workspace.exists(file))
      func members() throws -> String {
        try workspace.start(["tar", "--zstd", "-tf", workspace.archive()]).wait().output
      }
      #expect(try members().contains("/manifest.json"))
      #expect(try !members().contains(Self.file))
      let archived = try workspace.cpwx("archive", "--force", id)
      #expect(archived.code == 0, "\(archived.errors)")
      #expect(workspace.jobs == [])
      #expect(try !members().contains(Self.file))
    }
  }
}
