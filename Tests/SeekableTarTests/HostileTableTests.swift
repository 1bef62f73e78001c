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
    }
    let error = try expectArchiveError(.refused) { _ = try tree.open("bad.tar.zst") }
    #expect(error.member?.bytes == Array(path.utf8), "\(error)")
  }

  @Test func `with what cannot be so is refused`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let changes: [(String, named: String, (inout TableOfContents) throws -> Void)] = [
      ("a name twice", "a", { $0.members[$0.index(of: try .job("b"))!].path = try .job("a") }),
      (
        "a link's name for a folder", "link",
        { contents in
          let number = contents.index(of: try .job("z"))!
          contents.members[number].path = try .job("link")
          contents.members[number].kind = .folder
        }
      ),
      (
        "out of order", "a",
        { contents in contents.members.swapAt(contents.index(of: try .job("a"))!, contents.index(of: try .job("b"))!) }
      ),
      ("set-uid", "b", { $0.members[$0.index(of: try .job("b"))!].mode = 0o4755 }),
      (
        "a hard link to a link", "z",
        { $0.members[$0.index(of: try .job("z"))!].target = try MemberPath.job("link").bytes }
      ),
      ("a hard link to nothing", "z", { $0.members[$0.index(of: try .job("z"))!].target = Array("../x".utf8) }),
      ("through a file", "a/b", { $0.members[$0.index(of: try .job("b"))!].path = try .job("a/b") }),
      (
        "through a file, with others between", "a/c",
        { contents in
          contents.members[contents.index(of: try .job("b"))!].path = try .job("a-b")
          contents.members[contents.index(of: try .job("c"))!].path = try .job("a/c")
        }
      ),
      ("through a link", "link/z", { $0.members[$0.index(of: try .job("z"))!].path = try .job("link/z") }),
      ("a link to nothing", "link", { $0.members[$0.index(of: try .job("link"))!].target = [] }),
    ]
    for (what, named, change) in changes {
      try rewrite(tree, change)
      let error = try expectArchiveError(.refused) { _ = try tree.open("bad.tar.zst") }
      #expect(error.member == (try .job(named)), "\(what): \(error)")
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
    let readBack = try tree.open("bad.tar.zst").verify(.init(fromDisk: true))
    #expect(readBack.problems == ["the tar's bytes are not those that were written"])
    try rewrite(tree) { $0.dataDigest = $0.tarDigest }
    // That of the file to the end of its table is another then, too.
    #expect(
      try tree.open("bad.tar.zst").verify().problems.first == "the archive's bytes are not those that were written")
    try rewrite(tree) { $0.hashState?[0] ^= 1 }
    let problems = try tree.open("bad.tar.zst").verify().problems
    #expect(problems.count == 1 && problems[0].hasPrefix("the archive's hash is not the one that was recorded"))
    // One that does not tell is as good.
    try rewrite(tree) { $0.hashState = nil }
    let silent = try tree.open("bad.tar.zst")
    #expect(try silent.digest() == nil && silent.verify().isGood)
  }

  @Test func `of more members than an archive may have is not written`() throws {
    let contents = try JobTree(Self.script).archive().contents
    let most = contents.members.count + 1
    #expect(try Trailer.encode(contents, most: most).isEmpty == false)
    let error = try expectArchiveError(.unsupported) { _ = try Trailer.encode(contents, most: most - 1) }
    #expect(error.message == "the archive cannot be written: it would have too many members")
  }

  @Test func `of any bytes is an error, never more`() throws {
    var random = SplitMix64(seed: 43)
    let tree = try JobTree(Self.script)
    let contents = try tree.archive().contents
    let (good, limits) = (contents.encoded(), TableLimits(archiveBytes: 3000, frames: contents.frames.count))
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
        var table = try TableOfContents(decoding: bytes, limits)
        try table.check(limits)
      } catch {
        #expect(error.code == .damaged || error.code == .refused)
      }
    }
    #expect(try TableOfContents(decoding: good, limits).encoded() == good)
  }

  @Test func `of more than its archive can hold is refused before it takes memory`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let folder = Member(
      path: try .job("b"), kind: .folder, mode: 0o755, modified: ModificationTime(seconds: 0, nanoseconds: 0))
    let deep = Member(
      path: MemberPath(unchecked: Array(String(repeating: "d/", count: 2000).utf8)), kind: .folder, mode: 0o755,
      modified: ModificationTime(seconds: 0, nanoseconds: 0))
    let changes: [(String, (inout TableOfContents) -> Void)] = [
      ("patterns", { $0.excluded = Array(repeating: Glob(""), count: 100_000) }),
      (
        "left out members",
        { $0.skipped = Array(repeating: SkippedSource(path: folder.path, reason: ""), count: 10_000) }
      ),
      (
        "members",
        {
          $0.members += Array(repeating: folder, count: 10_000)
          $0.places += Array(repeating: Place(frame: 0, offset: 0, headerSize: 512), count: 10_000)
        }
      ),
      (
        "paths that are all but the same",
        {
          $0.members += Array(repeating: deep, count: 1000)
          $0.places += Array(repeating: Place(frame: 0, offset: 0, headerSize: 512), count: 1000)
        }
      ),
      (
        "folders that are no members",
        {
          for number in $0.members.indices where $0.members[number].kind != .folder {
            let path = $0.members[number].path.bytes
            if path.last == UInt8(ascii: "a") { continue }
            $0.members[number].path = MemberPath(unchecked: path + Array(String(repeating: "/d", count: 2000).utf8))
          }
        }
      ),
      ("bytes", { $0.annotations["a"] = String(repeating: " ", count: 9_000_000) }),
    ]
    for (what, change) in changes {
      try rewrite(tree, change)
      let error = try expectArchiveError(.refused) { _ = try tree.open("bad.tar.zst") }
      #expect("\(error)".contains("tells of more than an archive of"), "\(what): \(error)")
    }
    // Frames that the seek table does not have.
    var table = try tree.open().contents
    let limits = TableLimits(archiveBytes: 1 << 20, frames: table.frames.count)
    table.frames += Array(repeating: table.frames[0], count: 100_000)
    let bytes = table.encoded()
    try expectArchiveError(.refused) { _ = try TableOfContents(decoding: bytes, limits) }
  }

  @Test func `of more things than any archive has is refused, whatever the archive's size`() throws {
    let tree = try JobTree(Self.script)
    var contents = try tree.archive().contents
    (contents.excluded, contents.annotations) = ([], [:])
    // Behind the version, libzstd's, whether it is redacted, the tar's bytes and two hashes are the patterns.
    let good = contents.encoded()
    let place =
      try #require(good.indices.dropLast(32).first { good[$0..<$0 + 32].elementsEqual(contents.dataDigest.bytes) }) + 32
    #expect(good[place] == 0)
    var count = PackedBytes()
    count.add(10_000_001)
    let bytes = good[..<place] + count.bytes + [UInt8](repeating: 0, count: 12_000_000)
    let limits = TableLimits(archiveBytes: 1 << 40, frames: contents.frames.count)
    let error = try expectArchiveError(.refused) { _ = try TableOfContents(decoding: Array(bytes), limits) }
    #expect("\(error)".contains("tells of more than an archive of"), "\(error)")
    // None is made that could not be read.
    contents.skipped = Array(
      repeating: SkippedSource(path: contents.members[0].path, reason: ""), count: TableLimits.mostThings + 1)
    try expectArchiveError(.unsupported) { _ = try Trailer.encode(contents) }
  }

  @Test func `of as many alike things as an archive can hold is none`() throws {
    let tree = try JobTree(
      """
      for n in range(3000): os.mkdir(job + "/%05d" % n)
      long = "/".join(["b" * 200] * 20)
      for n in range(500): os.symlink(long, job + "/link-%05d" % n)
      top = os.open(job, os.O_RDONLY)
      for n in range(200):
        at = top
        for name in ["%05d-" % n] + ["a" * 200] * 18:
          try: os.mkdir(name, dir_fd=at)
          except FileExistsError: pass
          inner = os.open(name, os.O_RDONLY, dir_fd=at)
          if at != top: os.close(at)
          at = inner
        os.close(at)
      """)
    let written = try tree.archive()
    #expect(written.contents.members.count > 7000)
    #expect(try tree.open().contents.members == written.contents.members)
  }
}
