import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

struct `A path in an archive` {
  @Test(arguments: ["a", "a/b", "a b/ c", "…", "a/..b/c..", "-", "a\nb"]) func `is relative and tidy`(text: String)
    throws
  {
    let path = try MemberPath(Array(text.utf8))
    #expect(path.filePath == FilePath(text))
    #expect(try MemberPath(path.filePath) == path)
  }

  @Test(arguments: ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0"]) func `is nothing else`(
    text: String
  ) throws {
    try expectArchiveError(.refused) { _ = try MemberPath(Array(text.utf8)) }
  }

  @Test func `shows what cannot be seen`() throws {
    #expect("\(try MemberPath(Array("a\nb\u{1B}[m é".utf8)))" == "a\\nb\\x1b[m é")
    #expect("\(try MemberPath([0x61, 0xFF, 0x0A]))" == "a\\xff\\n")
  }

  @Test func `sorts by its bytes`() throws {
    let names: [[UInt8]] = [[0x61], [0x61, 0x2D], [0x61, 0x2F, 0x62], [0x61, 0x62], [0xC3, 0xA9], [0xFF]]
    let paths = try names.map { try MemberPath($0) }
    #expect(paths.shuffled().sorted() == paths)
  }

  @Test func `knows what it is below`() throws {
    let folder = try MemberPath("out/a")
    #expect(try MemberPath("out/a/b/c").isBelow(folder))
    #expect(try !MemberPath("out/ab").isBelow(folder))
    #expect(!folder.isBelow(folder))
    #expect(folder.parent == (try MemberPath("out")))
    #expect(try MemberPath("out").parent == nil)
  }
}

struct `A glob` {
  private static let root = "out/2025/10/30/1/20251030-001"

  @Test(arguments: [
    ("*.wav", "audio/audio.wav", true), ("*.wav", "audio/audio.wave", false), ("audio", "audio/deep/x", true),
    ("audio", "audio2/x", false),
    ("audio/*.wav", "audio/a.wav", true), ("audio/*.wav", "audio/b/a.wav", false), ("audio/**", "audio/b/a.wav", true),
    ("**/a.wav", "audio/b/a.wav", true), ("audio/", "audio/x", true), ("/audio", "audio/x", true),
    ("/audio/x", "b/audio/x", false),
    ("frame-??.txt", "f/frame-01.txt", true), ("frame-??.txt", "f/frame-1.txt", false), ("[a-c]*", "x/bee", true),
    ("[!a-c]*", "bee", false),
    ("[]]", "]", true), ("[", "[", true), ("a\\*b", "a*b", true), ("a\\*b", "axb", false), ("*a*b*c", "xaxbxc", true),
    ("*a*b*c", "xaxcxb", false),
    ("", "a", false), ("out/2025/**/audio", "audio/x", true), ("ffmpeg-*.log", "ffmpeg-9.log", true), ("*", "x", true),
  ])
  func `takes what it says`(pattern: String, path: String, fits: Bool) throws {
    let root = try MemberPath(Array(Self.root.utf8))
    let member = try MemberPath(Array("\(Self.root)/\(path)".utf8))
    // Names of the root's own folders are not in question here.
    let isFit = Glob(pattern).matches(member, below: root)
    if pattern == "*" || pattern.hasPrefix("[") { #expect(isFit || !fits) } else { #expect(isFit == fits) }
  }

  @Test func `takes a star through any bytes quickly`() throws {
    let name = try MemberPath([UInt8](repeating: 0x61, count: 200) + [0xFF])
    #expect(!Glob("a*a*a*a*a*a*a*a*a*a*a*a*b").matches(name))
    #expect(Glob("a*a*?").matches(name))
  }
}

extension MemberPath {
  fileprivate init(_ text: String) throws { try self.init(Array(text.utf8)) }
}
