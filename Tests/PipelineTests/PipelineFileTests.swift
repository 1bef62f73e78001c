import Foundation
import Pipeline
import Testing

@Suite struct `The pipeline file` {
  /// One mistake a case: the file, the line it is on, and words its report must hold.
  static let mistakes: [(yaml: String, line: Int, words: [String])] = [
    ("", 1, ["empty", "stages"]),
    ("name: x\n", 1, ["'stages' is missing"]),
    ("stages: 3\n", 1, ["'3'", "expected a list of stages"]),
    ("stages: []\n", 1, ["at least one stage"]),
    ("stages:\n  - {number: 1, command: [x]}\n", 2, ["no 'name'"]),
    ("stages:\n  - {name: a, command: [x]}\n", 2, ["no 'number'"]),
    ("stages:\n  - {name: a, number: 1}\n", 2, ["neither 'command' nor 'service'"]),
    ("stages:\n  - name: a\n    number: one\n    command: [x]\n", 3, ["'one'", "whole number"]),
    (
      "stages:\n  - name: a\n    number: 1\n    comand: [x]\n    service: s\n", 4,
      ["'comand'", "did you mean 'command'"]
    ),
    ("stages:\n  - name: a\n    number: 1\n    command: x\n", 4, ["'x'", "expected a list"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [x]\n    timeout: soon\n", 5, ["'soon'", "10m"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [x]\n    timeout: 0s\n", 5, ["'0s'", "duration"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [x]\n    critical: maybe\n", 5, ["'maybe'", "true or false"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [x]\n    retries: -1\n", 5, ["'-1'", "from 0 to 100"]),
    ("stages:\n  - name: a b\n    number: 1\n    command: [x]\n", 2, ["'a b'", "no stage name"]),
    (
      "stages:\n  - number: 1\n    name: orchestrator_x\n    command: [x]\n", 3,
      ["'orchestrator_x'", "does not begin with 'orchestrator_'"]
    ),
    (
      "stages:\n  - number: 1\n    name: orchestrator-x\n    command: [x]\n", 3,
      ["'orchestrator-x'", "does not begin with 'orchestrator-'"]
    ),
    ("stages:\n  - name: a\n    number: 1\n    command: [\"{film}\"]\n", 4, ["{film}", "{input}"]),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs: {o: ../o}\n", 5,
      ["'../o'", "inside the job"]
    ),
    ("stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs: {o: /o}\n", 5, ["'/o'", "inside the job"]),
    (
      "stages:\n  - {name: a, number: 1, command: [x]}\n  - {name: a, number: 2, command: [x]}\n", 3, ["declared twice"]
    ),
    (
      "stages:\n  - {name: a-b, number: 1, command: [x]}\n  - {name: a_b, number: 2, command: [x]}\n", 3,
      ["twice", "a-b"]
    ),
    ("stages:\n  - {name: a, number: 1, command: [x]}\n  - {name: b, number: 1, command: [x]}\n", 3, ["number 1"]),
    ("stages:\n  - {name: a, number: 1, command: [x]}\nworkflows: {w: [b]}\n", 3, ["'b'", "no stage"]),
    (
      "stages:\n  - {name: a, number: 1, command: [x]}\nworkflow: {w: [a]}\n", 3,
      ["'workflow'", "did you mean 'workflows'"]
    ),
    ("stages:\n  - name: a\n    number: 1\n    command: [x]\n    enabled: false\n", 5, ["'false'", "STEP_DEMUX"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [x, null]\n", 4, ["nothing", "a text"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [x, ~]\n", 4, ["nothing", "a text"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [\"{input\"]\n", 4, ["'{input' is not closed"]),
    ("stages:\n  - name: a\n    number: 1\n    command: [\"{job_dir/x\"]\n", 4, ["'{job_dir' is not closed"]),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs: {o: ./manifest.json}\n", 5,
      ["manifest.json", "a record of the job"]
    ),
    (
      "stages:\n  - {name: a, number: 1, command: [x], outputs: {o: d/o}}\n"
        + "  - {name: b, number: 2, command: [x], outputs: {p: '{job_dir}/d/o'}}\n", 3, ["'{job_dir}/d/o'", "'a'"]
    ),
    (
      "lanes: {gpu: 1}\nstages:\n  - {name: a, number: 1, command: [x], lane: gpu}\n"
        + "  - {name: b, number: 2, command: [x], lane: gpus}\n", 1, ["'gpus'", "did you mean 'gpu'"]
    ),
    ("stages:\n  - &d {name: a, number: 1, command: [x]}\n  - {<<: *d, number: 2, nmae: b}\n", 3, ["'nmae'"]),
    ("stages:\n  - {name: a\n", 3, ["no YAML", "in what begins in line 2", "expected ',' or '}'"]),
    ("stages:\n  - name: \"a\n    number: 1\n    command: [x]\n", 2, ["a quote opens here", "expected one"]),
    ("stages:\r\n  - name: 'a\r\n    number: 1\r\n    command: [x]\r\n", 2, ["a quote opens here"]),
    ("stages:\n  - name: \"a\n    number: 1\n    command: [\"x\"]\n", 2, ["a quote opens here"]),
    ("stages:\n  - name: a\n\tnumber: 1\n", 3, ["no YAML", "expected spaces", "no tab"]),
    ("stages:\n  - name: @a\n", 2, ["no YAML", "expected quotes"]),
    ("stages:\n  - name: a: b\n", 2, ["no YAML", "expected the indent"]),
    ("stages:\n  - name: *a\n", 2, ["no YAML", "expected an anchor"]),
    ("stages:\n  - name: \"\\q\"\n", 2, ["no YAML", "expected single quotes"]),
    ("stages:\n  - name: a\u{1B}b\n", 2, ["U+1B", "expected letters"]),
    (
      "stages:\n  - {name: a, number: 1, command: [x]}\nworkflows:\n  w: [a,\n    a]\n", 5,
      ["'w'", "'a' twice", "expected each stage once"]
    ),
    (
      "stages:\n  - {name: a-b, number: 1, command: [x]}\nworkflows: {w: [a-b, a_b]}\n", 3,
      ["'a_b' twice", "expected each stage once"]
    ),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs: {[o]: p}\n", 5,
      ["a key is a list", "expected a name"]
    ),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs: [{path: p}]\n", 5,
      ["'key' is missing", "expected {key"]
    ),
    (
      "stages:\n  - name: a\n    number: 1\n    command:\n      - x\n      - '{film}'\n", 6,
      ["'{film}'", "no placeholder"]
    ),
    ("stages:\n  - name: a\n    number: 1\n    command:\n      - x\n      - '{input'\n", 6, ["'{input'"]),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    env:\n      - KNOB\n      - A B\n", 7,
      ["'A B'", "no setting's name"]
    ),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs:\n      o: o\n      p:\n        path: ../p\n",
      8,
      ["'../p'", "inside the job"]
    ),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs:\n      o: o\n      p: manifest.json\n", 7,
      ["manifest.json", "a record of the job"]
    ),
    (
      "stages:\n  - {name: a, number: 1, command: [x], outputs: {o: d/o}}\n"
        + "  - name: b\n    number: 2\n    command: [x]\n    outputs:\n      p: p\n      q: d/o\n", 8, ["'d/o'", "'a'"]
    ),
    (
      "stages:\n  - name: a\n    number: 1\n    command: [x]\n    outputs:\n      - {key: o, path: o}\n"
        + "      - {key: o, path: p}\n", 7, ["'o' is declared twice", "each key once"]
    ),
    (
      "stages:\n  - {name: a, number: 1, command: [x]}\n  - name: b\n    command: [x]\n    number: 1\n", 5,
      ["number 1", "'a'"]
    ),
    ("name: x\nname: y\nstages:\n  - {name: a, number: 1, command: [x]}\n", 1, ["'name'", "twice"]),
  ]

  @Test(arguments: mistakes.indices)
  func `reports a mistake with its line and what was expected`(index: Int) throws {
    let mistake = Self.mistakes[index]
    let error = try #require(throws: PipelineFileError.self) {
      try PipelineDefinition(yaml: mistake.yaml, file: "config/pipeline.yaml")
    }
    #expect(error.mistakes.map(\.line).contains(mistake.line), "\(error)")
    for words in mistake.words { #expect(error.description.contains(words), "\(error)") }
    #expect(error.mistakes.allSatisfy { $0.message.contains("expected ") }, "\(error)")
    #expect(error.description.hasPrefix("config/pipeline.yaml:"))
  }

  /// A pipeline that is well, and bytes in its second line.
  private static func pipeline(with bytes: [UInt8]) -> [UInt8] {
    Array("name: x\n# ".utf8) + bytes + Array("\nstages:\n  - {name: a, number: 1, command: [x]}\n".utf8)
  }

  @Test(
    arguments: [
      ([0xE9], 2, "0xE9", "expected text in UTF-8"), ([0xC3], 2, "0xC3", "expected text in UTF-8"),
      ([0xED, 0xA0, 0x80], 2, "0xED", "expected text in UTF-8"), ([0x00], 2, "a byte 0", "expected text in UTF-8"),
    ] as [([UInt8], Int, String, String)])
  func `reports bytes that are no text with their line`(bytes: [UInt8], line: Int, found: String, expected: String)
    throws
  {
    let error = try #require(throws: PipelineFileError.self) {
      try PipelineDefinition(parsing: Self.pipeline(with: bytes), file: "p")
    }
    #expect(error.mistakes.map(\.line) == [line])
    #expect(error.description.contains(found) && error.description.contains(expected), "\(error)")
  }

  @Test(arguments: [
    (String.Encoding.utf16, "UTF-16"), (.utf16LittleEndian, "UTF-16LE"), (.utf16BigEndian, "UTF-16BE"),
    (.utf32, "UTF-32"),
  ])
  func `reports text in a wide encoding, and what makes it UTF-8`(encoding: String.Encoding, name: String) throws {
    let text = String(decoding: Self.pipeline(with: Array("फ़िल्म".utf8)), as: UTF8.self)
    let bytes = Array(try #require(text.data(using: encoding)))
    let error = try #require(throws: PipelineFileError.self) { try PipelineDefinition(parsing: bytes, file: "p") }
    #expect(error.description.contains("p:1: it is text in \(name); expected UTF-8"), "\(error)")
    #expect(error.description.hasSuffix("iconv -f \(name) -t UTF-8 p"), "\(error)")
  }

  @Test func `takes a byte-order mark for no part of the text, and keeps it in the file's own text`() throws {
    let bytes = [0xEF, 0xBB, 0xBF] + Self.pipeline(with: [])
    let pipeline = try PipelineDefinition(parsing: bytes, file: "p")
    #expect(pipeline.name == "x")
    #expect(pipeline.source == bytes)
    let wrong = [0xEF, 0xBB, 0xBF] + Array("name: x\nstages: 3\n".utf8)
    let error = try #require(throws: PipelineFileError.self) { try PipelineDefinition(parsing: wrong, file: "p") }
    #expect(error.mistakes.map(\.line) == [2])
  }

  @Test func `takes a quote that closes on a later line`() throws {
    let yaml = "stages:\n  - {name: a, number: 1, command: [sh, -c, \"one\n      two\"]}\n"
    #expect(try PipelineDefinition(yaml: yaml, file: "p").stages.first?.command == ["sh", "-c", "one two"])
  }

  @Test func `reports every mistake at once, in the order of the lines`() throws {
    let yaml = "stages:\n  - name: a\n    number: x\n    timeout: y\n    critical: z\n    command: [q]\n"
    let error = try #require(throws: PipelineFileError.self) { try PipelineDefinition(yaml: yaml, file: "p") }
    #expect(error.mistakes.map(\.line) == [3, 4, 5])
  }

  @Test func `needs no more than a name, a number and a command`() throws {
    let pipeline = try PipelineDefinition(yaml: "stages:\n  - {name: a, number: 1, command: [x]}\n", file: "p")
    let stage = try #require(pipeline.stages.first)
    #expect(stage.critical)
    #expect(stage.timeout == nil)
    #expect(stage.inputs == nil)
    #expect(stage.outputs.isEmpty)
    #expect(stage.lane == "cpu")
  }

  @Test func `gives a lane that it does not speak of one place, and cpu two`() throws {
    let stages = ["cpu", "gpu", "gpu", "disk"].enumerated()
      .map { "  - {name: s\($0.offset), number: \($0.offset + 1), command: [x], lane: \($0.element)}\n" }
    let pipeline = try PipelineDefinition(yaml: "lanes: {disk: 3}\nstages:\n" + stages.joined(), file: "p")
    #expect(pipeline.laneSizes == ["cpu": 2, "disk": 3, "gpu": 1])
  }

  @Test func `takes over the pairs that a merge key names, and none that stands there itself`() throws {
    let yaml = """
      x-defaults: &d {command: [x], lane: io, timeout: 5m}
      stages:
        - {<<: *d, name: a, number: 1}
        - {<<: [{lane: net}, *d], name: b, number: 2, timeout: 6m}
      """
    let stages = try PipelineDefinition(yaml: yaml, file: "p").stages
    #expect(stages.map(\.lane) == ["io", "net"])
    #expect(stages.map(\.timeout) == [300, 360])
    #expect(stages.map(\.command) == [["x"], ["x"]])
  }

  @Test func `takes braces that are a program's own, and one file's name of each stage`() throws {
    let yaml = """
      lanes: {gpu: 1}
      stages:
        - {name: a, number: 1, command: [awk, '{title=$1} ${input}', '{', '{{input}}'], lane: net, outputs: {o: '{stage}.out'}}
        - {name: b, number: 2, command: [x], lane: gpu, outputs: {o: '{stage}.out'}}
      """
    #expect(try PipelineDefinition(yaml: yaml, file: "p").stages.count == 2)
  }

  @Test func `takes a stage with a service alone, where it need not run here`() throws {
    let yaml = "stages:\n  - {name: a, number: 1, service: demux}\n"
    #expect(try PipelineDefinition(yaml: yaml, file: "p").stages.first?.command == nil)
    #expect(throws: PipelineFileError.self) { try PipelineDefinition(yaml: yaml, file: "p", runner: .local) }
  }

  @Test func `orders stages by number, whatever their order in the file`() throws {
    let yaml = "stages:\n  - {name: b, number: 20, command: [x]}\n  - {name: a, number: 3, command: [x]}\n"
    #expect(try PipelineDefinition(yaml: yaml, file: "p").stages.map(\.name) == ["a", "b"])
  }

  @Test func `takes outputs as a path, as fields, and as a list`() throws {
    let yaml = """
      stages:
        - {name: a, number: 1, command: [x], outputs: {one: a/one}}
        - {name: b, number: 2, command: [x], outputs: {two: {path: b/two, description: Two, optional: true}}}
        - {name: c, number: 3, command: [x], outputs: [{key: three, path: c/three}]}
      """
    let outputs = try PipelineDefinition(yaml: yaml, file: "p").stages.flatMap(\.outputs)
    #expect(outputs.map(\.key) == ["one", "two", "three"])
    #expect(outputs.map(\.path) == ["a/one", "b/two", "c/three"])
    #expect(outputs.map(\.optional) == [false, true, false])
  }
}

@Suite struct `The built-in pipeline` {
  @Test func `has the ten documented stages with their time limits`() throws {
    let pipeline = try PipelineDefinition.standard
    let expected: [(String, Double, Bool)] = [
      ("demux", 600, true), ("tmdb", 120, false), ("pre_ner", 300, false), ("silero_vad", 1800, true),
      ("pyannote_vad", 3600, true), ("diarization", 7200, true), ("asr", 14400, true), ("post_ner", 1200, false),
      ("subtitle_gen", 600, true), ("mux", 600, true),
    ]
    #expect(pipeline.stages.map(\.name) == expected.map(\.0))
    #expect(pipeline.stages.map(\.number) == Array(1...10))
    #expect(pipeline.stages.map(\.timeout) == expected.map(\.1))
    #expect(pipeline.stages.map(\.critical) == expected.map(\.2))
    #expect(pipeline.stage("asr")?.retries == 1)
  }

  @Test func `has the documented services, switches and outputs`() throws {
    let expected: [(service: String, enabled: String, output: String)] = [
      ("demux", "STEP_DEMUX", "audio/audio.wav"), ("tmdb", "STEP_TMDB_METADATA", "metadata/tmdb_data.json"),
      ("pre-ner", "STEP_PRE_ASR_NER", "entities/pre_ner.json"),
      ("silero-vad", "STEP_SILERO_VAD", "vad/silero_segments.json"),
      ("pyannote-vad", "STEP_PYANNOTE_VAD", "vad/pyannote_segments.json"),
      ("diarization", "STEP_DIARIZATION", "diarization/speaker_segments.json"),
      ("asr", "STEP_WHISPERX", "transcription/transcript.json"),
      ("post-ner", "STEP_POST_ASR_NER", "entities/post_ner.json"),
      ("subtitle-gen", "STEP_SUBTITLE_GEN", "subtitles/subtitles.srt"), ("mux", "STEP_MUX", "final_output.mp4"),
    ]
    let stages = try PipelineDefinition.standard.stages
    #expect(stages.map(\.service) == expected.map(\.service))
    #expect(stages.map(\.enabled) == expected.map(\.enabled))
    #expect(stages.map { $0.outputs.map(\.path) } == expected.map { [$0.output] })
    #expect(stages.allSatisfy { $0.outputs.allSatisfy { !$0.optional } })
  }

  @Test func `has the documented prompts as inputs of asr in their order, but what pre_ner makes`() throws {
    let asr = try #require(try PipelineDefinition.standard.stage("asr"))
    let prompts = (asr.inputs ?? []).filter { $0.key == "prompt" && $0.optional }.map(\.path)
    #expect(
      prompts == ["prompts/ner_enhanced_prompt.txt"]
        + ["combined.initial_prompt.txt", "initial_prompt.txt"].flatMap { ending in
          ["{job_name}", "{input_stem}", "{title}"].map { "\($0).\(ending)" }
        })
    // The fourth is no input, as the README says: of it alone nothing is listened to again.
    #expect(asr.inputs?.contains { $0.path == "pre_ner/entities.json" } == false)
  }

  @Test func `knows the transcribe workflow`() throws {
    let stages = try PipelineDefinition.standard.stages(ofWorkflow: "transcribe")
    #expect(stages.map(\.name) == ["demux", "silero_vad", "asr"])
  }

  @Test func `finds a stage by either spelling`() throws {
    #expect(try PipelineDefinition.standard.stage("silero-vad")?.number == 4)
  }
}
