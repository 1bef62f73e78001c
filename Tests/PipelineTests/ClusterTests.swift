import Foundation
import Index
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

struct `What a cluster's controller tells` {
  @Test func `is read task by task, also where a line tells of many`() {
    let waiting = ClusterTask.read("7|2-3,6-11:2%4|PENDING|0:00|UNLIMITED|cpwx-a-1|")
    #expect(waiting.map(\.index) == [2, 3, 6, 8, 10])
    #expect(waiting.allSatisfy { $0.state == .waiting && $0.limit == nil && $0.name == "cpwx-a-1" })
    let running = ClusterTask.read("7|0|COMPLETING|1-02:03:04|2-00:00:00|cpwx-a-1|n1")
    #expect(running.map(\.state) == [.running])
    #expect(running.first?.seconds == 93_784)
    #expect(running.first?.limit == 172_800)
    #expect(running.first?.id == "7_0")
  }

  @Test(arguments: [
    ("REQUEUE_HOLD", "job requeued in held state", "REQUEUE_HOLD: job requeued in held state"),
    ("SPECIAL_EXIT", "JobHeldUser", "SPECIAL_EXIT: JobHeldUser"),
    ("RESV_DEL_HOLD", "ReservationDeleted", "RESV_DEL_HOLD: ReservationDeleted"),
    ("SPECIAL_EXIT", "None", "SPECIAL_EXIT"),
  ])
  func `of a task that is in the queue once more, and held there, is no end`(
    word: String, reason: String, hold: String
  ) throws {
    let task = try #require(ClusterTask.read("7|0|\(word)|0:00|1:00|a||\(reason)").first)
    #expect(task.state == .waiting)
    #expect(task.hold == hold)
    #expect(ClusterTask.isHeld(hold))
  }

  @Test(arguments: [
    "SUSPENDED", "STOPPED", "CONFIGURING", "SIGNALING", "STAGE_OUT", "POWER_UP_NODE", "OF_A_LATER_SLURM",
  ])
  func `of a task that has a place, at work or not, is no end`(word: String) throws {
    #expect(try #require(ClusterTask.read("7|0|\(word)|0:10|1:00|a|n1|None").first).state == .running)
  }

  @Test func `of an array that was cancelled before any of it began is of all its tasks`() throws {
    let task = try #require(ClusterTask.read("7|N/A|CANCELLED|0:00|UNLIMITED|cpwx-a-1|").first)
    #expect(task.index == nil)
    #expect(task.state == .ended("CANCELLED"))
  }

  @Test(
    arguments: [
      ("PENDING", "JobHeldUser", true), ("PENDING", "launch failed requeued held", true),
      ("PENDING", "PartitionTimeLimit", true),
      ("PENDING", "QOSMaxWallDurationPerJobLimit", true), ("PENDING", "Resources", false),
      ("PENDING", "Priority", false), ("PENDING", "QOSMaxJobsPerUserLimit", false), ("PENDING", "BeginTime", false),
      ("RUNNING", "None", false), ("COMPLETING", "job requeued in held state", false),
    ])
  func `of a task that waits tells whether it would do so for ever`(word: String, reason: String, isHeld: Bool) throws {
    let task = try #require(ClusterTask.read("7|0|\(word)|0:00|1:00|a||\(reason)").first)
    #expect(task.hold == (isHeld ? reason : nil))
  }

  @Test(arguments: [
    "", "slurm_load_jobs error: Unable to contact slurm controller", "7|x|RUNNING|0:01|1:00|a|n",
    "7|4-1|PENDING|0|0|a|",
  ])
  func `is left where it is no task`(line: String) { #expect(ClusterTask.read(line[...]).isEmpty) }

  @Test(arguments: [
    ("TIMEOUT", "its time limit of 2 h 00 min was reached", "failed"), ("OUT_OF_MEMORY", "memory", "failed"),
    ("NODE_FAIL", "its node failed", "interrupted"), ("PREEMPTED", "another job", "interrupted"),
    ("CANCELLED", "it was cancelled", "interrupted"), ("BOOT_FAIL", "its node did not come up", "interrupted"),
    ("DEADLINE", "by its deadline", "interrupted"), ("REVOKED", "it was revoked", "interrupted"),
  ])
  func `of an end becomes a reason`(word: String, reason: String, status: String) throws {
    let task = try #require(ClusterTask.read("7|0|\(word)|1:00:00|2:00:00|a|n1").first)
    let ending = try #require(ClusterEnding(task))
    #expect(ending.reason.hasPrefix("the cluster ended it: ") && ending.reason.hasSuffix("(\(word))"))
    #expect(ending.reason.contains(reason))
    #expect(ending.status.rawValue == status)
  }

  @Test(arguments: ["COMPLETED", "FAILED", "RUNNING"])
  func `of a task that came to its own end is no reason`(word: String) throws {
    #expect(ClusterEnding(try #require(ClusterTask.read("7|0|\(word)|1:00|2:00|a|n1").first)) == nil)
  }
}

struct `What is said of a task that ended before its job did` {
  private func said(_ line: String, _ said: String? = nil) -> String {
    ClusterEnding.untold(ClusterTask.read(line[...]).first, said: said)
  }

  @Test func `is what it said last, and else why the cluster says that it ended`() {
    let line = "7|0|FAILED|0:01|1:00|a|n1|RaisedSignal:53(Real-time_signal_19)"
    let beginning = "its task ended before the job did"
    #expect(said(line, "no such file") == "\(beginning): no such file (FAILED)")
    #expect(said(line) == "\(beginning): RaisedSignal:53(Real-time_signal_19) (FAILED)")
    #expect(said("7|0|COMPLETED|0:01|1:00|a|n1|None") == "\(beginning) (COMPLETED)")
  }
}

struct `What a cluster refuses` {
  private static let policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"

  @Test(arguments: [
    ("Slurm temporarily unable to accept job, sleeping and retrying", true),
    ("sbatch: error: Slurm job queue full, sleeping and retrying", true),
    ("sbatch: error: AssocMaxSubmitJobLimit; sbatch: error: Batch job submission failed: \(policy)", true),
    ("sbatch: error: QOSMaxSubmitJobPerUserLimit; sbatch: error: Batch job submission failed: \(policy)", true),
    ("sbatch: error: Batch job submission failed: \(policy)", true),
    ("sbatch: error: QOSMaxWallDurationPerJobLimit; sbatch: error: Batch job submission failed: \(policy)", false),
    ("sbatch: error: invalid partition specified: nowhere", false),
  ])
  func `is waited for where it is a matter of how many`(said: String, isWaitedFor: Bool) {
    #expect(Slurm.Failure(description: said).isOfFullQueue == isWaitedFor)
  }

  @Test(arguments: ["--array=0-3", "--arr", "-J", "-Jmine", "-a", "--wrap=x", "-d1", "-o/dev/null", "--job-name"])
  func `are not options that are cpwx's own`(flag: String) { #expect(SubmissionFlags.isTaken(flag)) }

  @Test(arguments: [
    "--time=5", "--account=a", "-A", "-t5", "--wait-all-nodes=1", "--deadline=now", "-", "--", "x", "-p",
  ])
  func `are all others`(flag: String) { #expect(!SubmissionFlags.isTaken(flag)) }
}

struct `How large an array may be` {
  @Test func `is what the controller says, a quarter of the queue at most, and a script as long as it takes`() {
    let config = """
      Configuration data as of 2025-11-28T22:00:00
      MaxArraySize            = 5001
      MaxJobCount             = 10000
      SchedulerParameters     = bf_interval=1,max_script_size=2000,sched_interval=1
      """
    let limits = ArrayLimits(config: config)
    #expect(limits.tasks == 2500)
    #expect(limits.script == 2000)
    let standard = ArrayLimits(config: "MaxArraySize = 1001\nSchedulerParameters = (null)")
    #expect(standard.tasks == 1001)
    #expect(standard.script == 4_194_304)
    #expect(ArrayLimits(config: "") == standard)
  }

  @Test func `is reckoned in the bytes that the jobs' folders take in the script, whatever their names`() throws {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let settings = try ClusterSettings(workspace, environment: [:], program: "/usr/bin/cpwx", workerArguments: [])
    let folders = (0..<3000).map { "out/2025/11/28/1/20251128-\($0)/" + String(repeating: "'फ़िल्म' ", count: 100) }
    func size(_ folders: [String]) -> Int { WorkerScript(settings: settings, folders: folders).bytes.count }
    #expect(size([]) + folders.reduce(0) { $0 + WorkerScript.size(of: $1) } == size(folders))
  }
}

struct `What a job asks of its node` {
  private func stages(_ fields: String...) throws -> [StageDefinition] {
    let list = fields.enumerated().map { "  - {name: s\($0), number: \($0 + 1), command: [x]\($1)}" }
    return try PipelineDefinition(
      yaml: "name: p\nstages:\n" + list.joined(separator: "\n") + "\n", file: "p.yaml"
    ).stages
  }

  @Test func `is nothing where nothing is known`() throws {
    let request = TaskRequest(try stages("", ", timeout: 10m"), WorkHistory(), expected: nil, gres: "gpu:1")
    #expect(request.options == [])
  }

  @Test func `is the time of all its stages with all their attempts, where each has a limit`() throws {
    let request = TaskRequest(
      try stages(", timeout: 10m, retries: 1, grace: 30s, backoff: 60s", ", timeout: 1h, grace: 30s"), WorkHistory(),
      expected: nil,
      gres: nil)
    #expect(request.options == ["--time=84"])
    let settings = ["MAX_RETRIES": "2", "RETRY_DELAY_SECONDS": "60"]
    let bySettings = TaskRequest(
      try stages(", timeout: 10m, grace: 30s"), WorkHistory(), expected: nil, gres: nil, setting: { settings[$0] })
    #expect(bySettings.options == ["--time=36"])
  }

  @Test func `is four times what is expected, and half as much memory again as was ever needed`() throws {
    var known = WorkHistory.Stage(secondsPerByte: 1)
    known.peakMemoryBytes = 1 << 30
    var history = WorkHistory()
    history.stages = ["s0": known, "s1": known]
    let request = TaskRequest(
      try stages(", timeout: 10h", ", lane: gpu"), history, expected: 3600, gres: "gpu:1")
    #expect(request.options == ["--time=252", "--mem=2048M", "--gres=gpu:1"])
  }

  @Test func `is the most that a stage says, before what stages took`() throws {
    var known = WorkHistory.Stage()
    known.peakMemoryBytes = 8 << 30
    var history = WorkHistory()
    history.stages = ["s0": known]
    let request = TaskRequest(
      try stages(", cpus: 2, memory: 4Gi", ", cpus: 7.5, memory: 1Gi, gpus: 2, lane: gpu"), history, expected: nil,
      gres: "gpu:1")
    #expect(request.options == ["--cpus-per-task=8", "--mem=4096M", "--gres=gpu:2"])
  }

  @Test(arguments: [(0.9, nil), (1.2, nil), (1.5, 2), (3.1, 3), (7.9, 8), (40, 16)] as [(Double, Int?)])
  func `is as many processors as a stage keeps busy, and never more than a node has`(busy: Double, count: Int?) throws {
    var history = WorkHistory()
    history.stages["s0"] = WorkHistory.Stage()
    history.stages["s0"]?.processors = busy
    let node = TaskRequest.Node(cpus: 16, memory: nil)
    func cpus(_ node: TaskRequest.Node?, _ fields: String...) throws -> Int? {
      TaskRequest(try stages(fields[0]), history, expected: nil, gres: nil, node: node).cpus
    }
    #expect(try cpus(node, "") == count)
    #expect(try cpus(node, ", cpus: 20") == 20)
    #expect(try cpus(nil, "") == nil)
  }

  @Test func `is no more memory than a node has, but where the pipeline says so`() throws {
    var history = WorkHistory()
    history.stages["s0"] = WorkHistory.Stage()
    history.stages["s0"]?.peakMemoryBytes = 30 << 30
    let node = TaskRequest.Node(cpus: 16, memory: 32 << 30)
    func memory(_ fields: String, _ node: TaskRequest.Node?) throws -> Int? {
      TaskRequest(try stages(fields), history, expected: nil, gres: nil, node: node).memory
    }
    #expect(try memory("", node) == 32 << 30)
    #expect(try memory(", memory: 64Gi", node) == 64 << 30)
    #expect(try memory("", nil) == 45 << 30 + 512 << 20)
    // Of one that counts no memory it is none.
    #expect(try memory("", TaskRequest.Node(cpus: 16, memory: nil)) == nil)
  }

  @Test func `is no more time than a partition gives`() throws {
    var history = WorkHistory()
    history.stages["s0"] = WorkHistory.Stage()
    func minutes(_ fields: String, expected: Double?, most: Int?) throws -> Int? {
      let node = TaskRequest.Node(cpus: 2, memory: nil, minutes: most)
      return TaskRequest(try stages(fields), history, expected: expected, gres: nil, node: node).minutes
    }
    #expect(try minutes("", expected: 3600, most: nil) == 252)
    #expect(try minutes("", expected: 3600, most: 240) == 240)
    #expect(try minutes("", expected: 3600, most: 300) == 252)
    #expect(try minutes(", timeout: 10h", expected: nil, most: 480) == 480)
    #expect(try minutes("", expected: nil, most: 480) == nil)
  }

  @Test(
    arguments: [
      ("2 2000 infinite main*\n", TaskRequest.Node(cpus: 2, memory: 2000 << 20)),
      // What is asked for, one node is to have all of.
      ("128 8000 2-00:00:00 b\n16 64000 1:00:00 a\n", TaskRequest.Node(cpus: 16, memory: 64000 << 20, minutes: 60)),
      ("16 64000 1:00:00 a\n32 64000 1:00:00 a\n", TaskRequest.Node(cpus: 32, memory: 64000 << 20, minutes: 60)),
      ("16 64000 1:00:00 a\n16 64000 infinite b\n", TaskRequest.Node(cpus: 16, memory: 64000 << 20)),
      // What names no partition comes to the standard one.
      ("4 1000 30:00 main*\n128 64000 infinite b\n", TaskRequest.Node(cpus: 4, memory: 1000 << 20, minutes: 30)),
      ("4 1 infinite a\n", TaskRequest.Node(cpus: 4, memory: nil)), ("", nil), ("n/a n/a n/a a\n", nil),
    ] as [(String, TaskRequest.Node?)])
  func `is measured by what sinfo tells of the nodes`(told: String, node: TaskRequest.Node?) {
    #expect(TaskRequest.Node(told: told, isPlaced: false) == node)
  }

  @Test func `is measured by the partitions that it names`() {
    let node = TaskRequest.Node(told: "4 1000 30:00 main*\n128 64000 2:00:00 b\n", isPlaced: true)
    #expect(node == TaskRequest.Node(cpus: 128, memory: 64000 << 20, minutes: 120))
  }

  @Test(
    arguments: [
      (["--qos=a", "--partition=b"], "b"), (["--partition", "b", "--mem=1"], "b"), (["-p", "b"], "b"), (["-pb"], "b"),
      (["--partition=a", "-p", "b"], "b"), (["-p"], nil), (["--qos=a"], nil), ([], nil),
    ] as [([String], String?)])
  func `is placed where the last option says`(options: [String], partition: String?) {
    #expect(Slurm.partition(in: options) == partition)
  }
}
