import Foundation
import Jobs
import Synchronization
import Testing

/// A Slurm cluster of three nodes with two processors each, all on this machine: a real controller and real daemons, of
/// one test alone.
final class SlurmCluster {
  private let workspace: TestWorkspace
  private let folder: String
  /// Whether its tasks are in cgroups, which nobody else takes away.
  private let isContained: Bool
  private static let nodes = ["n1", "n2", "n3"]

  /// Starts one, for the time of the test.
  ///
  /// - Parameters:
  ///   - lines: more lines of its configuration; one of the kind of tasks, of what is given out, of the scheduler, of the
  ///     time in which a node has to answer or of the nodes' memory takes the place of the usual.
  ///   - cgroup: its cgroup.conf, where tasks are to be kept within what they ask for.
  ///   - gres: its gres.conf.
  init(_ workspace: TestWorkspace, _ lines: String, cgroup: String? = nil, gres: String? = nil) throws {
    self.workspace = workspace
    isContained = cgroup != nil
    // Its sockets' paths have room for few bytes.
    folder = "/tmp/cpwx-slurm-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let replaced = ["TaskPlugin=", "SelectTypeParameters=", "SchedulerParameters=", "SlurmdTimeout="].filter {
      lines.contains($0)
    }
    let usual = Self.configuration(folder, try Self.freePort()).split(separator: "\n").filter { line in
      !replaced.contains { line.hasPrefix($0) }
    }
    // What is said of all nodes stands before them.
    let text = lines + "\n" + usual.joined(separator: "\n") + "\n"
    let memory = lines.contains("RealMemory=") ? "" : " RealMemory=2000"
    try cgroup?.write(toFile: folder + "/cgroup.conf", atomically: true, encoding: .utf8)
    try gres?.write(toFile: folder + "/gres.conf", atomically: true, encoding: .utf8)
    try text.replacing(" RealMemory=2000", with: memory).write(toFile: configuration, atomically: true, encoding: .utf8)
    workspace.atEnd { [self] in stop() }
    try startController("-i")
    for node in Self.nodes { try start(node) }
    #expect(try eventually { try ask("sinfo", "-h", "-t", "idle", "-o", "%D") == "3" })
  }

  /// Has a node be taken for dead soon, where one is to die: on a busy machine a living one may take as long to answer.
  static let losesNodesSoon = "SlurmdTimeout=5"

  /// What a program needs to find it.
  var environment: [String: String] { ["SLURM_CONF": configuration] }
  private var configuration: String { folder + "/slurm.conf" }

  /// It answers on return.
  ///
  /// - Parameter options: `-i` where there is nothing yet that it could go on with, `-c` where it is to forget all.
  func startController(_ options: String...) throws {
    let outcome = try workspace.start(["slurmctld", "-f", configuration] + options).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
    try #require(try eventually { try ask("scontrol", "ping").contains(" is UP") })
  }

  func stopController() throws { try end("ctld.pid", SIGTERM) }

  /// Has the controller be gone as when the power goes, once it has written down what it knows: it does so every few seconds.
  func killController() throws {
    for array in Set(try ask("squeue", "-h", "-o", "%F").split(separator: "\n")) {
      let mark = "written-\(array)"
      _ = try ask("scontrol", "update", "JobId=\(array)", "Comment=\(mark)")
      let isWritten = eventually {
        FileManager.default.contents(atPath: folder + "/job_state")?.range(of: Data(mark.utf8)) != nil
      }
      try #require(isWritten)
    }
    try end("ctld.pid", SIGKILL)
  }

  func start(_ node: String) throws {
    let outcome = try workspace.startAsRoot(["slurmd", "-f", configuration, "-N", node]).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
  }

  /// Kills a node's daemon; the tasks that it has begun go on.
  func kill(_ node: String) throws { try end("slurmd.\(node).pid", SIGKILL) }

  /// Has a node with its only task be gone at once, as when its power goes.
  func killTask(on node: String) throws {
    let task = try ask("squeue", "-h", "-o", "%A")
    try kill(node)
    let script = """
      # Other tests' clusters number their tasks from 1, too.
      for process in /proc/[0-9]*; do
        case "$(readlink "$process/cwd")" in "$3"*) ;; *) continue; esac
        case "$(tr '\\0' ' ' < "$process/cmdline")" in "slurmstepd: [$1."*) kill -9 "${process#/proc/}"; esac
      done 2>/dev/null
      for process in /proc/[0-9]*; do
        tr '\\0' '\\n' < "$process/environ" | grep -qx "SLURM_CONF=$2" || continue
        tr '\\0' '\\n' < "$process/environ" | grep -qx "SLURM_JOB_ID=$1" && all="$all ${process#/proc/}"
      done 2>/dev/null
      # All at once: none is to record the end of another.
      kill -STOP $all; kill -9 $all
      true
      """
    try workspace.startAsRoot(["sh", "-c", script, "sh", task, configuration, folder]).wait()
  }

  /// What one of its programs answers.
  func ask(_ command: String...) throws -> String {
    try workspace.start(command, environment: environment).wait().output
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs cpwx to its end.
  func cpwx(
    _ arguments: String..., environment more: [String: String] = [:], atMost seconds: Double = 300
  ) throws -> Outcome {
    try workspace.start([CPWX.path] + arguments, environment: environment.merging(more) { $1 }).wait(atMost: seconds)
  }

  func startCPWX(_ arguments: String..., environment more: [String: String] = [:]) throws -> Program {
    try workspace.start([CPWX.path] + arguments, environment: environment.merging(more) { $1 })
  }

  private func end(_ pidFile: String, _ signal: Int32) throws {
    let text = try String(contentsOfFile: "\(folder)/\(pidFile)", encoding: .utf8)
    let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    try workspace.startAsRoot(["kill", "-\(signal)", "\(pid)"]).wait()
    #expect(eventually { !Self.isAlive(pid) })
  }

  private static func isAlive(_ pid: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    return !status.isEmpty && !status.contains("State:\tZ")
  }

  private func stop() {
    _ = try? ask("scancel", "--state=RUNNING,PENDING", "--me")
    for file in ["ctld.pid"] + Self.nodes.map({ "slurmd.\($0).pid" }) {
      if FileManager.default.fileExists(atPath: "\(folder)/\(file)") { try? end(file, SIGKILL) }
    }
    // What a dead daemon has begun would tell a controller for long that is gone.
    let script = """
      for process in /proc/[0-9]*; do
        case "$(readlink "$process/cwd")" in "$1"*) kill -9 "${process#/proc/}";; esac
      done
      rm -rf "$1"
      [ -z "$2" ] || find /sys/fs/cgroup -depth -type d -path '*/slurm_n[1-3]*' -exec rmdir {} + 2>/dev/null
      """
    _ = try? workspace.startAsRoot(["sh", "-c", script, "sh", folder, isContained ? "cgroups" : ""]).wait()
  }

  /// Those that were given to clusters of these tests, which listen at them a while later.
  private static let given = Mutex<Set<Int>>([])

  /// The first of four ports in a row, for the controller and the nodes.
  private static func freePort() throws -> Int {
    let free = (0..<200).lazy.map { _ in Int.random(in: 2000...3000) * 10 }.first { port in
      (0..<4).allSatisfy { canListen(on: port + $0) } && given.withLock { $0.insert(port).inserted }
    }
    return try #require(free)
  }

  private static func canListen(on port: Int) -> Bool {
    // Closed in the programs that other tests start meanwhile: one of them would keep the port.
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func configuration(_ folder: String, _ port: Int) -> String {
    let host = ProcessInfo.processInfo.hostName.prefix { $0 != "." }
    return """
      ClusterName=t\(port)
      SlurmctldHost=\(host)(127.0.0.1)
      SlurmUser=\(NSUserName())
      AuthType=auth/none
      CredType=cred/none
      AuthInfo=cred_expire=5
      SlurmctldPort=\(port)
      CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
      StateSaveLocation=\(folder)
      SlurmdSpoolDir=\(folder)/spool.%n
      SlurmctldPidFile=\(folder)/ctld.pid
      SlurmdPidFile=\(folder)/slurmd.%n.pid
      SlurmctldLogFile=\(folder)/ctld.log
      SlurmdLogFile=\(folder)/slurmd.%n.log
      ProctrackType=proctrack/linuxproc
      TaskPlugin=task/none
      MpiDefault=none
      PropagateResourceLimits=NONE
      SelectType=select/cons_tres
      SelectTypeParameters=CR_CPU
      SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0,bf_interval=1
      ReturnToService=2
      SlurmdTimeout=300
      BatchStartTimeout=300
      KillWait=5
      SlurmdParameters=config_overrides
      NodeName=n[1-3] NodeHostname=\(host) NodeAddr=127.0.0.1 Port=[\(port + 1)-\(port + 3)] CPUs=2 RealMemory=2000
      PartitionName=main Nodes=ALL Default=YES

      """
  }
}

extension TestWorkspace {
  /// A workspace with some films, and a cluster for it.
  static func withCluster(
    _ stages: [Stage], films: Int, lines: String = "", cgroup: String? = nil, gres: String? = nil,
    body: (TestWorkspace, SlurmCluster) throws -> Void
  ) throws {
    try with(stages, config: ["EXECUTOR=slurm"]) { workspace in
      for number in 1...films { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      try body(workspace, SlurmCluster(workspace, lines, cgroup: cgroup, gres: gres))
    }
  }

  /// Whether the only job is told to stand so, and why, by its manifest, by the index and by the report.
  func expectEverywhere(
    _ status: String, because reason: String, at line: SourceLocation = #_sourceLocation
  ) throws {
    let manifest = try manifest()["pipeline"]
    #expect(manifest?["status"]?.string == status, sourceLocation: line)
    #expect(manifest?["error"]?.string == reason, sourceLocation: line)
    // Before any command is asked: each compares the index with the files first.
    let row = try start(["sqlite3", "-readonly", ".cpwx/index.sqlite", "SELECT status, error FROM jobs"]).wait()
    #expect(row.lines == ["\(status)|\(reason)"], "\(row.errors)", sourceLocation: line)
    for command in [["job", "show", "latest"], ["report"]] {
      let told = try start([CPWX.path] + command + ["--format", "json"]).wait().output
      let document = try JSON(parsing: Array(told.utf8))
      let job = document["jobs"]?.array?.first ?? document
      #expect((job["status"] ?? job["outcome"])?.string == status, "\(told)", sourceLocation: line)
      #expect(told.contains(reason), "\(told)", sourceLocation: line)
    }
  }

  /// How many of the workspace's jobs stand in each status.
  func statuses() throws -> [String: Int] {
    Dictionary(
      try jobs.map { (try manifest(of: $0)["pipeline"]?["status"]?.string ?? "none", 1) }, uniquingKeysWith: +)
  }

  /// Whether so many tasks come to be told to end, which their nodes note in what the tasks say, and to hand that on.
  func toldToEnd(_ count: Int) -> Bool {
    let isTold = eventually {
      let logs = tree("logs/batches").filter { $0.hasSuffix(".log") }
      return logs.count { (try? read("logs/batches/" + $0))?.contains("CANCELLED AT") == true } == count
    }
    // From the task's shell to its cpwx, on a machine that does much else.
    usleep(2_000_000)
    return isTold
  }

  /// How many files there are in the workspace's folder whose names begin so.
  func count(_ prefix: String) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).count { $0.hasPrefix(prefix) }
  }
}
