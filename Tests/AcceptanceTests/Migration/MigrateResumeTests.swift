import Foundation
import Jobs
import Testing

/// A film that did not come through all ten stages before it was migrated goes on from where it stopped.
struct MigrateResumeTests {
  /// Each stage with what proves its success today, and what older versions had it write, where that differs: `*` is the
  /// name of the job's folder.
  private static let stages: [(name: String, output: String, older: String?)] = [
    ("demux", "audio/audio.wav", nil), ("tmdb", "metadata/tmdb_data.json", nil),
    ("pre_ner", "entities/pre_ner.json", nil), ("silero_vad", "vad/silero_segments.json", nil),
    ("pyannote_vad", "vad/pyannote_segments.json", nil),
    ("diarization", "diarization/speaker_segments.json", "diarization/*.speaker_segments.json"),
    ("asr", "transcription/transcript.json", "asr/*.asr.json"),
    ("post_ner", "entities/post_ner.json", "post_ner/*.corrected.json"),
    ("subtitle_gen", "subtitles/subtitles.srt", "en_merged/*.merged.srt"), ("mux", "final_output.mp4", nil),
  ]

  /// Stages that need all that those before them wrote, under the folder's name.
  private static var pipeline: [Stage] {
    stages.enumerated().map { number, stage in
      let needed = stages[..<number].flatMap { [$0.output] + [$0.older].compactMap(\.self) }
      let made = [stage.output] + [stage.older].compactMap(\.self)
      func path(_ file: String) -> String { "\"$1/\(file.replacingOccurrences(of: "*", with: "$name"))\"" }
      let script =
        ["name=$(basename \"$1\")"] + needed.map { "test -s \(path($0))" }
        + made.flatMap {
          ["mkdir -p \"$(dirname \(path($0)))\"", "test -s \(path($0)) || echo '{\"new\": 1}' > \(path($0))"]
        }
      return Stage(
        stage.name, number: number + 1, outputs: [stage.output], script: (["set -e"] + script).joined(separator: "\n"))
    }
  }

  enum Record: String, CaseIterable {
    case stages, builder, cutShort, none
  }

  private func manifest(_ record: Record, of folder: String, done: Int) -> String? {
    let (time, failed) = ("2025-10-27T10:00:00.000001", Self.stages[done].name)
    let ends = Self.stages[...done].map { ($0.name, $0.name == failed ? "failed" : "success") }
    func members(_ more: String, hyphens: Bool) -> String {
      ends.map { name, status in
        let name = hyphens ? name.replacingOccurrences(of: "_", with: "-") : name
        return "\"\(name)\": {\"status\": \"\(status)\", \"completed_at\": \"\(time)\"\(more)}"
      }.joined(separator: ", ")
    }
    let names = Self.stages[..<done].map { "\"\($0.name)\"" }.joined(separator: ", ")
    let whole =
      "{\"version\": \"1.0.0\", \"created_at\": \"\(time)\", \"movie_dir\": \"out/\(folder)\", "
      + "\"stages\": {\(members(", \"outputs\": {}", hyphens: true))}, "
      + "\"pipeline\": {\"status\": \"failed\", \"current_stage\": null, \"failed_stages\": [\"\(failed)\"]}}"
    switch record {
    case .stages: return whole
    case .cutShort: return String(whole.prefix(whole.count / 2))
    case .none: return nil
    case .builder:
      return "{\"version\": \"0.1.0\", \"timestamp\": \"\(time)\", "
        + "\"input\": {\"file\": \"in/Sholay (1975).mp4\", \"title\": \"Sholay\", \"year\": \"1975\"}, "
        + "\"pipeline\": {\"status\": \"failed\", \"completed_stages\": [\(names)], \"skipped_stages\": [\"\(failed)\"], "
        + "\"steps\": {\(members("", hyphens: false))}}}"
    }
  }

  private static let cases = Record.allCases.flatMap { record in [3, 6, 8].map { (record, $0) } }

  @Test(arguments: cases)
  func `those before it are not done again, and it finds what they wrote`(_ record: Record, _ done: Int) throws {
    try TestWorkspace.with(Self.pipeline) { workspace in
      try workspace.film("Sholay (1975).mp4")
      let folder = "out/Sholay_1975"
      for stage in Self.stages[..<done] {
        let file = (stage.older ?? stage.output).replacingOccurrences(of: "*", with: "Sholay_1975")
        try workspace.write("\(folder)/\(file)", "{\"old\": 1}")
      }
      if let text = manifest(record, of: "Sholay_1975", done: done) {
        try workspace.write("\(folder)/manifest.json", text)
      }
      try workspace.write("logs/demux_Sholay_1975_20251027_100000.log", "heard")
      let migration = try workspace.cpwx("migrate", "--from-legacy")
      #expect(migration.code == 0, "\(migration.errors)")
      let id = try #require(workspace.jobs.first?.split(separator: "/").last.map(String.init))
      let run = try workspace.cpwx("run", "--resume", id)
      #expect(run.code == 0, "\(run.errors)\(run.output)")
      #expect(workspace.runs == Self.stages[done...].map(\.name))
      let job = try workspace.job()
      for stage in Self.stages[..<done] { #expect(try workspace.read("\(job)/\(stage.output)").contains("old")) }
      let manifest = try workspace.manifest(of: job)
      #expect(manifest["pipeline"]?["status"]?.string == "completed")
      #expect(manifest["pipeline"]?["completed_stages"]?.array?.compactMap(\.string) == Self.stages.map(\.name))
      #expect(manifest["pipeline"]?["failed_stages"]?.array?.isEmpty == true)
      #expect(try workspace.cpwx("run", "--resume", id).code == 0)
      #expect(workspace.runs.count == Self.stages.count - done)
    }
  }

  @Test(arguments: ["", "{\"segments\": [{"])
  func `an output that was cut short since it was recorded is made again, and the plan says so`(_ rest: String) throws {
    try TestWorkspace.with(Self.pipeline) { workspace in
      try workspace.film("Sholay (1975).mp4")
      let folder = "out/Sholay_1975"
      for stage in Self.stages[..<8] {
        for file in [stage.output] + [stage.older].compactMap(\.self) {
          try workspace.write(
            "\(folder)/\(file.replacingOccurrences(of: "*", with: "Sholay_1975"))", "{\"old\": 1}")
        }
      }
      let (output, mended) = ("transcription/transcript.json", "entities/pre_ner.json")
      try workspace.write("\(folder)/\(output)", rest)
      func record(_ output: String) -> String {
        "\"outputs\": {\"\(output)\": {\"path\": \"/old/\(folder)/\(output)\", \"size_bytes\": 5000}}"
      }
      var text = try #require(manifest(.stages, of: "Sholay_1975", done: 8))
      for (name, output) in [("asr", output), ("pre-ner", mended)] {
        let start = "\"\(name)\": {\"status\": \"success\", \"completed_at\": \"2025-10-27T10:00:00.000001\", "
        let bare = start + "\"outputs\": {}"
        try #require(text.contains(bare))
        text = text.replacingOccurrences(of: bare, with: start + record(output))
      }
      try workspace.write("\(folder)/manifest.json", text)
      let migration = try workspace.cpwx("migrate", "--from-legacy", "--format", "json")
      #expect(migration.code == 0, "\(migration.errors)")
      #expect(migration.output.contains("asr is recorded as a success, and \(output) is empty or cut short"))
      #expect(!migration.output.contains("pre_ner is recorded"))
      let job = try workspace.job()
      let recorded = try workspace.manifest(of: job)["stages"]
      #expect(recorded?["asr"]?["outputs"]?[output]?["size_bytes"]?.int == 5000)
      #expect(recorded?["asr"]?["outputs"]?["transcript"]?["size_bytes"]?.int == 5000)
      #expect(recorded?["pre_ner"]?["outputs"]?[mended]?["size_bytes"]?.int == "{\"old\": 1}".utf8.count)
      // The stages here write only where there is nothing yet.
      try workspace.write("\(job)/\(output)", "")
      let id = try #require(job.split(separator: "/").last.map(String.init))
      let run = try workspace.cpwx("run", "--resume", id)
      #expect(run.code == 0, "\(run.errors)\(run.output)")
      #expect(workspace.runs == ["asr", "subtitle_gen", "mux"])
      #expect(try workspace.read("\(job)/\(output)").contains("new"))
    }
  }

  @Test func `outputs have the keys that the standard pipeline gives them, by which a run compares their sizes`() throws
  {
    try TestWorkspace.with { workspace in
      for stage in Self.stages { try workspace.write("out/Sholay_1975/\(stage.output)", "{\"old\": 1}") }
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
      let pipeline = try String(contentsOf: root.appending(path: "config/pipeline.yaml"), encoding: .utf8)
      let recorded = try workspace.manifest()["stages"]
      for stage in Self.stages {
        let outputs = recorded?[stage.name]?["outputs"]?.object?.members ?? []
        #expect(outputs.count == 1)
        for output in outputs { #expect(pipeline.contains(" \(output.name): {path: \(stage.output),")) }
      }
    }
  }

  @Test func `of outputs under several names of the folder, the one under its last is today's`() throws {
    try TestWorkspace.with(Self.pipeline) { workspace in
      let folder = "out/Sholay_1975"
      for name in ["Sholay", "Sholay_1975", "Zanjeer"] {
        for file in ["asr/\(name).asr.json", "diarization/\(name).speaker_segments.json"] {
          try workspace.write("\(folder)/\(file)", "{\"of\": \"\(name)\"}")
        }
      }
      try workspace.write("\(folder)/diarization/Sholay_1975.speaker_segments.json", "{\"of\":")
      let migration = try workspace.cpwx("migrate", "--from-legacy")
      #expect(migration.code == 0, "\(migration.errors)")
      let job = try workspace.job()
      #expect(try workspace.read("\(job)/transcription/transcript.json") == "{\"of\": \"Sholay_1975\"}")
      #expect(try workspace.read("\(job)/diarization/speaker_segments.json") == "{\"of\": \"Sholay\"}")
    }
  }
}
