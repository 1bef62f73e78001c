import Foundation
@testable import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// An archive's own table is no more to be trusted than its tar: anyone can write one.
struct `A hostile table of contents` {
  private func rewrite(_ tree: JobTree, _ change: (inout TableOfContents) throws -> Void) throws {
    let archive = try tree.open()
    var contents = archive.contents
    try change(&contents)
    let data = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))[
      ..<(archive.offsets.last ?? 0)]
    let bytes = try data + Trailer.encode(contents) + SeekTable.encode(contents.frames)
    try Data(bytes).write(to: URL(filePath: tree.folder.path("bad.tar.zst").string))
  }

  private static let script = """
    for name in "abc": open(job + "/" + name, "w").write(name)
    os.symlink("a", job + "/link"); os.link(job + "/a", job + "/z")
    """

  @Test(arguments: [
    "../../outside/x", "/etc/x", "out/../x", "out//x", "out/./x", "", "x\0y", String(repeating: "n", count: 256),
    String(repeating: "d/", count: 2100) + "x",
  ])
  func `with a path that leads elsewhere is refused`(path: String) throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    try rewrite(tree) { contents in
      let number = try #require(contents.index(of: .job("b")))
      contents.members[number].path = MemberPath(unchecked: Array(path.utf8))
      let order = contents.members.indices.sorted { contents.members[$0].path < contents.members[$1].path }
      _ = order
    }
    try expectArchiveError(.refused) { _ = try tree.open("bad.tar.zst") }
  }

  @Test func `with what cannot be so is refused`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let changes: [(String, (inout TableOfContents) throws -> Void)] = [
      ("a name twice", { $0.members[$0.index(of: try .job("b"))!].path = try .job("a") }),
      (
        "out of order",
        { contents in contents.members.swapAt(contents.index(of: try .job("a"))!, contents.index(of: try .job("b"))!) }
      ),
      ("set-uid", { $0.members[$0.index(of: try .job("b"))!].mode = 0o4755 }),
      ("a hard link to a link", { $0.members[$0.index(of: try .job("z"))!].target = try MemberPath.job("link").bytes }),
      ("a hard link to nothing", { $0.members[$0.index(of: try .job("z"))!].target = Array("../x".utf8) }),
      ("through a file", { $0.members[$0.index(of: try .job("b"))!].path = try .job("a/b") }),
      ("through a link", { $0.members[$0.index(of: try .job("z"))!].path = try .job("link/z") }),
      ("a link to nothing", { $0.members[$0.index(of: try .job("link"))!].target = [] }),
    ]
    for (what, change) in changes {
      try rewrite(tree, change)
      #expect(throws: ArchiveError.self, "\(what)") { try tree.open("bad.tar.zst") }
    }
  }

  @Test func `that tells of other places than the frames have is damage`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let changes: [(inout TableOfContents) -> Void] = [
      { $0.members[$0.members.count - 3].size += 1 << 40 }, { $0.members[2].size += 512 },
      { $0.places[2].offset += 512 },
      { $0.manifestPlace.frame += 1 }, { $0.places[2].headerSize += 512 }, { $0.tarBytes += 512 },
      { $0.frames[0].plainSize += 512 },
      { $0.frames.append($0.frames[0]) }, { $0.manifest.size += 1024 }, { $0.manifest.path = $0.members[0].path },
      {
        $0.members.removeLast(); $0.places.removeLast()
      }, { $0.frames[0].plainSize = 0 },
    ]
    for (number, change) in changes.enumerated() {
      try rewrite(tree, change)
      #expect(throws: ArchiveError.self, "\(number)") { try tree.open("bad.tar.zst") }
    }
  }

  @Test func `that tells of other members than the tar has is seen by verify, by name`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let changes: [(String, (inout Member) -> Void)] = [
      ("mode", { $0.mode = 0o777 }), ("time", { $0.modified.nanoseconds += 1 }),
      ("name", { $0.path = MemberPath(unchecked: Array($0.path.bytes) + [0x21]) }),
    ]
    for (what, change) in changes {
      try rewrite(tree) { contents in
        let number = try #require(contents.index(of: .job("b")))
        change(&contents.members[number])
      }
      let report = try tree.open("bad.tar.zst").verify()
      #expect(report.problems.contains { $0.contains("/b") && $0.contains("another \(what)") }, "\(report)")
    }
    try rewrite(tree) { contents in
      let number = try #require(contents.index(of: .job("link")))
      contents.members[number].target = Array("b".utf8)
    }
    #expect(
      try tree.open("bad.tar.zst").verify().problems.contains { $0.contains("/link") && $0.contains("another target") })
    try rewrite(tree) { $0.tarDigest = $0.dataDigest }
    #expect(try tree.open("bad.tar.zst").verify().problems == ["the tar's bytes are not those that were written"])
  }

  @Test func `of any bytes is an error, never more`() throws {
    var random = SplitMix64(seed: 43)
    let tree = try JobTree(Self.script)
    let good = try tree.archive().contents.encoded()
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...40, using: &random)))
        }
      }
      do throws(ArchiveError) {
        var table = try TableOfContents(decoding: bytes)
        try table.check()
      } catch {
        #expect(error.code == .damaged || error.code == .refused)
      }
    }
    #expect(try TableOfContents(decoding: good).encoded() == good)
  }
}
