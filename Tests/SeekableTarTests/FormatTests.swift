import Foundation
@testable import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// The format to the letter, as programs see it that know nothing of cpwx.
struct `An archive's format` {
  @Test
  func `is a tar of pax: sorted, owner 0 without a name, times to the nanosecond, no other times, no private keywords`()
    throws
  {
    let tree = try JobTree(
      JobTree.small
        + "\nos.symlink('b', job + '/link'); os.makedirs(job + '/a/d'); os.makedirs(job + '/a-d/d')"
        + "\nfor name in ['a-', 'a-b', 'a-d.x', 'a/b', 'a/d!', 'a/d/c', 'a0', 'a-d/b']: open(job + '/' + name, 'w')")
    let written = try tree.archive()
    let said = try python(
      """
      import subprocess, tarfile, io
      tar = subprocess.run(["zstd", "-dcq", sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout
      assert len(tar) == int(sys.argv[2]) and hashlib.sha256(tar).hexdigest() == sys.argv[3]
      assert tar[-1024:] == bytes(1024) and tar[-1536:-1024] != bytes(512)
      members = tarfile.open(fileobj=io.BytesIO(tar)).getmembers()
      names = [m.name.encode() + (b"/" if m.isdir() else b"") for m in members]
      assert names[:-1] == sorted(names[:-1]) and any(n.endswith(b"/a-d.x") for n in names), names
      assert names[-1] == b".cpwx/manifest-sha256.txt"
      for m in members:
        assert (m.uid, m.gid, m.uname, m.gname) == (0, 0, "", ""), m
        assert set(m.pax_headers) <= {"mtime", "path", "linkpath", "size"}, m.pax_headers
      print(members[1].name, members[1].pax_headers["mtime"], oct(members[1].mode))
      """, [tree.folder.path("job.tar.zst").string, "\(written.contents.tarBytes)", written.contents.tarDigest.hex])
    #expect(said == "\(JobTree.logs)/asr.log 1761800000.123456789 0o644\n")
  }

  @Test
  func
    `is independent frames with checksum and size, small members packed, large ones cut at 4 MiB behind their header`()
    throws
  {
    let tree = try JobTree()
    try tree.archive()
    let said = try python(
      """
      import struct, subprocess
      data = open(sys.argv[1], "rb").read()
      assert data[:4] == b"\\x28\\xb5\\x2f\\xfd"
      count, flags, magic = struct.unpack("<IBI", data[-9:])
      assert magic == 0x8F92EAB1 and flags == 0x80
      table = len(data) - 9 - 12 * count
      assert struct.unpack("<II", data[table - 8:table]) == (0x184D2A5E, 12 * count + 9)
      place, tar = 0, b""
      sizes = []
      for number in range(count):
        packed, plain, checksum = struct.unpack("<III", data[table + 12 * number:table + 12 * number + 12])
        frame = data[place:place + packed]
        assert frame[4] & 4, "a checksum"
        assert frame[4] >> 6 or frame[4] & 32, "a size"
        assert frame[-4:] == struct.pack("<I", checksum)
        out = subprocess.run(["zstd", "-dcq"], input=frame, stdout=subprocess.PIPE, check=True).stdout
        assert len(out) == plain
        sizes.append(plain); tar += out; place += packed
      assert hashlib.sha256(data[:place]).hexdigest() == sys.argv[2]
      assert struct.unpack("<I", data[place:place + 4])[0] & 0xFFFFFFF0 == 0x184D2A50
      assert place + 8 + struct.unpack("<I", data[place + 4:place + 8])[0] == table - 8
      print(*sizes)
      """, [tree.folder.path("job.tar.zst").string, try tree.open().contents.dataDigest.hex])
    let sizes = said.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    // Bytewise: logs before out; asr.json, audio.wav and final_output.mp4 each have a header of three blocks, then content.
    let large = { (size: Int) in
      [1536] + stride(from: 0, to: size, by: 4 << 20).map { min(4 << 20, (size - $0 + 511) / 512 * 512) }
    }
    for size in [1_020_000, 700_016, 5_000_012] {
      #expect(sizes.contains(large(size)), "\(sizes)")
    }
    #expect(sizes.allSatisfy { $0 <= 4 << 20 })
  }

  @Test func `has no frame of small members beyond 256 KiB`() throws {
    let tree = try JobTree(
      """
      sizes = [n * 997 % 9000 for n in range(300)] + [100000, 200000, 260608, 3, 260607, 150000, 150000, 259072]
      for n, size in enumerate(sizes): open(job + "/%05d" % n, "wb").write(b"x" * size)
      """)
    try tree.archive()
    let said = try python(
      """
      import struct
      data = open(sys.argv[1], "rb").read()
      count = struct.unpack("<I", data[-9:-5])[0]
      end = len(data) - 9 - 12 * count
      print(*[struct.unpack("<I", data[end + 12 * n + 4:end + 12 * n + 8])[0] for n in range(count)])
      """, [tree.folder.path("job.tar.zst").string])
    let sizes = said.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    #expect(sizes.allSatisfy { $0 <= 256 << 10 }, "\(sizes)")
    // As full as they can be: no two that follow one another would go into one.
    #expect(sizes.contains(256 << 10) && sizes.count < 24, "\(sizes)")
  }

  @Test func `is compressed at level 1 where it is so already, at 3 where it is text, and tells which`() throws {
    let tree = try JobTree()
    try tree.archive()
    let contents = try tree.open().contents
    /// Of the frames with a large member's content, of which a header alone comes before.
    func levels(_ path: String, frames count: Int) throws -> [Int] {
      let member = try #require(contents.index(of: .job(path)))
      let first = contents.places[member].frame + 1
      return contents.frames[first..<first + count].map(\.level)
    }
    #expect(try levels("audio/audio.wav", frames: 1) == [1])
    #expect(try levels("final_output.mp4", frames: 2) == [1, 1])
    #expect(try levels("asr/asr.json", frames: 1) == [3])
    // The small members are text.
    let small = try #require(contents.index(of: .job("job.env")))
    #expect(contents.frames[contents.places[small].frame].level == 3)
  }

  @Test func `tells by the table what is in it, without the data being read`() throws {
    let tree = try JobTree()
    let written = try tree.archive { source in
      source.annotations = ["job_id": "20251030-001", "title": "हिन्दी"]
      source.excluding = [Glob("*.wav"), Glob("frames/00?.txt")]
    }
    let file = tree.folder.path("job.tar.zst")
    let end = try tree.open().contents.dataDigest
    // With the data gone the table still stands.
    try python(
      """
      f = open(sys.argv[1], "r+b"); f.write(bytes(100000))
      """, [file.string])
    let contents = try tree.open().contents
    #expect(contents.dataDigest == end)
    #expect(contents.members == written.contents.members)
    #expect(contents.annotations == ["job_id": "20251030-001", "title": "हिन्दी"])
    #expect(contents.excluded.map(\.pattern) == ["*.wav", "frames/00?.txt"])
    #expect(contents.zstdVersion.split(separator: ".").count == 3)
    #expect(!contents.members.contains { "\($0.path)".contains(".wav") || "\($0.path)".contains("/00") })
    #expect(contents.members.contains { "\($0.path)".contains("/010.txt") })
    #expect(!contents.isRedacted)
  }

  @Test func `has some forty bytes of table for each file`() throws {
    let tree = try JobTree("for n in range(2000): open(job + '/frame-%05d.json' % n, 'w').write('{\"frame\": %d}' % n)")
    let written = try tree.archive()
    let data = try output(of: ["wc", "-c", tree.folder.path("job.tar.zst").string])
    let frames = written.contents.tarBytes / (200 << 10)
    #expect(Int(data.split(separator: " ")[0]) == written.archiveBytes)
    let table = try python(
      """
      import struct
      data = open(sys.argv[1], "rb").read()
      count = struct.unpack("<I", data[-9:-5])[0]
      end = len(data) - 17 - 12 * count
      place = sum(struct.unpack("<I", data[end + 8 + 12 * n:end + 12 + 12 * n])[0] for n in range(count))
      print(end - place)
      """, [tree.folder.path("job.tar.zst").string])
    let bytes = try #require(Int(table.dropLast()))
    #expect(bytes / 2000 < 46, "\(bytes) bytes, \(frames) frames")
  }

  @Test func `keeps a redacted file's new bytes and says that there are some`() throws {
    let tree = try JobTree()
    try tree.archive { source in
      source.redaction = Redaction(
        masking: { path, _ in
          guard path.bytes.suffix(8).elementsEqual("/job.env".utf8) else { return nil }
          return { bytes, _ in Array(String(decoding: bytes, as: UTF8.self).replacing("s3cr3t-value", with: "***").utf8)
          }
        }, shownName: { _ in nil })
    }
    let archive = try tree.open()
    #expect(archive.contents.isRedacted)
    let text = String(decoding: try archive.bytes(of: archive.member("job.env")), as: UTF8.self)
    #expect(text == "JOB_ID=20251030-001\nTMDB_API_KEY=***\n")
    #expect(try archive.verify().isGood)
  }
}
