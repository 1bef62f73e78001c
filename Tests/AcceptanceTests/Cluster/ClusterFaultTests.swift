import Dispatch
import Foundation
import Jobs
import Synchronization
import Testing

/// Nights on a cluster in which something dies: each film is done once all the same.
struct ClusterFaultTests {
  @Test func `twelve films are completed once each while a node dies in mid-stage and its tasks write on`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 12, lines: SlurmCluster.losesNodesSoon) {
      workspace, cluster in
      let reading = ManifestReading(workspace)
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      try cluster.kill("n2")
      // Its jobs are at work and in the queue again.
      #expect(
        try eventually {
          try cluster.ask("squeue", "-h", "-r", "-t", "PENDING", "-o", "%i").split(separator: "\n").count == 8
        })
      #expect(workspace.stageProcesses().count >= 6)
      try workspace.write("open", "")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 12])
      #expect(workspace.runs.sorted() == Array(repeating: "one", count: 12) + Array(repeating: "two", count: 12))
      #expect(reading.end() == [])
      #expect(workspace.leftovers == [])
    }
  }

  @Test func `a task that is run again waits for its first process, finds the job done, and says both`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 1, lines: SlurmCluster.losesNodesSoon) {
      workspace, cluster in
      let reading = ManifestReading(workspace)
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 1 })
      let node = try cluster.ask("squeue", "-h", "-o", "%N")
      try cluster.kill(node)
      #expect(
        try eventually {
          let now = try cluster.ask("squeue", "-h", "-t", "RUNNING", "-o", "%N")
          return !now.isEmpty && now != node
        })
      func said() -> String {
        let logs = workspace.tree("logs/batches").filter { $0.hasSuffix("/0.log") }
        return logs.compactMap { try? workspace.read("logs/batches/" + $0) }.joined()
      }
      // Both are at it, and the job's lock decides.
      #expect(eventually { said().contains("waiting for it to end") })
      #expect(workspace.runs == ["one"])
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
      #expect(said().contains("was completed by "), "\(said())")
      #expect(said().hasSuffix("; nothing is left to do here\n"), "\(said())")
      #expect(reading.end() == [])
      #expect(workspace.runs == ["one", "two"])
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `a job whose node fails is interrupted, says so everywhere, and goes on`() throws {
    try TestWorkspace.withCluster([.waiting], films: 1, lines: SlurmCluster.losesNodesSoon) {
      workspace, cluster in
      let run = try cluster.startCPWX("run", environment: ["CPWX_SLURM_FLAGS": "--no-requeue"])
      #expect(eventually { workspace.count("begun.") == 1 })
      try cluster.killTask(on: try cluster.ask("squeue", "-h", "-o", "%N"))
      // What the stage began last ends by itself.
      #expect(eventually { workspace.stageProcesses() == [] })
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      try workspace.expectEverywhere("interrupted", because: "the cluster ended it: its node failed (NODE_FAIL)")
      try workspace.write("open", "")
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  /// Of a stage of several processes the kernel may end one, of which the stage's shell tells, or all.
  @Test(arguments: ["exec python3 -c 'x = bytearray(400 << 20)'", "python3 -c 'x = bytearray(400 << 20)'; exit $?"])
  func `a stage that the cluster ends for want of memory fails its job once, and says so everywhere`(
    script: String
  ) throws {
    let greedy = Stage("greedy", script: script)
    let hasMemoryController = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory")
    let lines = "TaskPlugin=task/cgroup\nSelectTypeParameters=CR_CPU_Memory"
    let cgroup = """
      CgroupPlugin=\(hasMemoryController ? "cgroup/v1" : "autodetect")
      CgroupAutomount=no
      ConstrainRAMSpace=yes
      ConstrainSwapSpace=yes
      AllowedSwapSpace=0

      """
    try TestWorkspace.withCluster([greedy], films: 1, lines: lines, cgroup: cgroup) {
      workspace, cluster in
      let settings = ["CPWX_SLURM_FLAGS": "--mem=100M"]
      let reason = "the cluster ended it: it needed more memory than it had asked for (OUT_OF_MEMORY)"
      for night in 1...2 {
        let outcome = try cluster.cpwx("run", environment: settings)
        #expect(outcome.code == 1, "\(outcome.errors)")
        try workspace.expectEverywhere("failed", because: reason)
        let history = try workspace.manifest()["history"]?.array ?? []
        let failures = history.filter { $0["event"]?.string == "failed" }
        #expect(failures.map { $0["reason"]?.string } == Array(repeating: reason, count: night))
      }
      #expect(try workspace.record("greedy")["reason"]?.string == reason)
      for command in [["job", "show", "latest"], ["job", "why", "latest"], ["report"]] {
        let told = try workspace.start([CPWX.path] + command, environment: ["COLUMNS": "300"]).wait().output
        #expect(told.contains("(OUT_OF_MEMORY)"), "\(told)")
        #expect(!told.contains("signal 9"), "\(told)")
      }
      // Two of three.
      let planned = try workspace.json("run", "-n", "--executor", "local").array?.first
      #expect(planned?["decision"]?.string == "retry", "\(planned?.text() ?? "")")
    }
  }

  @Test func `a job whose task died and is forgotten by the cluster is interrupted, says so everywhere, and goes on`()
    throws
  {
    try TestWorkspace.withCluster([.waiting], films: 1) { workspace, cluster in
      let left = try cluster.cpwx("run", "--detach", environment: ["CPWX_SLURM_FLAGS": "--no-requeue"])
      #expect(left.code == 0, "\(left.errors)")
      #expect(eventually { workspace.count("begun.") == 1 })
      let node = try cluster.ask("squeue", "-h", "-o", "%N")
      try cluster.killTask(on: node)
      #expect(eventually { workspace.stageProcesses() == [] })
      try cluster.stopController()
      try cluster.start(node)
      try cluster.startController("-c")
      let outcome = try cluster.cpwx("run", "--attach")
      #expect(outcome.code == 1, "\(outcome.errors)")
      try workspace.expectEverywhere(
        "interrupted", because: "the cluster knows its task no more, and it had not ended")
      try workspace.write("open", "")
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test(arguments: [false, true])
  func `a task that the cluster suspends is told of, and hears of the run's end once it goes on, or is ended at once`(
    isToldTwice: Bool
  ) throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 2) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      func said() -> String { run.errorsSoFar.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      #expect(eventually { said().components(separatedBy: "one started").count == 3 })
      let task = try #require(try cluster.ask("squeue", "-h", "-r", "-o", "%i").split(separator: "\n").first)
      _ = try cluster.ask("scontrol", "suspend", String(task))
      let told = "the cluster has suspended 1 of the tasks; where it does not go on with them by itself: "
      #expect(eventually { said().contains(told + "scontrol resume " + task) }, "\(said())")
      run.send(SIGINT)
      #expect(workspace.toldToEnd(1))
      if isToldTwice {
        run.send(SIGINT)
        #expect(try run.wait().code == 130)
        #expect(try cluster.ask("squeue", "-h") == "")
        #expect(workspace.stageProcesses() == [])
      } else {
        _ = try cluster.ask("scontrol", "resume", String(task))
        #expect(workspace.toldToEnd(2))
        try workspace.write("open", "")
        #expect(try run.wait().code == 130)
      }
      #expect(workspace.runs == ["one", "one"])
      #expect(try workspace.statuses() == ["interrupted": 2])
    }
  }

  @Test func `a task that somebody puts back and holds is told of, and followed on once it is let go`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 1) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 1 })
      let task = try cluster.ask("squeue", "-h", "-r", "-o", "%i")
      _ = try cluster.ask("scontrol", "requeuehold", "State=SpecialExit", task)
      func said() -> String { run.errorsSoFar.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      #expect(eventually { said().contains("the cluster holds 1 of the tasks (SPECIAL_EXIT: ") }, "\(said())")
      try workspace.write("open", "")
      _ = try cluster.ask("scontrol", "release", task)
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 1])
      #expect(workspace.runs == ["one", "one", "two"])
    }
  }

  @Test func `a controller that is started anew in mid-batch loses nothing, and is waited for`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      try cluster.stopController()
      #expect(
        eventually { run.errorsSoFar.contains("does not answer; its jobs go on, and are followed: ") })
      try workspace.write("open", "")
      #expect(try eventually { try workspace.statuses()["completed"] == 6 })
      try cluster.startController()
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("the cluster's controller answers again"))
      #expect(try workspace.statuses() == ["completed": 8])
      #expect(workspace.runs.count == 16)
    }
  }

  @Test(arguments: [true, false])
  func `a batch of a killed head is followed to its end after a controller's new start, each film done once`(
    isDoneMeanwhile: Bool
  ) throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      run.send(SIGKILL)
      #expect(try run.wait().signal == SIGKILL)
      try cluster.stopController()
      let silent = try cluster.cpwx("run", "--attach")
      #expect(silent.code == 69, "\(silent.errors)")
      if isDoneMeanwhile {
        try workspace.write("open", "")
        #expect(try eventually { try workspace.statuses() == ["completed": 6, "pending": 2] })
      }
      try cluster.startController()
      if isDoneMeanwhile {
        let outcome = try cluster.cpwx("run", "--attach")
        #expect(outcome.code == 0, "\(outcome.errors)")
      } else {
        let follower = try cluster.startCPWX("run", "--attach")
        #expect(eventually { follower.errorsSoFar.components(separatedBy: "one started").count == 7 })
        try workspace.write("open", "")
        let outcome = try follower.wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
      #expect(workspace.jobs.count == 8)
      #expect(try workspace.statuses() == ["completed": 8])
      #expect(workspace.runs.sorted() == Array(repeating: "one", count: 8) + Array(repeating: "two", count: 8))
      for job in workspace.jobs {
        let history = try workspace.manifest(of: job)["history"]?.array ?? []
        #expect(history.count { $0["event"]?.string == "completed" } == 1)
      }
      #expect(workspace.tree(".cpwx/cluster") == [])
      #expect(workspace.leftovers == [])
      #expect(try workspace.json("report")["status"]?.string == "completed")
      // There is nothing left to do.
      #expect(try cluster.cpwx("run").code == 0)
      #expect(workspace.runs.count == 16)
    }
  }

  @Test func `a batch is followed to its end by a head that lost its power, and has other processes now`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      try cluster.killController()
      run.send(SIGKILL)
      #expect(try run.wait().signal == SIGKILL)
      // The nodes have theirs.
      try workspace.write("open", "")
      #expect(try eventually { try workspace.statuses() == ["completed": 6, "pending": 2] })
      try cluster.startController()
      // Of no number that a record may name there is a process that was, and another may have it.
      let namespace = ["unshare", "--pid", "--fork", "--mount-proc", "setpriv", "--clear-groups"]
      let user = ["--reuid=\(geteuid())", "--regid=\(getegid())", "env"]
      let variables = cluster.environment.map { "\($0.key)=\($0.value)" }
      let outcome = try workspace.startAsRoot(namespace + user + variables + [CPWX.path, "run", "--attach"]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 8])
      #expect(workspace.runs.sorted() == Array(repeating: "one", count: 8) + Array(repeating: "two", count: 8))
      #expect(workspace.tree(".cpwx/cluster") == [])
      #expect(workspace.leftovers == [])
      #expect(try workspace.json("report")["status"]?.string == "completed")
      #expect(try cluster.cpwx("run").code == 0)
      #expect(workspace.runs.count == 16)
    }
  }

  @Test func `a batch whose head dies just after handing over is found by its name, and handed over once`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 3) { workspace, cluster in
      // The real sbatch, and then the power goes: its answer is never written down.
      let sbatch = """
        #!/bin/sh
        real=/usr/bin/sbatch
        case "$*" in *--version*|*--test-only*) exec $real "$@";; esac
        echo handed >> handed
        $real "$@"
        kill -9 $PPID
        sleep 1
        """
      try workspace.write("bin/sbatch", sbatch)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/sbatch"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      #expect(try cluster.cpwx("run", "--jobs", "3", environment: ["PATH": path]).signal == SIGKILL)
      #expect(eventually { workspace.count("begun.") == 3 })
      let second = try cluster.cpwx("run", environment: ["PATH": path])
      #expect(second.code == 75, "\(second.errors)")
      #expect(second.output.contains("cpwx run --attach"))
      try workspace.write("open", "")
      let outcome = try cluster.cpwx("run", "--attach")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.read("handed") == "handed\n")
      #expect(try workspace.statuses() == ["completed": 3])
      #expect(workspace.runs.count == 6)
    }
  }

  @Test func `wherever the head dies while it hands over, the next run has each film done once and leaves nothing`()
    throws
  {
    try TestWorkspace.withCluster([.last], films: 2) { workspace, cluster in
      // Of the steps that reach the disk: those of the record, of the jobs, of the array, and behind that.
      for step in [19, 24, 28, 33, 37] {
        let settings = ["CPWX_SLURM_FLAGS": "--export=PATH,HOME"]
        for place in ["out", "logs", ".cpwx", "runs"] {
          try? FileManager.default.removeItem(atPath: workspace.path(place))
        }
        let run = try cluster.cpwx("run", environment: settings.merging(["CPWX_FAULT_STEP": "\(step)"]) { $1 })
        #expect(run.signal == SIGKILL, "step \(step)")
        #expect(try eventually { try cluster.ask("squeue", "-h") == "" })
        let next = try cluster.cpwx("run", environment: settings)
        #expect(next.code == 0, "step \(step): \(next.errors)")
        #expect(try workspace.statuses() == ["completed": 2], "step \(step)")
        #expect(workspace.runs == ["two", "two"], "step \(step)")
        #expect(workspace.tree(".cpwx/cluster") == [], "step \(step)")
      }
    }
  }

  @Test func `a batch that was never handed over leaves its films to the next run`() throws {
    try TestWorkspace.withCluster([.last], films: 2) { workspace, cluster in
      try workspace.write(
        "bin/sbatch", "#!/bin/sh\ncase \"$*\" in *--version*|*--test-only*) exit 0;; esac\nkill -9 $PPID\nsleep 1\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/sbatch"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      #expect(try cluster.cpwx("run", "--jobs", "2", environment: ["PATH": path]).signal == SIGKILL)
      #expect(workspace.jobs.count == 2)
      let attached = try cluster.cpwx("run", "--attach")
      #expect(attached.output.contains("it was not handed to the cluster; the next run goes on with it"))
      let outcome = try cluster.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.jobs.count == 2)
      #expect(try workspace.statuses() == ["completed": 2])
      #expect(workspace.runs == ["two", "two"])
    }
  }
}

/// Reads every manifest over and over, as long as a test goes on.
private final class ManifestReading: Sendable {
  private let isOver = Mutex(false)
  private let torn = Mutex<[String]>([])
  private let done = DispatchSemaphore(value: 0)

  init(_ workspace: TestWorkspace) {
    let out = workspace.path("out")
    workspace.atEnd { [self] in isOver.withLock { $0 = true } }
    Thread.detachNewThread { [self] in
      while !isOver.withLock({ $0 }) {
        let files = FileManager.default.enumerator(atPath: out)?.allObjects as? [String] ?? []
        // What is being made has no name yet.
        for file in files where file.hasSuffix("/manifest.json") && !file.contains("/.new-") {
          guard let bytes = FileManager.default.contents(atPath: out + "/" + file) else { continue }
          if (try? JSON(parsing: bytes)) == nil { torn.withLock { $0.append(file) } }
        }
        usleep(2_000)
      }
      done.signal()
    }
  }

  /// Those that were not whole.
  func end() -> [String] {
    isOver.withLock { $0 = true }
    done.wait()
    return torn.withLock { $0 }
  }
}
