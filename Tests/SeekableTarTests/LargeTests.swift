import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

struct `A job that is large` {
  /// In a process of its own, whose memory is measured.
  @Test func `with a file of 5 GB goes through in little memory`() async throws {
    let tree = try JobTree(
      """
      with open(job + "/sparse.wav", "wb") as f:
        f.truncate(5 << 30)
        for n in range(40): f.seek(n * 120_000_000); f.write(os.urandom(100_000))
      """)
    let workspace: String = tree.workspace
    let archive: String = tree.folder.path("job.tar.zst").string
    let target: String = try tree.folder.folder("restored").string
    await #expect(processExitsWith: .success) {
      [workspace = workspace as String, archive = archive as String, target = target as String] in
      let roots = try [JobTree.job, JobTree.logs].map {
        ArchiveSource.Root(try MemberPath(Array($0.utf8)), at: FilePath(workspace).pushing(FilePath($0)))
      }
      var source = ArchiveSource(roots: roots)
      source.workers = 2
      let written = try source.write(to: FilePath(archive))
      #expect(written.contents.contentBytes == 5 << 30)
      #expect(written.archiveBytes < 20 << 20)
      let report = try withFolder(FilePath(target)) {
        try SeekableArchive(FilePath(archive)).extract(.init(workers: 2), into: $0)
      }
      #expect(report.bytes == 5 << 30)
      #expect(try peakMemory() < 128 << 20)
    }
    // All of it was hashed on its way; so it is enough to look where there was something.
    try python(
      """
      a, b = (open(root + "/" + sys.argv[3] + "/sparse.wav", "rb") for root in sys.argv[1:3])
      for n in range(40):
        a.seek(n * 120_000_000); b.seek(n * 120_000_000)
        assert a.read(200_000) == b.read(200_000), n
      """, [workspace, target, JobTree.job])
  }

  @Test func `with a file of 60 MB and 100,000 small ones goes in in little memory`() async throws {
    let tree = try JobTree(
      """
      open(job + "/final_output.mp4", "wb").write(os.urandom(60_000_000))
      for folder in range(10):
        os.mkdir(job + "/%02d" % folder)
        for n in range(10_000): open(job + "/%02d/%04d.json" % (folder, n), "w").write('{"frame": %d}' % (folder * n))
      """)
    let workspace: String = tree.workspace
    let archive: String = tree.folder.path("job.tar.zst").string
    await #expect(processExitsWith: .success) { [workspace = workspace as String, archive = archive as String] in
      let root = ArchiveSource.Root(
        try MemberPath(Array(JobTree.job.utf8)), at: FilePath(workspace).pushing(FilePath(JobTree.job)))
      var source = ArchiveSource(roots: [root])
      source.workers = 2
      let before = try peakMemory()
      let written = try source.write(to: FilePath(archive))
      #expect(written.contents.members.count == 100_012)
      #expect(try peakMemory() - before < 96 << 20)
    }
  }

  @Test func `with 100,000 small files comes out as it was`() throws {
    let tree = try JobTree(
      """
      for folder in range(100):
        os.mkdir(job + "/%02d" % folder)
        for n in range(1000): open(job + "/%02d/%03d.json" % (folder, n), "w").write('{"frame": %d}' % (folder * n))
      """)
    let written = try tree.archive()
    #expect(written.contents.members.count == 100_102)
    // Onto a file system that is quick with files, and so are the tests.
    let restored = "/dev/shm/cpwx-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: restored, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: restored) }
    _ = try withFolder(FilePath(restored)) { try tree.open().extract(into: $0) }
    let listed =
      "cd \"$1\" && find . -type f -printf '%P %m %T@\\n' | LC_ALL=C sort | sha256sum; find \"$1\" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum"
    #expect(
      try output(of: ["sh", "-c", listed, "sh", tree.workspace])
        == output(of: ["sh", "-c", listed, "sh", restored]))
  }
}

/// Bytes that this process had in memory at most. Not what getrusage tells: that counts in what it was before it became this program.
private func peakMemory() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  return try #require(peak.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) << 10
}
