import Foundation
import Testing

/// A mistake in pipeline.yaml is told by file and line, and nothing is begun.
struct PipelineMistakeTests {
  struct Mistake: CustomTestStringConvertible {
    var testDescription: String
    var line: Int
    /// Parts of the message: what is there, what was expected.
    var says: [String]
    var yaml: String

    init(_ name: String, line: Int, says: [String], _ yaml: String) {
      (testDescription, self.line, self.says, self.yaml) = (name, line, says, yaml)
    }
  }

  /// A pipeline whose line 4 is `line`, in a stage that is well otherwise.
  private static func stage(_ line: String) -> String {
    "stages:\n  - name: one\n    command: ['true']\n    \(line)\n"
      + (line.hasPrefix("number") ? "" : "    number: 1\n")
  }

  private static func pipeline(_ stages: String...) -> String {
    "stages:\n" + stages.map { "  - {command: ['true'], \($0)}\n" }.joined()
  }

  static let mistakes: [Mistake] = [
    .init("an empty file", line: 1, says: ["empty", "stages"], ""),
    .init("no stages", line: 1, says: ["'stages' is missing"], "name: x\n"),
    .init("an empty list", line: 2, says: ["at least one"], "name: x\nstages: []\n"),
    .init(
      "stages that are no list", line: 3, says: ["expected a list"], "name: x\nstages:\n  a: {number: 1}\n"),
    .init("a list at the top", line: 1, says: ["key: value"], "- a\n- b\n"),
    .init("broken YAML", line: 3, says: ["YAML"], "stages:\n  - name: one\n  bad: [\n"),
    .init("a tab", line: 2, says: ["YAML"], "stages:\n\t- name: one\n"),
    .init("an unknown key", line: 4, says: ["'timeuot'", "timeout"], stage("timeuot: 5m")),
    .init(
      "an unknown key at the top", line: 1, says: ["'stagse'"],
      "stagse: []\nstages:\n  - {name: a, number: 1, command: ['true']}\n"),
    .init("no name", line: 2, says: ["no 'name'"], "stages:\n  - {number: 1, command: ['true']}\n"),
    .init(
      "a name that is a path", line: 2, says: ["../x"],
      "stages:\n  - {name: ../x, number: 1, command: ['true']}\n"),
    .init("no number", line: 2, says: ["no 'number'"], "stages:\n  - {name: a, command: ['true']}\n"),
    .init("a number that is none", line: 4, says: ["'first'", "whole number"], stage("number: first")),
    .init(
      "neither command nor service", line: 2, says: ["command", "service"],
      "stages:\n  - {name: a, number: 1}\n"),
    .init(
      "a command that is no list", line: 2, says: ["list"],
      "stages:\n  - {name: a, number: 1, command: run me}\n"),
    .init(
      "a command of nothing", line: 2, says: ["empty"], "stages:\n  - {name: a, number: 1, command: []}\n"),
    .init(
      "a duration without unit sense", line: 4, says: ["'5 parsecs'", "90s"], stage("timeout: 5 parsecs")),
    .init("a negative duration", line: 4, says: ["-5s", "duration"], stage("timeout: -5s")),
    .init(
      "a switch that is none", line: 4, says: ["'perhaps'", "true or false"], stage("critical: perhaps")),
    .init("half a retry", line: 4, says: ["1.5", "whole number"], stage("retries: 1.5")),
    .init("env that is no list", line: 4, says: ["'KNOB'", "list"], stage("env: KNOB")),
    .init("a setting that none can be", line: 4, says: ["'A B'", "no setting's name"], stage("env: ['A B']")),
    .init("a switch with a sign", line: 4, says: ["'A=B'", "no setting's name"], stage("enabled: A=B")),
    .init("a switch that begins with a digit", line: 4, says: ["'1ST'"], stage("enabled: 1ST")),
    .init(
      "a lane that no stage is in", line: 4, says: ["'gpux'", "did you mean 'gpu'"],
      "stages:\n  - {name: a, number: 1, lane: gpu, command: ['true']}\nlanes:\n  gpux: 2\n"),
    .init(
      "a second document", line: 3, says: ["second document", "expected one"],
      "stages:\n  - {name: a, number: 1, command: ['true']}\n---\nname: more\n"),
    .init(
      "a stage for docker alone", line: 2, says: ["'a'", "'service'", "expected a 'command'"],
      "stages:\n  - {name: a, number: 1, service: demux}\n"),
    .init("a lane that is a list", line: 4, says: ["text"], stage("lane: [cpu]")),
    .init("an unknown placeholder", line: 4, says: ["{imput}", "'input'"], stage("arguments: ['{imput}']")),
    .init("an output above the job", line: 4, says: ["../x", "inside"], stage("outputs: {a: ../x}")),
    .init("an output elsewhere", line: 4, says: ["/etc/x", "inside"], stage("outputs: {a: {path: /etc/x}}")),
    .init("an output beside the film", line: 4, says: ["inside"], stage("outputs: {a: '{input}.srt'}")),
    .init("an output in the workspace", line: 4, says: ["inside"], stage("outputs: {a: '{workspace}/x'}")),
    .init("a key twice", line: 4, says: ["number", "twice"], stage("number: 2") + "    number: 3\n"),
    .init(
      "one name twice", line: 3, says: ["twice", "pre-ner"],
      pipeline("name: pre-ner, number: 1", "name: pre_ner, number: 2")),
    .init(
      "one number twice", line: 3, says: ["number 1", "'a'"],
      pipeline("name: a, number: 1", "name: b, number: 1")),
    .init(
      "a workflow of no such stage", line: 2, says: ["'asr'", "no stage"],
      "workflows:\n  short: [a, asr]\nstages:\n  - {name: a, number: 1, command: ['true']}\n"),
    .init(
      "a workflow of one stage twice", line: 2, says: ["'a' twice", "expected each stage once"],
      "workflows:\n  short: [a, a]\nstages:\n  - {name: a, number: 1, command: ['true']}\n"),
    .init(
      "an open quote", line: 2, says: ["a quote opens here", "expected one"],
      "stages:\n  - name: \"one\n    number: 1\n    command: ['true']\n"),
    .init("a byte 0", line: 4, says: ["a byte 0", "expected text in UTF-8"], stage("lane: a\u{0}b")),
  ]

  @Test(arguments: mistakes)
  func `a mistake is told with its line and what was expected`(mistake: Mistake) throws {
    try TestWorkspace.with { workspace in
      try workspace.film()
      try workspace.write("config/pipeline.yaml", mistake.yaml)
      let before = workspace.tree()
      let run = try workspace.cpwx("run")
      #expect(run.code == 78)
      let place = workspace.path("config/pipeline.yaml") + ":\(mistake.line): "
      let told = run.errors.split(separator: "\n").first { $0.contains(place) }
      let line = try #require(told, "\(run.errors)")
      for part in mistake.says { #expect(line.contains(part), "\(part)") }
      #expect(run.output.isEmpty)
      #expect(workspace.tree() == before)
    }
  }

  @Test func `a file that is no UTF-8 is told with what was expected, and one with a byte-order mark is read`() throws {
    try TestWorkspace.with { workspace in
      try workspace.film()
      let text = Self.pipeline("name: a, number: 1")
      let place = workspace.path("config/pipeline.yaml")
      try workspace.write("config/pipeline.yaml", try #require(text.data(using: .utf16)))
      var run = try workspace.cpwx("run")
      #expect(run.code == 78)
      #expect(run.errors.contains("\(place):1: it is text in UTF-16; expected UTF-8"), "\(run.errors)")
      #expect(run.errors.contains("iconv -f UTF-16 -t UTF-8 \(place)"), "\(run.errors)")
      try workspace.write("config/pipeline.yaml", Data(text.utf8) + Data("# caf".utf8) + [0xE9, 0x0A])
      run = try workspace.cpwx("run")
      #expect(run.code == 78)
      #expect(run.errors.contains("\(place):3: it holds the byte 0xE9"), "\(run.errors)")
      #expect(workspace.jobs.isEmpty)
      try workspace.write("config/pipeline.yaml", [0xEF, 0xBB, 0xBF] + Data(text.utf8))
      #expect(try workspace.cpwx("run").code == 0)
      // The job keeps the file as it was, and goes by it again.
      #expect(try workspace.bytes(try workspace.job() + "/pipeline.yaml").starts(with: [0xEF, 0xBB, 0xBF]))
      #expect(try workspace.cpwx("job", "rerun", "latest").code == 0)
    }
  }

  @Test func `all mistakes are told at once`() throws {
    try TestWorkspace.with { workspace in
      try workspace.film()
      try workspace.write(
        "config/pipeline.yaml", Self.pipeline("name: a, number: 1, x: 1", "name: b, number: y"))
      let run = try workspace.cpwx("run", "-n")
      #expect(run.code == 78)
      #expect(run.errors.contains("pipeline.yaml:2: ") && run.errors.contains("pipeline.yaml:3: "))
    }
  }

  @Test func `a lane on the command line that the pipeline has not is told, with what was meant`() throws {
    try TestWorkspace.with([.making("one", fields: ["lane: gpu"])]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run", "--lane", "gpux=1")
      #expect(run.code == 64)
      #expect(run.errors.contains("gpux: no stage is in such a lane. Did you mean gpu?"), "\(run.errors)")
      #expect(workspace.jobs.isEmpty)
      #expect(try workspace.cpwx("run", "--lane", "gpu=1").code == 0)
    }
  }

  @Test func `a pipeline file that is not there is a mistake of configuration`() throws {
    try TestWorkspace.with { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run", "--pipeline", "config/none.yaml")
      #expect(run.code == 78)
      #expect(run.errors.contains("config/none.yaml"))
      #expect(workspace.jobs.isEmpty)
    }
  }
}
