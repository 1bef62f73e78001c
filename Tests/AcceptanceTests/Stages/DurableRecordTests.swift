import Foundation
import Testing

/// What a run records is on the disk before anybody could miss it.
struct DurableRecordTests {
  @Test func `a manifest gets its name when it is on the disk, and then the name is brought there`() throws {
    try TestWorkspace.with([.making("one"), .making("two", from: ["one.out"])]) { workspace in
      try workspace.film()
      let trace = workspace.path("trace")
      let calls = "trace=fsync,fdatasync,rename,renameat,renameat2"
      let run = try workspace.start(["strace", "-f", "-y", "-s", "4096", "-e", calls, "-o", trace, CPWX.path, "run"])
        .wait()
      #expect(run.code == 0, "\(run.errors)")
      let job = try workspace.job()
      let lines = try workspace.read("trace").split(separator: "\n")
      let renames = lines.indices.filter {
        lines[$0].contains("rename") && lines[$0].contains("\"\(job)/manifest.json\"")
      }
      #expect(renames.count >= 3, "the beginning, the change of stages, the end")
      var last = lines.startIndex
      for (number, rename) in renames.enumerated() {
        let temporary = try #require(lines[rename].split(separator: "\"").dropFirst().first { $0.hasPrefix("/") })
        #expect(lines[last..<rename].contains { Self.syncs($0, String(temporary)) }, "\(lines[rename])")
        let next = number + 1 < renames.count ? renames[number + 1] : lines.endIndex
        #expect(lines[rename..<next].contains { Self.syncs($0, job) }, "\(lines[rename])")
        last = rename
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

  private static func syncs(_ call: Substring, _ path: String) -> Bool {
    call.contains("sync(") && call.contains("<\(path)>")
  }
}
