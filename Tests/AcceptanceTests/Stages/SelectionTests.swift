import Jobs
import Testing

/// Running a part of the pipeline.
struct SelectionTests {
  private static let stages: [Stage] = [
    .making("one"), .making("pre_ner", from: ["one.out"]), .making("three"), .making("four"),
  ]

  private func completed(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.declare(Self.stages, workflows: ["short": ["one", "three"]])
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      try body(workspace)
    }
  }

  @Test(arguments: ["pre_ner", "pre-ner"])
  func `from a stage on, all run again`(name: String) throws {
    try completed { workspace in
      let run = try workspace.cpwx("run", "--from-stage", name)
      #expect(run.code == 0, "\(run.errors)")
      #expect(Array(workspace.runs.dropFirst(4)) == ["pre_ner", "three", "four"])
    }
  }

  @Test func `just the named stages run again`() throws {
    try completed { workspace in
      let run = try workspace.cpwx("run", "--stages", "three,pre-ner")
      #expect(run.code == 0, "\(run.errors)")
      #expect(Array(workspace.runs.dropFirst(4)) == ["pre_ner", "three"])
      #expect(try workspace.record("three")["attempt"]?.int == 2)
    }
  }

  @Test func `a workflow runs its stages, and the rest can follow`() throws {
    try TestWorkspace.with { workspace in
      try workspace.declare(Self.stages, workflows: ["short": ["three", "one"]])
      try workspace.film()
      #expect(try workspace.cpwx("run", "--workflow", "short").code == 0)
      #expect(workspace.runs == ["one", "three"])
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one", "three", "pre_ner", "four"])
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a named stage that the workflow has not is a mistake of usage, and nothing is passed over in silence`()
    throws
  {
    try completed { workspace in
      for names in ["four", "one,four"] {
        let run = try workspace.cpwx("run", "--workflow", "short", "--stages", names)
        #expect(run.code == 64)
        #expect(run.errors.contains("four: is not among the stages that were asked for"), "\(run.errors)")
        #expect(run.errors.contains("Those are: one, three."), "\(run.errors)")
      }
      #expect(workspace.runs.count == 4)
      #expect(try workspace.cpwx("run", "--workflow", "short", "--stages", "three").code == 0)
      #expect(Array(workspace.runs.dropFirst(4)) == ["three"])
    }
  }

  @Test func `a stage that its setting switches off is skipped, and runs once it is on again`() throws {
    let stages: [Stage] = [.making("one"), .making("two", fields: ["enabled: STEP_TWO"]), .gate()]
    try TestWorkspace.with(stages, config: ["STEP_TWO=false"]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      #expect(try workspace.record("two")["status"]?.string == "skipped")
      #expect(workspace.runs == ["one", "gate"])
      let env = try workspace.job() + "/job.env"
      try workspace.write(env, try workspace.read(env).replacing("STEP_TWO=false", with: "STEP_TWO=true"))
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one", "gate", "two", "gate"])
    }
  }

  @Test func `a stage that needs what is switched off runs where another stage may make it`() throws {
    let stages: [Stage] = [
      .making("one", fields: ["enabled: STEP_ONE"]), Stage("own", script: "echo own > \"$1/one.out\""),
      .making("two", from: ["one.out"]),
    ]
    try TestWorkspace.with(stages, config: ["STEP_ONE=no"]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.output)\(run.errors)")
      #expect(workspace.runs == ["own", "two"])
    }
  }

  @Test func `a stage that needs what is switched off fails the job before anything runs, and names it`() throws {
    let stages: [Stage] = [
      .making("one"), .making("two", fields: ["enabled: STEP_TWO"]), .making("three", from: ["two.out"]),
    ]
    try TestWorkspace.with(stages, config: ["STEP_TWO=no"]) { workspace in
      try workspace.film()
      let run = try workspace.start([CPWX.path, "run"]).wait()
      #expect(run.code == 1)
      let reason = "three: needs two.out of two, which STEP_TWO=no in job.env leaves out"
      #expect(run.output.contains(reason) || run.errors.contains(reason), "\(run)")
      #expect(workspace.runs.isEmpty)
      #expect(try workspace.cpwx("job", "why", "latest").output.contains(reason))
      // What somebody has put there does as well.
      try workspace.write(try workspace.job() + "/two.out", "by hand")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one", "three"])
    }
  }

  @Test(arguments: [["--from-stage", "nope"], ["--stages", "one,nope"], ["--workflow", "nope"]])
  func `an unknown name is a mistake of usage and lists what there is`(arguments: [String]) throws {
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.film()
      let run = try workspace.start([CPWX.path, "run"] + arguments).wait()
      #expect(run.code == 64)
      #expect(run.errors.contains("nope"))
      #expect(workspace.jobs.isEmpty)
    }
  }
}
