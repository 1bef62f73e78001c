import Foundation
import Jobs
import Synchronization
import Testing

/// Batches that are killed at any moment, stages that are, and both.
struct KilledNightTests {
  /// Takes its time, and notes its end only when it comes to it.
  private static func working(_ name: String, lane: String, from inputs: [String]) -> Stage {
    Stage(
      name, inputs: inputs, outputs: ["\(name).out"], fields: ["lane: \(lane)"],
      script: "sleep 0.0$(( $$ % 5 )); echo \(name) > \"$1/\(name).out\"; echo \"$CPWX_JOB_ID \(name)\" >> ended")
  }

  @Test func `one more run finishes everything, each film once, whatever was killed when`() throws {
    let stages = [
      Self.working("a", lane: "cpu", from: []), Self.working("b", lane: "gpu", from: ["a.out"]),
      Self.working("c", lane: "cpu", from: ["b.out"]),
    ]
    let found = Mutex<(kills: Int, troubles: [String])>((0, []))
    // Workspaces side by side, several nights in each, and what one night leaves is killed again in the next.
    DispatchQueue.concurrentPerform(iterations: 10) { number in
      do {
        let (kills, troubles) = try TestWorkspace.with(stages) { try Self.nights(20, in: $0, from: number) }
        found.withLock { found in
          found.kills += kills
          found.troubles += troubles
        }
      } catch {
        found.withLock { $0.troubles.append("\(error)") }
      }
    }
    let (kills, troubles) = found.withLock { $0 }
    #expect(troubles == [])
    #expect(kills > 50, "the kills came in time to hurt")
  }

  /// Kills what runs in so many nights, at any moment, and lets one more run follow on each fourth.
  ///
  /// - Returns: how many runs were killed, and everything that is not as it should be.
  private static func nights(
    _ count: Int, in workspace: TestWorkspace, from first: Int
  ) throws -> (kills: Int, troubles: [String]) {
    var kills = 0
    var troubles: [String] = []
    var finished = Finished()
    // How long a run takes here, in seconds: what is killed later is never hurt.
    var length = 0.5
    for night in 0..<count {
      for name in ["x", "y"] { try workspace.film("\(night)\(name).mp4", holding: "\(night)\(name)") }
      let run = try workspace.startCPWX("run", "-q", "--attempts", "1000")
      usleep(UInt32(Double.random(in: 0...length) * 1_000_000))
      let victims = (night + first) % 3
      if victims != 1 { run.send(SIGKILL) }
      if victims != 0 { for stage in workspace.stageProcesses() { kill(stage, SIGKILL) } }
      let outcome = try run.wait()
      if outcome.code == 0 { length = outcome.seconds } else { kills += 1 }
      finished.look(in: workspace)
      guard night % 4 == 3 else { continue }
      let next = try workspace.cpwx("run", "-q", "--attempts", "1000")
      if next.code != 0 { troubles.append("night \(night): \(next.code ?? -1) \(next.errors.suffix(300))") }
    }
    let jobs = workspace.jobs
    troubles += try finished.redone(in: workspace).map { "\($0) was done again" }
    if jobs.count != 2 * count { troubles.append("\(jobs.count) jobs of \(2 * count) films") }
    if Set(jobs.map { ($0 as NSString).lastPathComponent }).count != jobs.count { troubles.append("an id twice") }
    for job in jobs {
      let manifest = try workspace.manifest(of: job)
      let isDone = manifest["stages"]?.object?.members.allSatisfy { $0.value["status"]?.string == "success" } == true
      if !isDone || manifest["pipeline"]?["status"]?.string != "completed" { troubles.append("\(job) is not done") }
    }
    if !workspace.stageProcesses().isEmpty { troubles.append("a stage is left") }
    if workspace.tree("config").contains(where: { $0.contains("job_") }) { troubles.append("an env file is left") }
    if try workspace.cpwx("run", "-q").code != 0 { troubles.append("a run with nothing to do fails") }
    return (kills, troubles)
  }

  /// The stages that were recorded as done, as `JOB STAGE`, and how often each had come to its end by then.
  private struct Finished {
    private var ends: [String: Int] = [:]
    private var whole: Set<String> = []

    mutating func look(in workspace: TestWorkspace) {
      let now = Self.ends(in: workspace)
      for job in workspace.jobs where !whole.contains(job) {
        // A run that was killed early has made the folder alone.
        guard let stages = (try? workspace.manifest(of: job))?["stages"]?.object?.members else { continue }
        let done = stages.filter { $0.value["status"]?.string == "success" }.map(\.name)
        for stage in done.map({ "\((job as NSString).lastPathComponent) \($0)" }) where ends[stage] == nil {
          ends[stage] = now[stage] ?? 0
        }
        if done.count == 3 { whole.insert(job) }
      }
    }

    /// Those that have come to their end again since.
    func redone(in workspace: TestWorkspace) throws -> [String] {
      let now = Self.ends(in: workspace)
      try #require(!ends.isEmpty && ends.values.allSatisfy { $0 > 0 })
      return ends.filter { now[$0.key] != $0.value }.map(\.key).sorted()
    }

    private static func ends(in workspace: TestWorkspace) -> [String: Int] {
      let lines = ((try? workspace.read("ended")) ?? "").split(separator: "\n").map { (String($0), 1) }
      return Dictionary(lines, uniquingKeysWith: +)
    }
  }
}
