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
    #expect(try logs.file(of: "Pre-NER").lastComponent?.string == "pre_ner.log")
    let error = #expect(throws: JobError.self) { try logs.file(of: "mux") }
    #expect(error?.remedy == "It has: demux, pre_ner, asr, aside")
  }

  @Test func `is read from its start when it was cut short, grown again or replaced, and no line is glued to another`()
    throws
  {
    let site = try TemporaryWorkspace()
    let path = try site.file("asr.log", "one\ntw")
    let source = LogSource(path)
    func news() throws -> String {
      var bytes: [UInt8] = []
      try source.drain { bytes += $0 }
      return String(decoding: bytes, as: UTF8.self)
    }
    func write(_ text: String, _ options: FileDescriptor.OpenOptions) throws {
      let file = try FileDescriptor.open(path, .writeOnly, options: options)
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }
    #expect(try news() == "one\ntw")
    try write("o\n", .append)
    #expect(try news() == "o\n")
    try write("another one, and longer\nhal", .truncate)
    #expect(try news() == "another one, and longer\nhal")
    try write("cut\n", .truncate)
    #expect(try news() == "\ncut\n")
    try write("no end", .append)
    try DurableFile.write(Array("new file\n".utf8), to: path)
    #expect(try news() == "no end\nnew file\n")
    #expect(try news() == "")
  }
}
