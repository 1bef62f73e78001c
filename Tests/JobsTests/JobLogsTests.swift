import SystemPackage
import Testing

@testable import Jobs

struct `The logs of a job` {
  @Test func `come as the stages ran, the orchestrator's first`() throws {
    let site = try TemporaryWorkspace()
    let film: JSON = ["file": .null, "title": .null, "year": .null]
    let paths = try JobManager(try site.workspace).createJob(input: film).paths
    try ManifestStore(paths.manifest).update(orElse: Manifest(document: [:])) { manifest in
      for stage in ["demux", "pre-ner", "asr"] { manifest.changeStage(stage) { _ in } }
    }
    for name in [
      "asr.log", "aside.log", "demux.log", "orchestrator_2.log", "orchestrator_1.log", "pre_ner.log", "x.txt",
    ] {
      try DurableFile.write([], to: paths.logs.appending(name))
    }
    let logs = JobLogs(of: paths)
    #expect(
      logs.files.compactMap { $0.lastComponent?.string } == [
        "orchestrator_1.log", "orchestrator_2.log", "demux.log", "pre_ner.log", "asr.log", "aside.log",
      ])
    #expect(try logs.file(of: "pre-ner").lastComponent?.string == "pre_ner.log")
    let error = #expect(throws: JobError.self) { try logs.file(of: "mux") }
    #expect(error?.remedy == "It has: demux, pre_ner, asr, aside")
  }
}
