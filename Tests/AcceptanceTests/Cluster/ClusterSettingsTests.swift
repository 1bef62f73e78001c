import Foundation
import Jobs
import Testing

/// What settings, names of folders and a site's limits have to do with jobs on a cluster.
struct ClusterSettingsTests {
  @Test func `variables that narrow what Slurm's programs do for people do not mislead a run`() throws {
    try TestWorkspace.withCluster([.making("one")], films: 1) { workspace, cluster in
      let misleading = [
        "SQUEUE_PARTITION": "high", "SQUEUE_USERS": "nobody", "SCANCEL_STATE": "PENDING", "SBATCH_WAIT": "1",
        "SBATCH_JOB_NAME": "mine", "SBATCH_ARRAY_INX": "0-3",
      ]
      let outcome = try cluster.cpwx("run", environment: misleading)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.runs == ["one"])
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `settings and stages ask for places, processors, memory, time and GPUs, as the cluster has it`() throws {
    let lines = "GresTypes=gpu\nPartitionName=high Nodes=ALL"
    let stage = Stage("one", fields: ["cpus: 2", "memory: 64Mi", "timeout: 10m"], script: "true")
    try TestWorkspace.withCluster([stage], films: 1, lines: lines) { workspace, cluster in
      let settings = [
        "CPWX_SLURM_PARTITION": "high", "CPWX_SLURM_ACCOUNT": "films", "CPWX_SLURM_FLAGS": "--hold --gres=gpu:0",
      ]
      let outcome = try cluster.cpwx("run", "--detach", environment: settings)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let asked = try cluster.ask("squeue", "-h", "-o", "%P %a %C %m %l %j")
      #expect(asked == "high films 2 64M 12:00 cpwx-\(outcome.lines[0])-1")
      let refused = [
        "--array=0-3", "--arr=0-3", "--job-name=mine", "-J mine", "-amine", "--output=x", "-o x", "--dependency=1",
        "--clusters=a", "-Ma", "--parsable", "--wrap=x", "--wait",
      ]
      for flags in refused {
        let outcome = try cluster.cpwx("run", environment: ["CPWX_SLURM_FLAGS": "--time=5 " + flags])
        #expect(outcome.code == 78, "\(flags): \(outcome.errors)")
        #expect(outcome.errors.contains("is for cpwx to say"), "\(flags)")
      }
      let quoted = try cluster.cpwx(
        "run", "--force", environment: ["CPWX_SLURM_FLAGS": "--comment='two words'", "CPWX_SLURM_PARTITION": ""])
      #expect(quoted.code == 78)
      #expect(quoted.errors.contains("Quotes in CPWX_SLURM_FLAGS"), "\(quoted.errors)")
    }
  }

  @Test(arguments: [
    (1, "the cluster holds 1 of the tasks (JobHeldUser), until somebody lets them go: scontrol release "),
    (9, "the cluster holds 9 of the tasks (JobHeldUser), until somebody lets them go: scontrol release "),
  ])
  func `tasks that the cluster holds are told of, many by their array, and are done once they are let go`(
    films: Int, told: String
  ) throws {
    try TestWorkspace.withCluster([.making("one")], films: films) { workspace, cluster in
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      let run = try cluster.startCPWX("run", "--jobs", "\(films)", environment: ["CPWX_SLURM_FLAGS": "--hold"])
      func said() -> String { run.errorsSoFar.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      #expect(eventually { said().contains(told) }, "\(said())")
      let named = try #require(said().components(separatedBy: told).last?.split(separator: " ").first)
      let array = try cluster.ask("squeue", "-h", "-o", "%F")
      #expect(named == (films == 1 ? "\(array)_0" : array))
      _ = try cluster.ask("scontrol", "release", String(named))
      #expect(try run.wait().code == 0)
      #expect(workspace.runs == Array(repeating: "one", count: films))
    }
  }

  @Test func `what a stage took before asks for time, memory and as many processors as a node has`() throws {
    try TestWorkspace.withCluster([Stage("one", script: "true")], films: 1) { workspace, cluster in
      #expect(try cluster.cpwx("run", "--executor", "local").code == 0)
      let job = try #require(workspace.jobs.first)
      var manifest = try workspace.manifest(of: job)
      manifest["stages"]?["one"]?["duration_seconds"] = .double(10)
      manifest["stages"]?["one"]?["resources"]?["cpu_seconds"] = .double(77)
      manifest["stages"]?["one"]?["resources"]?["peak_memory_bytes"] = .int(64 << 20)
      try workspace.write("\(job)/manifest.json", manifest.text())
      // What somebody wrote there by hand the index has once it is looked at.
      #expect(try workspace.json("job", "list").array?.count == 1)
      let outcome = try cluster.cpwx(
        "run", "--force", "--detach", environment: ["CPWX_SLURM_FLAGS": "--hold", "SINFO_PARTITION": "none"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try cluster.ask("squeue", "-h", "-o", "%C %m %l") == "2 608M 12:00")
    }
  }

  @Test(
    arguments: [
      ([:], "1:00:00"), (["CPWX_SLURM_PARTITION": "long"], "5:00:00"), (["CPWX_SLURM_FLAGS": "-p long"], "5:00:00"),
      (["SBATCH_PARTITION": "long"], "5:00:00"),
    ] as [([String: String], String)])
  func `no more time is asked for than the partition gives, with which a task would wait for ever`(
    settings: [String: String], limit: String
  ) throws {
    let stage = Stage("one", fields: ["timeout: 10h"], script: "true")
    let lines = "PartitionName=DEFAULT MaxTime=60\nPartitionName=long Nodes=ALL MaxTime=5:00:00"
    try TestWorkspace.withCluster([stage], films: 1, lines: lines) { workspace, cluster in
      let run = try cluster.cpwx("run", environment: settings)
      #expect(run.code == 0, "\(run.errors)")
      #expect(try cluster.ask("squeue", "-h", "-t", "all", "-o", "%l") == limit)
    }
  }

  @Test func `a task that asks for more than it can ever have is told of, and taken out when the run is told to end`()
    throws
  {
    try TestWorkspace.withCluster([.last], films: 1, lines: "PartitionName=DEFAULT MaxTime=60") { workspace, cluster in
      let run = try cluster.startCPWX("run", environment: ["CPWX_SLURM_FLAGS": "--time=61"])
      func said() -> String { run.errorsSoFar.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      let told = "the cluster never begins 1 of the tasks as they are (PartitionTimeLimit); see: scontrol show job "
      #expect(eventually { said().contains(told) }, "\(said())")
      run.send(SIGTERM)
      #expect(try run.wait().code == 143)
      #expect(try cluster.ask("squeue", "-h") == "")
      let next = try cluster.cpwx("run")
      #expect(next.code == 0, "\(next.errors)")
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `of a cluster that counts no memory none is asked for, whatever stages took before`() throws {
    // As slurm.conf has it that does not say.
    try TestWorkspace.withCluster([Stage("one", script: "true")], films: 2, lines: "NodeName=DEFAULT RealMemory=1") {
      workspace, cluster in
      #expect(try cluster.cpwx("run", workspace.path("in/Film 1 (2001).mp4"), "--executor", "local").code == 0)
      var manifest = try workspace.manifest()
      manifest["stages"]?["one"]?["resources"]?["peak_memory_bytes"] = .int(64 << 20)
      try workspace.write(try workspace.job() + "/manifest.json", manifest.text())
      #expect(try workspace.json("job", "list").array?.count == 1)
      let outcome = try cluster.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 2])
    }
  }

  @Test func `a batch is one array, each of whose tasks asks for the GPU of its lane`() throws {
    let lines = "GresTypes=gpu\nNodeName=DEFAULT Gres=gpu:1"
    let stage = Stage("one", fields: ["lane: gpu"], script: "true")
    try TestWorkspace.withCluster([stage], films: 4, lines: lines, gres: "Name=gpu File=/dev/null\n") {
      workspace, cluster in
      let settings = ["CPWX_SLURM_GRES": "gpu:1", "CPWX_SLURM_FLAGS": "--hold"]
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      #expect(try cluster.cpwx("run", "--detach", "--jobs", "4", environment: settings).code == 0)
      let tasks = try cluster.ask("squeue", "-h", "-r", "-o", "%F %b").split(separator: "\n")
      #expect(tasks.count == 4)
      #expect(Set(tasks).count == 1)
      #expect(tasks[0].hasSuffix("gpu:1"), "\(tasks)")
    }
  }

  @Test func `each job of the GPU lane is given GPUs of its own, and its stage is told which`() throws {
    let stage = Stage(
      "one", fields: ["lane: gpu"],
      script: """
        echo "$SLURMD_NODENAME $SLURM_JOB_GPUS $CUDA_VISIBLE_DEVICES" > "$1/given"
        touch begun.$CPWX_JOB_ID
        until test -e open; do sleep 0.05; done
        """)
    let lines = "GresTypes=gpu\nNodeName=DEFAULT Gres=gpu:2"
    let gres = "Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n"
    try TestWorkspace.withCluster([stage], films: 6, lines: lines, gres: gres) { workspace, cluster in
      let run = try cluster.startCPWX("run", environment: ["CPWX_SLURM_GRES": "gpu:1"])
      #expect(eventually { workspace.count("begun.") == 6 })
      let given = try workspace.jobs.map { try workspace.read($0 + "/given") }
      #expect(given.sorted() == ["n1 0 0\n", "n1 1 1\n", "n2 0 0\n", "n2 1 1\n", "n3 0 0\n", "n3 1 1\n"])
      try workspace.write("open", "")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 6])
    }
  }

  @Test func `settings of config/.env reach sbatch as they stand`() throws {
    let lines = "GresTypes=gpu\nPartitionName=high Nodes=ALL"
    let stage = Stage("one", fields: ["lane: gpu"], script: "true")
    try TestWorkspace.withCluster([stage], films: 1, lines: lines) { workspace, cluster in
      // The real sbatch, and what it was asked.
      try workspace.write("bin/sbatch", "#!/bin/sh\necho \"$*\" >> asked\nexec /usr/bin/sbatch \"$@\"\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/sbatch"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      let settings = [
        "CPWX_SLURM_PARTITION=high", "CPWX_SLURM_ACCOUNT=films", "CPWX_SLURM_QOS=night", "CPWX_SLURM_GRES=gpu:0",
        "CPWX_SLURM_FLAGS=--nice=3 --time=5",
      ]
      try workspace.write("config/.env", (["EXECUTOR=slurm"] + settings).map { $0 + "\n" }.joined())
      let outcome = try cluster.cpwx("run", environment: ["PATH": path])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let asked = try workspace.read("asked").split(separator: "\n").filter { $0.contains("--nodes=1") }
      #expect(asked.count == 2, "\(asked)")
      for line in asked {
        for word in ["--partition=high", "--account=films", "--qos=night", "--gres=gpu:0", "--nice=3", "--time=5"] {
          #expect(line.split(separator: " ").contains { $0 == word }, "\(line)")
        }
      }
      #expect(try cluster.ask("squeue", "-h", "-t", "all", "-o", "%P %a %l") == "high films 5:00")
    }
  }

  @Test func `folders of jobs, logs and state may have names that begin as options do`() throws {
    let config = ["EXECUTOR=slurm", "OUTPUT_ROOT=-out", "LOG_ROOT=-logs"]
    try TestWorkspace.with([.making("one")], config: config, named: "-'films' $x") { workspace in
      try workspace.film("-Film (2001).mp4")
      let cluster = try SlurmCluster(workspace, "")
      let outcome = try cluster.cpwx("run", environment: ["CPWX_STATE": "-state"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.runs == ["one"])
      #expect(workspace.tree("-state/cluster") == [])
      #expect(workspace.tree("-out").count { $0.hasSuffix("/manifest.json") } == 1)
    }
  }

  @Test func `folders may have percent signs in their names, and of a backslash is said what to do`() throws {
    for (name, code) in [("100%j films", 0), ("back\\slash", 78)] as [(String, Int32)] {
      try TestWorkspace.with([.making("one")], config: ["EXECUTOR=slurm"], named: name) { workspace in
        try workspace.film()
        let cluster = try SlurmCluster(workspace, "")
        let outcome = try cluster.cpwx("run")
        #expect(outcome.code == code, "\(outcome.errors)")
        #expect(workspace.jobs.count == (code == 0 ? 1 : 0))
        guard code == 78 else { return }
        #expect(outcome.errors.contains("LOG_ROOT"))
        let logs = "LOG_ROOT=" + (workspace.root as NSString).deletingLastPathComponent + "/logs%a"
        try workspace.write("config/.env", "EXECUTOR=slurm\n" + logs + "\n")
        let elsewhere = try cluster.cpwx("run")
        #expect(elsewhere.code == 0, "\(elsewhere.errors)")
      }
    }
  }

  @Test
  func `a job that a script has no room for begins the next one, and one that none has room for is refused alone`()
    throws
  {
    let usual = "SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0,bf_interval=1"
    for (room, sizes) in [(2, [2, 2, 1]), (0, [])] {
      let stage = Stage.making("one")
      try TestWorkspace.with([stage], config: ["EXECUTOR=slurm"]) { workspace in
        for number in 1...5 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
        // The script is as long for each workspace as for this one, but for its jobs.
        let first = try SlurmCluster(workspace, usual)
        _ = try first.cpwx("run", "--detach", "--max-jobs", "1", environment: ["CPWX_SLURM_FLAGS": "--hold"])
        let script = try #require(workspace.tree(".cpwx/cluster").first { $0.hasSuffix(".sh") })
        let text = try workspace.read(".cpwx/cluster/" + script)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("  'out/") }).utf8.count + 3
        try FileManager.default.removeItem(atPath: workspace.path(".cpwx"))
        try FileManager.default.removeItem(atPath: workspace.path("out"))
        let most = text.utf8.count + line * (room - 1)
        let cluster = try SlurmCluster(workspace, "\(usual),max_script_size=\(most)")
        // Only for want of room does a batch with a limit begin another array.
        let outcome = try cluster.cpwx("run", "--jobs", "5")
        let tasks = try cluster.ask("squeue", "-h", "-r", "-t", "all", "-o", "%F").split(separator: "\n")
        let counts: [Int] = Set(tasks).sorted().map { array in tasks.count { $0 == array } }
        #expect(counts == sizes, "\(tasks)")
        #expect(outcome.code == (room == 0 ? 78 : 0), "\(outcome.errors)")
        let refusals = outcome.errors.split(separator: "\n").filter { $0.contains("has no room in a script of") }
        #expect(refusals.count == (room == 0 ? 5 : 0), "\(outcome.errors)")
        #expect(try workspace.statuses() == (room == 0 ? ["pending": 5] : ["completed": 5]))
      }
    }
  }

  @Test func `while the queue is full jobs are followed, and sbatch is not waited for`() throws {
    try TestWorkspace.withCluster([.waiting], films: 2) { workspace, cluster in
      // The real sbatch, of a cluster whose queue is full from the second array on until a first job is seen to have ended.
      let sbatch = """
        #!/bin/sh
        case "$*" in
          *--version*|*--test-only*) ;;
          *-2.sh) [ -e room ] || {
            echo 'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying' >&2
            sleep 20
            touch slept
          };;
        esac
        exec /usr/bin/sbatch "$@"
        """
      try workspace.write("bin/sbatch", sbatch)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/sbatch"))
      try workspace.write(
        "bin/scontrol", "#!/bin/sh\n/usr/bin/scontrol \"$@\" | sed 's/^MaxArraySize.*/MaxArraySize = 1/'\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/scontrol"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      let run = try cluster.startCPWX("run", environment: ["PATH": path])
      #expect(eventually { run.errorsSoFar.contains("the cluster's queue is full, and is waited for") })
      try workspace.write("open", "")
      #expect(eventually { run.errorsSoFar.contains("completed after ") }, "\(run.errorsSoFar)")
      try workspace.write("room", "")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(!workspace.exists("slept"))
      #expect(try workspace.statuses() == ["completed": 2])
    }
  }

  @Test func `where the site lets a user have few jobs they are handed over a few at a time`() throws {
    try TestWorkspace.withCluster([.last], films: 3) { workspace, cluster in
      // The real sbatch, on a site that takes no more than two at a time: limits of users need a database.
      let sbatch = """
        #!/bin/sh
        for word; do case "$word" in
          --array=0-[2-9]*)
            echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit'
            echo 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user'"'"'s size and/or time limits)'
            exit 1;;
        esac; done
        exec /usr/bin/sbatch "$@"
        """
      try workspace.write("bin/sbatch", sbatch)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/sbatch"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      let outcome = try cluster.cpwx("run", "--jobs", "3", environment: ["PATH": path])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("is waited for"))
      #expect(try workspace.statuses() == ["completed": 3])
    }
  }

  @Test func `a job whose place another one takes is interrupted, says so everywhere, and goes on`() throws {
    let lines = "PreemptType=preempt/partition_prio\nPreemptMode=CANCEL\nPartitionName=high Nodes=ALL PriorityTier=10"
    try TestWorkspace.withCluster([.waiting], films: 1, lines: lines) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 1 })
      _ = try cluster.ask("sbatch", "--partition=high", "--nodes=3", "--ntasks=6", "--wrap", "true")
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      try workspace.expectEverywhere(
        "interrupted", because: "the cluster ended it: another job took its place (PREEMPTED)")
      try workspace.write("open", "")
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }
}
