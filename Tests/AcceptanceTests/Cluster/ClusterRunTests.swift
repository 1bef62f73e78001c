import Foundation
import Jobs
import Testing

extension Stage {
  /// A stage that goes on until the workspace has a file `open`, and tells of its beginning by a file `begun.JOB`.
  static let waiting = Stage("one", script: "touch begun.$CPWX_JOB_ID; until test -e open; do sleep 0.05; done")
  static let last = Stage("two", script: "true")
}

/// A night on a Slurm cluster, as long as all goes well.
struct ClusterRunTests {
  @Test func `jobs are done by the cluster and told of as those of this machine, and nothing is left on it`() throws {
    var stages = [Stage.making("one"), Stage.making("two", from: ["one.out"])]
    // What is over before it is followed is not measured.
    for place in stages.indices { stages[place].script = Stage.untilFollowed + stages[place].script }
    func told(_ outcome: Outcome) throws -> [String] {
      let events = try outcome.lines.map { try JSON(parsing: Array($0.utf8)) }
      let named = events.map { event in
        ["event", "stage", "status"].compactMap { event[$0]?.string }.joined(separator: " ")
      }
      // Of stages that take less than a second they are told of where these are started.
      return named.filter { !$0.hasPrefix("stage_progress") && !$0.hasPrefix("stage_command") }
    }
    try TestWorkspace.withCluster(stages, films: 1) { workspace, cluster in
      let outcome = try cluster.cpwx("run", "--format", "ndjson")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.runs == ["one", "two"])
      #expect(try workspace.statuses() == ["completed": 1])
      #expect(try workspace.cpwx("job", "list", "--format", "csv").output.contains("completed"))
      #expect(workspace.tree(".cpwx/cluster") == [])
      #expect(workspace.tree("logs/batches").count == 1)
      #expect(try cluster.cpwx("run").code == 0)
      #expect(workspace.runs == ["one", "two"])
      let film = try workspace.film("Film 2 (2001).mp4", holding: "film 2")
      let local = try workspace.cpwx("run", "--executor", "local", "--format", "ndjson", film)
      #expect(try told(outcome) == told(local))

      // Nothing that is kept or shown of a job tells who did it.
      let batches = try [outcome, local].map { run in
        let ended = try JSON(parsing: Array(try #require(run.lines.last).utf8))
        return try #require(ended["batch_id"]?.string)
      }
      let ids = workspace.jobs.map { ($0 as NSString).lastPathComponent }
      let records = try batches.map { try JSON(parsing: workspace.bytes("logs/batches/\($0).json")) }
      let kept: [(schema: String, documents: [JSON])] = [
        ("manifest", try workspace.jobs.map { try workspace.manifest(of: $0) }),
        ("job-show", try ids.map { try workspace.json("job", "show", $0) }),
        ("report", try batches.map { try workspace.json("report", $0) }),
      ]
      for (schema, documents) in kept {
        try workspace.expectAsDocumented(documents, schema)
        #expect(documents.count == 2)
        #expect(documents[0].shape.symmetricDifference(documents[1].shape) == [], "\(schema)")
      }
      try workspace.expectAsDocumented(records, "batch-record")
      #expect(records.map { $0["executor"]?.string } == ["slurm", "local"])
      // The places in lanes are the cluster's.
      #expect(records[1].shape.symmetricDifference(records[0].shape) == [".lanes.cpu"])
      try workspace.expectAsDocumented(outcome.lines.map { try JSON(parsing: Array($0.utf8)) }, "run-event")
    }
  }

  @Test func `jobs have their numbers and their folders when they are handed over, before any task has begun`() throws {
    try TestWorkspace.withCluster([.making("one")], films: 3) { workspace, cluster in
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      let left = try cluster.cpwx("run", "--detach", "--jobs", "3", environment: ["CPWX_SLURM_FLAGS": "--hold"])
      #expect(left.code == 0, "\(left.errors)")
      #expect(try cluster.ask("squeue", "-h", "-r", "-t", "all", "-o", "%T") == "PENDING\nPENDING\nPENDING")
      #expect(workspace.runs == [])
      let jobs = workspace.jobs
      let ids = jobs.map { ($0 as NSString).lastPathComponent }
      #expect(ids.count == 3)
      for (job, id) in zip(jobs, ids) {
        #expect(try JSON(parsing: workspace.bytes(job + "/job_info.json"))["job_id"]?.string == id)
        #expect(EnvFile(try workspace.read(job + "/job.env"))["JOB_ID"] == id)
        #expect(try workspace.manifest(of: job)["job_id"]?.string == id)
      }
      #expect(try workspace.statuses() == ["pending": 3])
      // Whoever makes a job meanwhile gets another number.
      let made = try #require(try workspace.cpwx("job", "create").lines.first)
      #expect(!ids.contains(made))
      _ = try cluster.ask("scontrol", "release", try cluster.ask("squeue", "-h", "-o", "%F"))
      let outcome = try cluster.cpwx("run", "--attach")
      #expect(outcome.code == 0, "\(outcome.errors)")
      for job in jobs { #expect(try workspace.manifest(of: job)["pipeline"]?["status"]?.string == "completed") }
      #expect(workspace.jobs.count == 4)
    }
  }

  @Test func `no more jobs run at a time than were asked for, also where the cluster's arrays are small`() throws {
    let script = """
      touch "at-work.$CPWX_JOB_ID"
      ls | grep -c at-work >> counts
      sleep 0.3
      rm "at-work.$CPWX_JOB_ID"
      """
    try TestWorkspace.withCluster([Stage("one", script: script)], films: 5, lines: "MaxArraySize=3") {
      workspace, cluster in
      let outcome = try cluster.cpwx("run", "--jobs", "1")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 5])
      #expect(try workspace.read("counts") == String(repeating: "1\n", count: 5))
      let names = Set(try cluster.ask("squeue", "-h", "-t", "all", "-o", "%j").split(separator: "\n"))
      #expect(names.count == 2, "\(names)")
    }
  }

  @Test func `a task touches nothing of the workspace but its job, its logs and its env file`() throws {
    try TestWorkspace.withCluster([.making("one")], films: 2) { workspace, cluster in
      let traced = """
        #!/bin/sh
        exec strace -ff -y -e trace=%file,%desc -e signal=none -o "trace.$SLURM_ARRAY_TASK_ID" '\(CPWX.path)' "$@"

        """
      try workspace.write("traced", traced)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("traced"))
      // In one array, as a limit has it, so that each has a number of its own.
      let program = ["CPWX_SLURM_PROGRAM": workspace.path("traced")]
      let outcome = try cluster.cpwx("run", "--jobs", "2", environment: program)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let root = workspace.root + "/"
      let writing = [
        "O_WRONLY", "O_RDWR", "O_CREAT", "rename", "unlink", "symlink", "mkdir", "rmdir", "chmod", "truncate",
      ]
      for (task, job) in workspace.jobs.enumerated() {
        // A file for each thread, so that no call stands in two pieces, of which one does not tell whether it failed.
        let traces = workspace.tree().filter { $0.hasPrefix("trace.\(task).") }
        let trace = try traces.map { try workspace.read($0) }.joined(separator: "\n")
        let changes = trace.split(separator: "\n").filter { line in
          !line.contains(" = -1 ") && writing.contains { line.contains($0) }
        }
        #expect(changes.contains { $0.contains("manifest.json") })
        let id = try #require(job.split(separator: "/").last)
        let own = [
          String(job.dropFirst(root.count)), "logs/" + job.dropFirst(root.count + "out/".count),
          "config/.env.job_\(id)", "config/..env.job_\(id)", "runs", "logs/batches/",
        ]
        let others = changes.flatMap { line in
          // Names, and the folders that descriptors stand for.
          line.replacing("<" + root, with: "\"" + root).components(separatedBy: "\"" + root).dropFirst().map {
            $0.prefix { $0 != "\"" && $0 != ">" }
          }
        }.filter { place in !own.contains { place.hasPrefix($0) } }
        #expect(others.isEmpty, "\(others)")
        #expect(!trace.contains(root + ".cpwx/"))
      }
    }
  }

  @Test func `without a cluster a run says what is missing and makes no job`() throws {
    try TestWorkspace.with([Stage.last], config: ["EXECUTOR=slurm"]) { workspace in
      try workspace.film()
      let missing = try workspace.cpwx("run", environment: ["PATH": workspace.path("in")])
      #expect(missing.code == 69)
      #expect(missing.errors.contains("sbatch: not found"), "\(missing.errors)")
      try workspace.write("dead.conf", Self.dead)
      let silent = try workspace.cpwx("run", environment: ["SLURM_CONF": workspace.path("dead.conf")])
      #expect(silent.code == 69)
      #expect(silent.errors.contains("does not answer"), "\(silent.errors)")
      // Without settings of a cluster its programs do not even tell their versions.
      try workspace.write("none.conf", "")
      let none = try workspace.cpwx("run", environment: ["SLURM_CONF": workspace.path("none.conf")])
      #expect(none.code == 69)
      #expect(none.errors.contains("does not answer: sbatch: "), "\(none.errors)")
      let doctor = try workspace.cpwx("doctor", environment: ["SLURM_CONF": workspace.path("none.conf")])
      #expect(doctor.code == 1)
      #expect(doctor.output.contains("SLURM_CONF names"), "\(doctor.output)")
      #expect(!doctor.output.contains("apt-get install slurm-client"))
      #expect(workspace.jobs == [])
      // What the flag says goes before what the environment says, and that before the file.
      #expect(try workspace.cpwx("run", environment: ["EXECUTOR": "local"]).code == 0)
      #expect(
        try workspace.cpwx("run", "--force", "--executor", "local", environment: ["EXECUTOR": "nowhere"]).code == 0)
      #expect(try workspace.cpwx("run", environment: ["EXECUTOR": "nowhere"]).code == 78)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test(arguments: ["sbatch", "squeue", "scancel", "scontrol"])
  func `of the cluster's programs the one that is missing alone is named, and no job is made`(missing: String) throws {
    try TestWorkspace.with([Stage.last], config: ["EXECUTOR=slurm"]) { workspace in
      try workspace.film()
      try workspace.write("dead.conf", Self.dead)
      let script = """
        mkdir bin
        for program in sbatch squeue scancel scontrol; do ln -s "$(command -v $program)" bin/$program; done
        rm "bin/$1"
        """
      try #require(try workspace.start(["sh", "-ec", script, "sh", missing]).wait().code == 0)
      let outcome = try workspace.cpwx(
        "run", environment: ["PATH": workspace.path("bin"), "SLURM_CONF": workspace.path("dead.conf")])
      #expect(outcome.code == 69, "\(outcome.errors)")
      #expect(outcome.errors.contains("\(missing): not found in PATH"), "\(outcome.errors)")
      #expect(workspace.jobs == [])
    }
  }

  /// Settings of a cluster whose controller does not answer.
  private static let dead = """
    ClusterName=dead
    SlurmctldHost=\(ProcessInfo.processInfo.hostName.prefix { $0 != "." })(127.0.0.1)
    SlurmctldPort=9
    AuthType=auth/none
    NodeName=n1 NodeAddr=127.0.0.1
    PartitionName=main Nodes=ALL

    """

  @Test func `the doctor looks at the cluster where jobs are to be done by one`() throws {
    func checks(_ outcome: Outcome) throws -> [String: String] {
      let found = try JSON(parsing: Array(outcome.output.utf8)).array ?? []
      return Dictionary(
        found.map { ($0["check"]?.string ?? "", $0["status"]?.string ?? "") }, uniquingKeysWith: { $1 })
    }
    try TestWorkspace.withCluster([.last], films: 1) { workspace, cluster in
      let found = try checks(cluster.cpwx("doctor", "--format", "json"))
      let own = ["sbatch", "squeue", "scontrol", "scancel", "slurm controller"]
      #expect(own.map { found[$0] } == own.map { _ in "ok" })
      try cluster.stopController()
      #expect(try checks(cluster.cpwx("doctor", "--format", "json"))["slurm controller"] == "error")
      let local = try cluster.cpwx("doctor", "--format", "json", "--executor", "local")
      #expect(try checks(local)["sbatch"] == nil)
    }
  }

  @Test func `what the cluster refuses leaves the jobs as they were made to the next run`() throws {
    try TestWorkspace.withCluster([.last], films: 1) { workspace, cluster in
      // The real sbatch, asked for what there is not once the test was passed.
      let sbatch = """
        #!/bin/sh
        case "$*" in *--version*|*--test-only*) exec /usr/bin/sbatch "$@";; esac
        exec /usr/bin/sbatch --partition=nowhere "$@"
        """
      try workspace.write("bin/sbatch", sbatch)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/sbatch"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      let outcome = try cluster.cpwx("run", environment: ["PATH": path])
      #expect(outcome.code == 78)
      #expect(outcome.errors.contains("did not take the jobs"), "\(outcome.errors)")
      #expect(try workspace.statuses() == ["pending": 1])
      #expect(workspace.tree(".cpwx/cluster") == [])
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `a queue that is full is waited for`() throws {
    try TestWorkspace.withCluster([.last], films: 5, lines: "MaxJobCount=4\nMinJobAge=2") { workspace, cluster in
      let outcome = try cluster.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 5])
    }
  }

  @Test func `what the cluster would never take is said before a job is made`() throws {
    try TestWorkspace.withCluster([.last], films: 1) { workspace, cluster in
      let elsewhere = try cluster.cpwx("run", environment: ["CPWX_SLURM_PARTITION": "nowhere"])
      #expect(elsewhere.code == 78)
      #expect(elsewhere.errors.contains("nowhere"), "\(elsewhere.errors)")
      let large = try cluster.cpwx("run", environment: ["CPWX_SLURM_FLAGS": "--cpus-per-task=64"])
      #expect(large.code == 78)
      #expect(workspace.jobs == [])
    }
  }
}
