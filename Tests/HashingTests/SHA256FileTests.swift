import Foundation
import Hashing
import SystemPackage
import TestSupport
import Testing

struct `SHA-256 of a file` {
  /// Around the edges of the algorithm's block of 64 bytes, of its padding, and of the piece of 1 MiB that is read.
  private static let sizes =
    [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128]
    + [1, 2].flatMap { count in
      (-1...1).map { (count << 20) + $0 }
    }

  @Test func `is what sha256sum says, whatever its size`() throws {
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: 4)
    let paths = try Self.sizes.map { size in
      let words = (0..<size / 8 + 1).map { _ in random.next() }
      let path = folder.path("\(size)")
      try words.withUnsafeBytes { Data($0.prefix(size)) }.write(to: URL(filePath: path.string))
      return path.string
    }
    let said = try output(of: ["sha256sum", "--"] + paths).split(separator: "\n").map { String($0.prefix(64)) }
    try #require(said.count == paths.count)
    for (path, digest) in zip(paths, said) {
      #expect(try SHA256.hex(ofFileAt: FilePath(path)) == digest, "\(path)")
    }
  }

  @Test func `is that of its content, whatever its name, links followed`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("-n हिन्दी\n'\"", "abc")
    let link = folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: path.string)
    for path in [path, link] { #expect(try SHA256.hex(ofFileAt: path) == SHA256.hex(of: "abc".utf8)) }
  }

  @Test func `is an error of the system's where there is no file to read`() throws {
    let folder = try TemporaryFolder()
    try folder.file("file")
    for (name, reason): (String, Errno) in [
      ("gone", .noSuchFileOrDirectory), ("", .isDirectory), ("file/below", .notDirectory),
      (String(repeating: "n", count: 256), .fileNameTooLong),
    ] {
      #expect(throws: reason) { try SHA256.hex(ofFileAt: folder.path(name)) }
    }
  }

  @Test func `is an error where the file may not be read`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = try folder.file("secret", "abc", mode: [])
      seteuid(65_534)
      defer { seteuid(getuid()) }
      #expect(throws: Errno.permissionDenied) { try SHA256.hex(ofFileAt: path) }
    }
  }

  @Test func `leaves no descriptor open, whether it can be read or not`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = try folder.file("a", "abc")
      func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
      let before = try open()
      for _ in 0..<100 {
        _ = try SHA256.hex(ofFileAt: path)
        _ = try? SHA256.hex(ofFileAt: folder.root)
      }
      #expect(try open() < before + 50)
    }
  }
}
