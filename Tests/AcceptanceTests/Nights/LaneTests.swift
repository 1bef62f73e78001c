import Foundation
import Jobs
import Testing

/// Stages of several films side by side, each in its lane.
struct LaneTests {
  /// Notes in `use`, one line a moment, how many of its lane run then; for a while, from when `condition` was first true.
  private static func counted(_ name: String, lane: String, once condition: String) -> Stage {
    Stage(
      name, fields: ["lane: \(lane)"],
      script: """
        mkdir -p busy/\(lane); touch "busy/\(lane)/$CPWX_JOB_ID"
        until test -e met-\(lane) || \(condition); do sleep 0.02; done
        touch met-\(lane)
        for i in 1 2 3 4 5 6; do ls busy/\(lane) | wc -l >> use-\(lane); sleep 0.05; done
        rm "busy/\(lane)/$CPWX_JOB_ID"
        """)
  }

  private func use(_ workspace: TestWorkspace, _ lane: String) throws -> [Int] {
    try workspace.read("use-\(lane)").split(separator: "\n").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
  }

  @Test func `overlap as declared, and no lane is ever over its size, in one run and across two`() throws {
    // However long the disk takes for a job: two prepare at once, and one waits while another listens.
    let stages = [
      Self.counted("prepare", lane: "cpu", once: "test $(ls busy/cpu | wc -l) -ge 2"),
      Self.counted("listen", lane: "gpu", once: "ls .cpwx/lanes/gpu | grep -q wait"),
    ]
    try TestWorkspace.with(stages) { workspace in
      for folder in ["in/a", "in/b"] {
        for number in 1...3 {
          try workspace.film("\(folder.dropFirst(3))/\(number).mp4", holding: folder + "\(number)")
        }
      }
      let runs = try ["in/a", "in/b"].map { try workspace.startCPWX("run", $0, "--lane", "cpu=2", "--lane", "gpu=1") }
      for run in runs { #expect(try run.wait().code == 0) }
      let (cpu, gpu) = (try use(workspace, "cpu"), try use(workspace, "gpu"))
      #expect(cpu.count == 36 && gpu.count == 36)
      #expect(cpu.max() == 2, "two at a time, and never three")
      #expect(gpu.max() == 1)
      #expect(workspace.jobs.count == 6)
      let waited = try workspace.jobs.map { try workspace.manifest(of: $0)["stages"]?["listen"] }
      #expect(waited.allSatisfy { $0?["lane"]?.string == "gpu" })
      #expect(waited.contains { ($0?["waited_seconds"]?.double ?? 0) > 0.2 })
    }
  }

  @Test func `a place is free again when its holder is killed`() throws {
    let slow = Stage("slow", fields: ["lane: gpu"], script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      let first = try workspace.startCPWX("run", "in/a.mp4")
      #expect(eventually { workspace.exists("begun") })
      try workspace.film("b.mp4", holding: "b")
      let second = try workspace.startCPWX("run", "in/b.mp4", "--format", "ndjson")
      #expect(eventually { second.outputSoFar.contains("stage_waiting") })
      first.send(SIGKILL)
      try workspace.write("open", "")
      #expect(try second.wait().code == 0)
    }
  }

  @Test func `who waits longest goes first, whoever else comes`() throws {
    let slow = Stage(
      "slow", fields: ["lane: gpu"],
      script: "echo \"$CPWX_TEST_NAME\" >> order; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow]) { workspace in
      var runs: [Program] = []
      for name in ["first", "second", "third", "fourth"] {
        try workspace.film("\(name)/film.mp4", holding: name)
        let run = try workspace.startCPWX(
          "run", "in/\(name)", "--format", "ndjson", environment: ["CPWX_TEST_NAME": name])
        let word = runs.isEmpty ? "stage_started" : "stage_waiting"
        #expect(eventually { run.outputSoFar.contains(word) })
        // It says so a moment before it has a ticket.
        #expect(eventually { workspace.tree(".cpwx/lanes/gpu").count { $0.hasPrefix("wait-") } == runs.count })
        runs.append(run)
      }
      try workspace.write("open", "")
      for run in runs { #expect(try run.wait().code == 0) }
      #expect(try workspace.read("order") == "first\nsecond\nthird\nfourth\n")
    }
  }

  @Test func `the jobs are numbered in the films' order`() throws {
    try TestWorkspace.with([Stage("slow", script: "sleep 0.1")]) { workspace in
      for name in ["a", "b", "c", "d"] { try workspace.film("\(name).mp4", holding: name) }
      #expect(try workspace.cpwx("run", "--jobs", "4", "--lane", "cpu=4").code == 0)
      let inputs = try workspace.jobs.map { try workspace.manifest(of: $0)["input"]?["file"]?.string }
      #expect(inputs == ["in/a.mp4", "in/b.mp4", "in/c.mp4", "in/d.mp4"])
    }
  }
}
