import Foundation
import Jobs
import Synchronization
import Testing

/// kill -9 at any moment leaves what the next run finishes by itself.
struct KillTests {
  /// Five stages; one of them has children that ignore TERM and sit in sessions of their own while it works.
  private static let stages: [Stage] = [
    .making("one", from: ["{input}"]),
    Stage(
      "two", inputs: ["one.out"], outputs: ["two.out"], fields: ["grace: 0.2s"],
      script: """
        trap '' TERM
        sleep 50 & near=$!
        setsid sleep 50 & far=$!
        sleep 0.08
        kill -9 $near $far
        echo two > "$1/two.out"
        """),
    .making("three", from: ["two.out"]),
    .making("four", from: ["one.out"]),
    .making("five", from: ["three.out", "four.out"]),
  ]

  @Test(arguments: 1...25)
  func `whenever cpwx is killed, one more run finishes the one job and leaves nothing behind`(round: Int)
    throws
  {
    let delays = [Double.random(in: 0.02...0.4), Double.random(in: 0.02...0.4)]
    let killsStages = Bool.random()
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.film()
      for delay in delays {
        let run = try workspace.startCPWX("run", "-q")
        usleep(UInt32(delay * 1_000_000))
        run.send(SIGKILL)
        try run.wait()
        if killsStages { for pid in workspace.stageProcesses() { kill(pid, SIGKILL) } }
      }
      let finished = Self.succeeded(workspace)
      let before = workspace.runs
      let last = try workspace.cpwx("run")
      let moment: Comment = "killed after \(delays), stages too: \(killsStages)\n\(last.errors)"

      #expect(last.code == 0, moment)
      #expect(workspace.jobs.count == 1, moment)
      let redone = workspace.runs.dropFirst(before.count).filter { finished.contains($0) }
      #expect(redone.isEmpty, moment)
      let job = try workspace.job()
      let stages = try workspace.manifest()["stages"]?.object?.members ?? []
      #expect(stages.map(\.name) == ["one", "two", "three", "four", "five"], moment)
      #expect(stages.allSatisfy { $0.value["status"]?.string == "success" }, moment)
      #expect(workspace.exists(job + "/job.env"), moment)
      #expect(workspace.stageProcesses().isEmpty, moment)
      let leftovers = workspace.tree().filter { $0.contains(".tmp") || $0.contains("config/.env.job") }
      #expect(leftovers.isEmpty, moment)
    }
  }

  /// The stages of the newest job whose records say success.
  private static func succeeded(_ workspace: TestWorkspace) -> Set<String> {
    guard let job = workspace.jobs.last, let manifest = try? workspace.manifest(of: job) else { return [] }
    let members = manifest["stages"]?.object?.members ?? []
    return Set(members.filter { $0.value["status"]?.string == "success" }.map(\.name))
  }

  @Test func `what a killed batch left beside its record goes with the next run, also with one that has nothing to do`()
    throws
  {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      // No process has this number.
      let left = "logs/batches/.20260101-010000-9.json.tmp-4194305-1"
      try workspace.write(left, "{")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one"])
      #expect(!workspace.exists(left))
    }
  }

  @Test func `what a killed run left at work is ended by the next one`() throws {
    let stage = Stage(
      "slow", outputs: ["slow.out"], fields: ["grace: 0.2s"],
      script: """
        trap '' TERM
        if ! test -e open; then
          setsid sleep 777 &
          (setsid sh -c 'trap "" TERM; sleep 777; sleep 777' &)
          touch begun
          sleep 777
        fi
        echo done > "$1/slow.out"
        """)
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(
        eventually { workspace.exists("begun") && workspace.stageProcesses().count >= 4 }, "\(first.errorsSoFar)")
      // The stage begins while its record is on the way to the disk.
      let isRecorded = try eventually { try workspace.cpwx("job", "list").output.contains("running") }
      #expect(isRecorded, "\(first.errorsSoFar)")
      first.send(SIGKILL)
      try first.wait()
      #expect(workspace.stageProcesses().count >= 4)
      var listed: Outcome?
      let isNoticed = try eventually {
        listed = try workspace.cpwx("job", "list")
        return listed?.output.contains("interrupted") == true
      }
      let manifest = try workspace.manifest().text()
      #expect(isNoticed, "\(String(describing: listed)), while the disk says \(manifest)")
      for show in ["job", "manifest"] {
        let shown = try workspace.cpwx(show, "show", "latest").output
        #expect(shown.contains("slow   interrupted") && !shown.contains("running"), "\(shown)")
      }
      try workspace.write("open", "")
      let second = try workspace.cpwx("run")
      #expect(second.code == 0, "\(second.errors)")
      #expect(second.errors.contains("slow runs again: it was interrupted"), "\(second.errors)")
      #expect(workspace.stageProcesses().isEmpty)
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a stage that began before its record was in place is ended by the next run, and done once`() throws {
    let stage = Stage(
      "slow", outputs: ["slow.out"], fields: ["grace: 0.2s"],
      script: "if ! test -e open; then touch begun; sleep 777; fi; echo done > \"$1/slow.out\"")
    let isFound = try Self.findStep { step in
      try TestWorkspace.with([stage]) { workspace -> Death in
        try workspace.film()
        try workspace.cpwx("run", "-q", environment: ["CPWX_FAULT_STEP": "\(step)"])
        if workspace.stageProcesses().isEmpty { return .before }
        if try workspace.manifest()["stages"]?["slow"] != nil { return .behind }
        #expect(eventually { workspace.exists("begun") })
        #expect(try workspace.cpwx("job", "list").output.contains("pending"))
        #expect(!workspace.stageProcesses().isEmpty)
        try workspace.write("open", "")
        let outcome = try workspace.cpwx("run")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("ended processes that an earlier run had left behind"))
        #expect(workspace.stageProcesses().isEmpty)
        #expect(workspace.jobs.count == 1)
        #expect(workspace.exists(try workspace.job() + "/slow.out"))
        return .found
      }
    }
    #expect(isFound)
  }

  @Test func `a stage that took a while is recorded before the next begins, and not redone after a kill between them`()
    throws
  {
    let slow = Stage("slow", outputs: ["slow.out"], script: "sleep 1.1; echo slow > \"$1/slow.out\"")
    let isFound = try Self.findStep { step in
      try TestWorkspace.with([slow, .making("next", from: ["slow.out"])]) { workspace -> Death in
        try workspace.film()
        let isKilled = try workspace.cpwx("run", "-q", environment: ["CPWX_FAULT_STEP": "\(step)"]).signal == SIGKILL
        if isKilled, Self.succeeded(workspace).isEmpty { return .before }
        // One that has just begun may not have come to note it.
        if !isKilled || !workspace.stageProcesses().isEmpty || workspace.runs != ["slow"] { return .behind }
        #expect(try workspace.manifest()["stages"]?["next"] == nil)
        let outcome = try workspace.cpwx("run")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(workspace.runs == ["slow", "next"])
        return .found
      }
    }
    #expect(isFound)
  }

  /// Where a run has died, seen from where it is to die.
  private enum Death {
    case before, found, behind
  }

  /// Has runs die at one step after the other until one has died in the right place.
  ///
  /// A run tells of itself while it works, now and then, which are steps as well: two runs that die at the same one need not
  /// have come equally far. Where that place was missed, it is gone back to.
  private static func findStep(_ look: (_ step: Int) throws -> Death) rethrows -> Bool {
    var step = 30
    for _ in 1...120 {
      switch try look(step) {
      case .before: step += 1
      case .behind: step -= 3
      case .found: return true
      }
    }
    return false
  }

  @Test func `killed at any step of a run, the next one completes the one job and leaves nothing behind`() throws {
    let steps = Mutex<(deaths: Int, troubles: [String])>((0, []))
    // Side by side, each its own steps, until a run gets through.
    DispatchQueue.concurrentPerform(iterations: 4) { first in
      var step = first + 1
      do {
        while let troubles = try Self.troubles(killedAt: step) {
          steps.withLock { steps in
            steps.deaths += 1
            steps.troubles += troubles.map { "step \(step): \($0)" }
          }
          step += 4
        }
      } catch {
        steps.withLock { $0.troubles.append("step \(step): \(error)") }
      }
    }
    let (deaths, troubles) = steps.withLock { $0 }
    #expect(troubles == [])
    #expect(deaths > 40, "only \(deaths) steps")
  }

  /// What is not as it should be after a run that dies at that step, and one more; `nil` if it did not come to it.
  private static func troubles(killedAt step: Int) throws -> [String]? {
    try TestWorkspace.with([.making("one", from: ["{input}"]), .making("two", from: ["one.out"])]) { workspace in
      try workspace.film()
      let first = try workspace.cpwx("run", "-q", environment: ["CPWX_FAULT_STEP": "\(step)"])
      guard first.signal == SIGKILL else { return nil }
      var troubles: [String] = []
      let finished = Self.succeeded(workspace)
      let runs = workspace.runs
      let last = try workspace.cpwx("run")
      if last.code != 0 { troubles.append("\(last.code ?? -1): \(last.errors)") }
      if workspace.jobs.count != 1 { troubles.append("jobs: \(workspace.jobs)") }
      if Self.succeeded(workspace) != ["one", "two"] { troubles.append("stages: \(Self.succeeded(workspace))") }
      let redone = workspace.runs.dropFirst(runs.count).filter { finished.contains($0) }
      if !redone.isEmpty { troubles.append("redone: \(redone)") }
      let listed = try JSON(parsing: try workspace.cpwx("job", "list", "--format", "json").output.utf8).array ?? []
      let rows = listed.map { "\($0["job_id"]?.string ?? "") \($0["status"]?.string ?? "")" }
      let id = workspace.jobs.last.map { ($0 as NSString).lastPathComponent } ?? ""
      if rows != ["\(id) completed"] { troubles.append("listed: \(rows)") }
      let leftovers = workspace.tree().filter { $0.contains(".tmp") || $0.contains("config/.env.job") }
      if !leftovers.isEmpty { troubles.append("left: \(leftovers)") }
      if !workspace.stageProcesses().isEmpty { troubles.append("a stage is left") }
      return troubles
    }
  }
}
