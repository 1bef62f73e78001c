import Foundation
import SeekableTar
import Synchronization
import SystemPackage
import TestSupport
import Testing

struct `What comes out of an archive` {
  private static let odd = """
    def put(path, data=b"", mode=0o644):
      open(path, "wb").write(data); os.chmod(path, mode)
    job = os.fsencode(job)
    os.makedirs(job + b"/empty/in empty"); os.chmod(job + b"/empty", 0o2775)
    put(job + b"/nothing"); put(job + b"/secret", b"x", 0o600); put(job + b"/run me", b"#!", 0o755); put(job + b"/closed", b"y", 0)
    put(job + b"/" + b"n" * 255, b"long")
    put(job + b"/new\\nline \\\\ \\r \\t*", b"odd"); put(job + b"/-rf", b"dash"); put(job + b"/ bad \\xff\\xfe utf-8", b"bad")
    put(job + "/हिन्दी 映画 é".encode(), b"unicode"); put(job + "/e\\u0301 decomposed".encode(), b"nfd")
    deep = job
    while len(deep) < 3740: deep += b"/" + b"d" * 240
    os.makedirs(job, exist_ok=True)
    here = os.open(job, os.O_RDONLY)
    for name in deep[len(job) + 1:].split(b"/"):
      os.mkdir(name, dir_fd=here); inner = os.open(name, os.O_RDONLY, dir_fd=here); os.close(here); here = inner
    left = 4000 - len(deep) - 1
    f = os.open(b"f" * left, os.O_WRONLY | os.O_CREAT, 0o640, dir_fd=here); os.write(f, b"deep"); os.close(f)
    os.symlink(b"/somewhere/else", job + b"/out"); os.symlink(b"nothing\\xff//there", job + b"/dangling"); os.symlink(b"empty", job + b"/to folder")
    os.mkdir(job + b"/a"); put(job + b"/a.b", b"dot sorts before slash"); put(job + b"/a/b", b"one file"); os.link(job + b"/a/b", job + b"/also b")
    os.link(job + b"/a/b", os.fsencode(logs) + b"/b too")
    with open(job + b"/sparse", "wb") as f:
      f.truncate(40 << 20); f.seek(9 << 20); f.write(b"data"); f.seek(30 << 20); f.write(b"more" * 50000)
    put(job + b"/large", bytes(range(256)) * 20000)
    put(job + b"/just one frame", b"x" * (4 << 20)); put(job + b"/one byte more", b"x" * (4 << 20) + b"y")
    put(job + b"/old"); os.utime(job + b"/old", ns=(0, -1234567890123456789))
    put(job + b"/far"); os.utime(job + b"/far", ns=(0, 9999999999000000001))
    os.mkfifo(job + b"/pipe")
    import socket
    os.chdir(job); s = socket.socket(socket.AF_UNIX); s.bind("socket"); s.close()
    os.mkdir("read only"); put(b"read only/file", b"kept"); os.chmod("read only", 0o555)
    """

  @Test func `is equal in bytes, modes, times, links, empty folders and names of any bytes`() throws {
    let tree = try JobTree(Self.odd)
    let written = try tree.archive()
    #expect(written.skipped.map(\.reason).sorted() == ["a FIFO", "a socket"])
    let report = try tree.extract()
    #expect(report.extracted == written.contents.members.count)
    try tree.change("os.unlink(job + '/pipe'); os.unlink(job + '/socket')")
    // The folder's own time was changed by that.
    try python(
      "s = os.lstat; os.utime(sys.argv[1], ns=(0, s(sys.argv[2]).st_mtime_ns))",
      [JobTree.job, JobTree.job].map { tree.folder.path("restored/\($0)").string })
    let before = try listing(tree.folder.path("workspace").string)
    let after = try listing(tree.folder.path("restored").string)
    let job = { (lines: [String]) in lines.filter { $0.contains("20251030-001/") } }
    #expect(job(after) == job(before))
    #expect(job(before).count > 30)
  }

  @Test func `is good when it is looked at, and when it is read back from the disk`() throws {
    let tree = try JobTree(Self.odd)
    let written = try tree.archive()
    let report = try tree.open().verify(VerificationOptions(expectedDigest: written.archiveDigest))
    #expect(report.isGood, "\(report)")
    #expect(report.checkedBytes >= written.contents.contentBytes)
    #expect(report.archiveDigest == written.archiveDigest)
    try output(of: ["sync", tree.folder.path("job.tar.zst").string])
    try written.readBack(tree.folder.path("job.tar.zst"))
  }

  @Test func `takes up little room where a file was sparse`() throws {
    let tree = try JobTree("open(job + '/sparse', 'wb').truncate(100 << 20)")
    try tree.archive()
    #expect(try tree.open().roomNeeded() == 0)
    // A frame at the end that is no full one, with less than a hole behind its holes.
    try tree.change("open(job + '/sparse', 'wb').truncate((100 << 20) + (70 << 10))")
    try tree.archive()
    #expect(try tree.open().roomNeeded() == 6 << 10)
    try tree.extract()
    let blocks = try python(
      "print(os.stat(sys.argv[1]).st_blocks)", [tree.folder.path("restored/\(JobTree.job)/sparse").string])
    #expect(Int(blocks.dropLast()) ?? .max < 100)
  }

  @Test func `takes up little room where a sparse file has something here and there`() throws {
    let tree = try JobTree(
      """
      with open(job + '/dotted', 'wb') as f:
        f.truncate(64 << 20)
        for n in range(16): f.seek((n << 22) + (1 << 20)); f.write(b'text')
      """)
    try tree.archive()
    let archive = try tree.open()
    #expect(try archive.roomNeeded() == 64 << 20)
    #expect(try archive.roomNeeded(free: 64 << 20) == 64 << 20)
    #expect(try archive.roomNeeded(free: 1 << 20) == 1 << 20)
    // No more than is needed to know that there is room is looked at.
    #expect(try archive.roomNeeded(free: 60 << 20) <= 60 << 20)
    try tree.extract()
    let blocks = try python(
      "print(os.stat(sys.argv[1]).st_blocks)", [tree.folder.path("restored/\(JobTree.job)/dotted").string])
    #expect(Int(blocks.dropLast()) ?? .max <= (1 << 20 + 64 << 10) / 512)
  }

  @Test func `is measured by what it takes on the disk, each file once`() throws {
    let tree = try JobTree(
      """
      open(job + '/sparse', 'wb').truncate(5 << 30)
      open(job + '/noise', 'wb').write(os.urandom(1 << 20))
      os.link(job + '/noise', job + '/noise.link')
      open(job + '/out.wav', 'wb').write(os.urandom(1 << 20))
      """)
    var source = try tree.source
    source.excluding = [Glob("*.wav")]
    let size = try source.measure()
    #expect(size.bytes >= 5 << 30 + 1 << 20 && size.bytes < 5 << 30 + 2 << 20, "\(size.bytes)")
    #expect(size.room >= 2 << 20 && size.room < 3 << 20, "\(size.room)")
  }

  @Test func `comes to its end by the bytes that are told, be some of them a file's with two names`() throws {
    let tree = try JobTree(
      "open(job + '/noise', 'wb').write(os.urandom(1 << 20)); os.link(job + '/noise', job + '/noise.link')")
    let last = Mutex((done: 0, total: 0))
    try tree.archive { $0.progress = { done, total in last.withLock { $0 = (done, total) } } }
    let (done, total) = last.withLock { $0 }
    #expect(done == total && total >= 1 << 20, "\(done) of \(total)")
  }

  @Test func `takes up as little room as the archive on a disk that compresses as well`() throws {
    let tree = try JobTree(
      "open(job + '/text', 'w').write('text ' * 3000000); open(job + '/noise', 'wb').write(os.urandom(700000))")
    try tree.archive()
    let archive = try tree.open()
    #expect(try archive.roomNeeded() == 15_700_000)
    let compressed = try archive.roomNeeded(compressed: true)
    #expect(compressed >= 700_000 && compressed <= archive.archiveBytes, "\(compressed) of \(archive.archiveBytes)")
  }

  @Test func `is one member alone when one is asked for`() throws {
    let tree = try JobTree()
    try tree.archive()
    let archive = try tree.open()
    for path in ["asr/asr.json", "audio/audio.wav", "final_output.mp4", "frames/000.txt", "frames/007.txt"] {
      let member = try archive.member(path)
      let original = FileManager.default.contents(atPath: "\(tree.workspace)/\(JobTree.job)/\(path)")
      #expect(try archive.bytes(of: member) == original.map(Array.init))
      let copy = tree.folder.path("copy")
      let file = try FileDescriptor.open(
        copy, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
      try file.closeAfter { try archive.copy(member, to: file) }
      #expect(FileManager.default.contents(atPath: copy.string) == original)
    }
    let error = try expectArchiveError(.refused) {
      _ = try archive.bytes(of: archive.member("final_output.mp4"), limit: 1000)
    }
    #expect("\(error)".contains("final_output.mp4"))
    try expectArchiveError(.unsupported) { _ = try archive.bytes(of: archive.member("asr")) }
  }

  @Test func `is what was chosen, and a link whose target was not becomes a file`() throws {
    let tree = try JobTree(JobTree.small + "\nos.link(job + '/asr/asr.json', job + '/zz.json')")
    try tree.archive()
    let glob = Glob("zz*")
    try tree.extract(
      "job.tar.zst", ExtractionOptions(includes: { glob.matches($0.path) || Glob("*.wav").matches($0.path) }))
    let all = try listing(tree.folder.path("restored").string).filter { !$0.contains(" 0o40") }
    #expect(all.count == 2)
    let original = try listing(tree.workspace).filter { $0.contains("audio.wav") }
    #expect(all.contains(original[0]))
  }

  @Test func `is never written over what is there`() throws {
    let tree = try JobTree()
    try tree.archive()
    try tree.folder.file("restored/\(JobTree.job)/manifest.json", "mine")
    let error = try expectArchiveError(.refused) { try tree.extract() }
    #expect("\(error)".contains("manifest.json"))
    #expect(try tree.folder.text("restored/\(JobTree.job)/manifest.json") == "mine")
  }
}
