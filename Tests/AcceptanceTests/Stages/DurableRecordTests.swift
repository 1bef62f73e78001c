import Foundation
import Jobs
import Testing

/// What a run records is on the disk before anybody could miss it.
struct DurableRecordTests {
  @Test func `each stage's beginning and end are on the disk before the manifest with them gets its name`() throws {
    let stages = ["one", "two", "three"]
    try TestWorkspace.with(stages.map { Stage.making($0) }) { workspace in
      try workspace.film()
      let trace = workspace.path("trace")
      let calls = "trace=write,fsync,fdatasync,rename,renameat,renameat2"
      let run = try workspace.start(["strace", "-f", "-y", "-s", "65536", "-e", calls, "-o", trace, CPWX.path, "run"])
        .wait()
      #expect(run.code == 0, "\(run.errors)")
      let job = try workspace.job()
      let lines = try workspace.read("trace").split(separator: "\n")
      let renames = lines.indices.filter {
        lines[$0].contains("rename") && lines[$0].contains("\"\(job)/manifest.json\"")
      }
      #expect(renames.count >= stages.count + 1, "the first beginning, each change of stages, the last end")
      var states: [JSON] = []
      for (number, rename) in renames.enumerated() {
        let temporary = try #require(lines[rename].split(separator: "\"").dropFirst().first { $0.hasPrefix("/") })
        let writes = lines[..<rename].indices.filter { Self.writes(lines[$0], String(temporary)) }
        states.append(try JSON(parsing: try writes.map { try Self.written(lines[$0]) }.joined().utf8))
        let last = try #require(writes.last)
        #expect(lines[last..<rename].contains { Self.syncs($0, String(temporary)) }, "\(lines[rename])")
        let next = number + 1 < renames.count ? renames[number + 1] : lines.endIndex
        #expect(lines[rename..<next].contains { Self.syncs($0, job) }, "\(lines[rename])")
      }
      for stage in stages {
        let told = states.compactMap { $0["stages"]?[stage]?["status"]?.string }
        let changes = told.indices.filter { $0 == 0 || told[$0] != told[$0 - 1] }.map { told[$0] }
        #expect(changes == ["running", "success"], "\(stage)")
      }
    }
  }

  @Test func `the record of a batch is on the disk before a cluster has its jobs`() throws {
    try TestWorkspace.withCluster([.making("one")], films: 1) { workspace, cluster in
      let trace = workspace.path("trace")
      let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,execve"
      let words = ["strace", "-f", "-y", "-s", "4096", "-e", calls, "-o", trace, CPWX.path, "run", "--detach"]
      let run = try workspace.start(words, environment: cluster.environment).wait()
      #expect(run.code == 0, "\(run.errors)")
      let lines = try workspace.read("trace").split(separator: "\n")
      let record = "/logs/batches/\(run.lines[0]).json"
      let rename = try #require(lines.firstIndex { $0.contains("rename") && $0.contains("\(record)\"") })
      let handed = try #require(lines.firstIndex { $0.contains("execve") && $0.contains("sbatch\", \"--parsable\"") })
      let temporary = try #require(lines[rename].split(separator: "\"").dropFirst().first { $0.hasPrefix("/") })
      #expect(rename < handed)
      #expect(lines[..<rename].contains { Self.syncs($0, String(temporary)) }, "\(lines[rename])")
      #expect(lines[rename..<handed].contains { Self.syncs($0, workspace.path("logs/batches")) })
    }
  }

  private static func writes(_ call: Substring, _ path: String) -> Bool {
    call.contains("write(") && call.contains("<\(path)>")
  }

  /// The text that a call writes: strace shows its line ends and quotes as JSON does.
  private static func written(_ call: Substring) throws -> String {
    let first = try #require(call.firstIndex(of: "\""))
    let last = try #require(call.lastIndex(of: "\""))
    return try #require(try JSON(parsing: call[first...last].utf8).string)
  }

  private static func syncs(_ call: Substring, _ path: String) -> Bool {
    call.contains("sync(") && call.contains("<\(path)>")
  }
}
