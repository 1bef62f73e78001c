import Foundation
@testable import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// What `make fuzz` runs for long, for a moment.
struct Fuzzing {
  /// Pieces of a good archive, as Tests/Fuzz/seeds.py makes them.
  private func seeds() throws -> [[UInt8]] {
    let tree = try JobTree(
      """
      os.mkdir(job + "/empty"); open(job + "/a", "w").write("text\\n" * 40); open(job + "/x", "w").close()
      os.symlink("a", job + "/link"); os.link(job + "/a", job + "/z")
      """)
    try tree.archive()
    let archive = try tree.open()
    let path = tree.folder.path("job.tar.zst")
    let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
    let table = try #require(archive.offsets.last)
    let seekTable = bytes.count - SeekTable.size(frames: archive.contents.frames.count)
    try python(
      """
      import tarfile
      with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar: tar.add(sys.argv[2], "tree")
      """, [tree.folder.path("tree.tar").string, tree.workspace])
    let tar = try Array(Data(contentsOf: URL(filePath: tree.folder.path("tree.tar").string)))
    return [
      [0] + archive.contents.encoded(), [1] + bytes[seekTable...], [2] + tar, [3] + bytes[table..<seekTable],
      [4] + bytes,
    ]
  }

  @Test func `takes good input, and refuses what was made of it or takes it`() throws {
    defer { try? FileManager.default.removeItem(atPath: fuzzFolder) }
    var random = SplitMix64(seed: 7)
    for seed in try seeds() {
      #expect(throws: Never.self, "kind \(seed[0])") { try readFuzzed(seed) }
      for _ in 0..<60 {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          bytes[Int.random(in: 1..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count - 1, using: &random)) }
        do {
          try readFuzzed(bytes)
        } catch is ArchiveError {
          continue
        } catch {
          Issue.record("\(error) for \(bytes)")
        }
      }
    }
  }
}
