import Foundation
import Jobs
import Testing

/// Which films of a folder are begun, and when.
struct AdmissionTests {
  private func decisions(_ workspace: TestWorkspace, _ arguments: String...) throws -> [String: JSON] {
    let all = [CPWX.path, "run", "--dry-run", "--format", "json"] + arguments
    let rows = try JSON(parsing: try workspace.start(all).wait().output.utf8).array ?? []
    return Dictionary(
      rows.map { (($0["input"]?.string ?? "").split(separator: "/").last.map(String.init) ?? "", $0) },
      uniquingKeysWith: { $1 })
  }

  @Test func `a film that a process is writing is pending, however old it looks, and is done by a later run`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("done.mp4", holding: "whole")
      let film = try workspace.film("late.mp4", holding: "the first half")
      let writer = try workspace.start(
        [
          "sh", "-c", "exec 3>> \"$1\"; touch begun; until test -e open; do sleep 0.02; done; echo rest >&3", "sh",
          film,
        ])
      #expect(eventually { workspace.exists("begun") })
      #expect(try decisions(workspace)["late.mp4"]?["decision"]?.string == "pending")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.output.contains("still writing"))
      #expect(workspace.jobs.count == 1)
      try workspace.write("open", "")
      try writer.wait()
      #expect(try workspace.cpwx("run", "--settle", "0.2s").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `a film that has just changed is begun once it has been still, and not when it goes on changing`() throws {
    try TestWorkspace.with([.making("one")], inMemory: true) { workspace in
      let still = try workspace.film("still.mp4", holding: "whole")
      try workspace.age(still, by: 0)
      #expect(try workspace.cpwx("run", "-n", "--settle", "1h").output.contains("begins once the file has been still"))
      let growing = try workspace.film("growing.mp4", holding: "part")
      let writer = try workspace.start(
        ["sh", "-c", "until test -e open; do echo more >> \"$1\"; sleep 0.1; done", "sh", growing])
      #expect(try eventually { try workspace.read(growing).contains("more") })
      // However old a film is that has waited for its turn here: from a time to come it is still for as long as any.
      try workspace.age(still, by: -2)
      let run = try workspace.cpwx("run", "--settle", "2s")
      #expect(run.code == 0)
      #expect(run.seconds > 1.9)
      #expect(workspace.jobs.count == 1)
      // As it is when its turn comes, or already when it is found: open just then.
      #expect(["still being written", "still writing"].contains { run.output.contains($0) }, "\(run.output)")
      let why = try workspace.cpwx("job", "why", "latest")
      #expect(why.output.contains("no job of this film yet") && !why.output.contains("begins once"), "\(why.output)")
      try workspace.write("open", "")
      try writer.wait()
      #expect(try workspace.cpwx("run", "--settle", "0.3s").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `what .cpwxignore names is left alone`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a.mp4", "sample-b.mp4", "trailers/c.mp4", "deep/extras/d.mp4", "deep/keep-sample-e.mp4"] {
        try workspace.film(name, holding: name)
      }
      try workspace.write("in/.cpwxignore", "# no samples\n*sample-*\n!keep-sample-e.mp4\ntrailers/\n**/extras\n")
      #expect(Set(try decisions(workspace).keys) == ["a.mp4", "keep-sample-e.mp4"])
    }
  }

  @Test func `a .cpwxignore that cannot be read keeps back the films of its folder, and no others`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a.mp4", "closed/b.mp4", "open/c.mp4"] { try workspace.film(name, holding: name) }
      try workspace.write("in/closed/.cpwxignore/none", "")
      let run = try workspace.cpwx("run")
      #expect(run.code == 74)
      #expect(run.output.contains("its .cpwxignore cannot be read"), "\(run.output)")
      #expect(workspace.jobs.count == 2)
      try workspace.write("in/.cpwxignore/none", "")
      try workspace.film("d.mp4", holding: "d")
      #expect(try workspace.cpwx("run").code == 74)
      #expect(workspace.jobs.count == 2, "of no folder below is it known what it leaves out")
    }
  }

  @Test func `a film fails as often as it may, is then given up, and taken up on request`() throws {
    try TestWorkspace.with([.gate()]) { workspace in
      try workspace.film()
      for _ in 1...2 { #expect(try workspace.cpwx("run", "--attempts", "2").code == 1) }
      let third = try workspace.cpwx("run", "--attempts", "2")
      #expect(third.code == 0)
      #expect(third.output.contains("given_up"))
      #expect(workspace.runs == ["gate", "gate"])
      let row = try decisions(workspace, "--attempts", "2")["Film (2001).mp4"]
      #expect(row?["decision"]?.string == "given_up")
      #expect(row?["reason"]?.string?.contains("2 times") == true)
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run", "--attempts", "2", "--retry-failed").code == 0)
      #expect(workspace.runs == ["gate", "gate", "gate"])
      #expect(try workspace.cpwx("job", "why", "latest").output.contains("completed"))
    }
  }

  @Test func `no more jobs are started than asked for, and the rest is left for the next run`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a", "b", "c"] { try workspace.film("\(name).mp4", holding: name) }
      let plan = try decisions(workspace, "--max-jobs", "2")
      #expect(plan.mapValues { $0["decision"]?.string } == ["a.mp4": "new", "b.mp4": "new", "c.mp4": "pending"])
      #expect(plan["c.mp4"]?["reason"]?.string == "left for the next run: --max-jobs 2")
      let run = try workspace.cpwx("run", "--max-jobs", "2")
      #expect(run.code == 0)
      #expect(run.output.contains("--max-jobs"))
      #expect(workspace.jobs.count == 2)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 3)
    }
  }

  @Test func `too many failures end the batch early`() throws {
    try TestWorkspace.with([.gate()]) { workspace in
      for name in ["a", "b", "c", "d", "e"] { try workspace.film("\(name).mp4", holding: name) }
      let run = try workspace.cpwx("run", "--jobs", "1", "--halt", "soon,fail=2")
      #expect(run.code == 1)
      #expect(workspace.jobs.count == 2)
      #expect(run.output.contains("not begun: 2 of 2 had failed, and --halt soon,fail=2 ends the batch then"))
      #expect(run.errors.contains("nothing more is begun"))
      #expect(try workspace.cpwx("run", "--halt", "later").code == 64)
    }
  }

  @Test func `nothing is begun that would not be done in time, long films come first`() throws {
    try TestWorkspace.with([Stage("work", script: "sleep 0.4; echo \"$CPWX_JOB_ID\" >> order")]) { workspace in
      try workspace.film("known.mp4", holding: String(repeating: "k", count: 1000))
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.film("a short.mp4", holding: String(repeating: "s", count: 500))
      try workspace.film("b long.mp4", holding: String(repeating: "l", count: 2000))
      try workspace.film("c endless.mp4", holding: String(repeating: "e", count: 9_000_000))
      let plan = try decisions(workspace, "--until", "10m")
      #expect(plan["b long.mp4"]?["decision"]?.string == "new")
      #expect(plan["c endless.mp4"]?["decision"]?.string == "pending")
      #expect(plan["c endless.mp4"]?["reason"]?.string?.contains("would not be done") == true)
      let run = try workspace.cpwx("run", "--until", "10m", "--jobs", "1")
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.output.contains("would not be done"))
      let inputs = try workspace.jobs.map { try workspace.manifest(of: $0)["input"]?["file"]?.string }
      #expect(inputs == ["in/known.mp4", "in/b long.mp4", "in/a short.mp4"])
    }
  }

  @Test func `a film that there is no room for is held, and taken up when there is`() throws {
    try TestWorkspace.with([.making("one")], config: ["OUTPUT_ROOT=disk/out"]) { workspace in
      try workspace.mountDisk(at: workspace.path("disk"), size: "20m")
      try workspace.film("small.mp4", holding: "small")
      try workspace.film("big.mp4", holding: String(repeating: "b", count: 7_000_000))
      let plan = try decisions(workspace, "--min-free", "8M")
      #expect(plan.mapValues { $0["decision"]?.string } == ["big.mp4": "held", "small.mp4": "new"])
      let run = try workspace.cpwx("run", "--min-free", "8M")
      #expect(run.code == 75, "\(run.errors)")
      #expect(run.output.contains("no room"))
      #expect(run.output.contains("held"))
      #expect(run.errors.contains("1 completed, 1 held; cpwx report tells more"), "\(run.errors)")
      #expect(workspace.runs == ["one"])
      #expect(try workspace.cpwx("run", "--min-free", "1M").code == 0)
      #expect(workspace.runs == ["one", "one"])
    }
  }

  @Test func `a plan holds what has no room beside the films before it`() throws {
    try TestWorkspace.with([.making("one")], config: ["OUTPUT_ROOT=disk/out"]) { workspace in
      try workspace.mountDisk(at: workspace.path("disk"), size: "20m")
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: String(repeating: name, count: 4_000_000)) }
      let plan = try decisions(workspace, "--min-free", "5M")
      #expect(plan.mapValues { $0["decision"]?.string } == ["a.mp4": "new", "b.mp4": "held"])
      #expect(plan["b.mp4"]?["reason"]?.string?.contains("jobs before it 8") == true)
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `a second batch over a folder leaves, saying who has it; one that waits runs after it`() throws {
    let slow = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      let second = try workspace.cpwx("run")
      #expect(second.code == 75)
      #expect(second.errors.contains("process \(first.pid)") && second.errors.contains("since"))
      let patient = try workspace.startCPWX("run", "--wait")
      usleep(300_000)
      try workspace.write("open", "")
      #expect(try first.wait().code == 0)
      #expect(try patient.wait().code == 0)
      #expect(workspace.runs == ["slow"])
    }
  }

  @Test func `a film that was moved is known at its new place without being read again`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4")
      try workspace.cpwx("run")
      try workspace.move("in/a.mp4", to: "in/b.mp4")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.output.contains("in/a.mp4"), "it says where it was")
      #expect(try workspace.manifest()["input"]?["file"]?.string == "in/b.mp4")
      // A copy beside it is the same film, and changes nothing.
      try workspace.age(try workspace.film("c.mp4"), by: 60)
      let again = try workspace.cpwx("run")
      #expect(again.code == 0)
      #expect(again.output.contains("the same film as in/b.mp4"))
      #expect(try workspace.manifest()["input"]?["file"]?.string == "in/b.mp4")
      #expect(workspace.runs == ["one"])
    }
  }

  @Test func `a film whose time lies in the future is begun all the same, once it has been still`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.age(try workspace.film(), by: -86_400)
      #expect(try workspace.cpwx("run", "--settle", "0.5s").code == 0)
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a job whose records cannot be written is told of as failed`() throws {
    let filling = Stage("filling", script: "head -c 100000000 /dev/zero > \"$1/big\" 2>/dev/null; true")
    try TestWorkspace.with(
      [filling, .making("two")], config: ["OUTPUT_ROOT=disk/out", "NOTIFY_COMMAND=cat >> told; echo >> told"]
    ) { workspace in
      try workspace.mountDisk(at: workspace.path("disk"), size: "4m")
      try workspace.film()
      let run = try workspace.cpwx("run", "--min-free", "0", "--format", "ndjson")
      #expect(run.code != 0)
      let events = try run.lines.map { try JSON(parsing: $0.utf8) }
      #expect(events.contains { $0["event"]?.string == "job_ended" && $0["status"]?.string == "failed" })
      #expect(try workspace.read("told").contains("job.failed"))
    }
  }

  @Test func `a copy of a film that is done is read once, and remembered`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4")
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.film("copy.mp4")
      #expect(try workspace.cpwx("run").code == 0)
      let remembered = try JSON(parsing: try workspace.bytes(".cpwx/films.json")).array ?? []
      #expect(remembered.compactMap { $0["file"]?.string } == [workspace.path("in/copy.mp4")])
      // What is remembered is believed as long as the file looks the same.
      let traced = try workspace.start(
        ["strace", "-f", "-qq", "-e", "trace=openat,read", "-o", "trace", CPWX.path, "run"]).wait()
      #expect(traced.code == 0)
      let lines = try workspace.read("trace").split(separator: "\n")
      #expect(!lines.contains { $0.contains("moving pictures") }, "the film is not read again")
      #expect(workspace.jobs.count == 1)
    }
  }
}
