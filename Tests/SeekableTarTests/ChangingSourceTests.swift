import Foundation
import SeekableTar
import SystemPackage
import Synchronization
import TestSupport
import Testing

/// A source must stay as it is while it is read; if not, there is no archive, and it is said of which file.
struct `A source that changes` {
  private static let script = """
    for name in ["a-large", "b-large"]: open(job + "/" + name, "wb").write(os.urandom(9 << 20))
    os.mkdir(job + "/inner"); open(job + "/inner/late", "w").write("late"); open(job + "/z-last", "w").write("z")
    """

  @Test(arguments: [
    ("grows", "open(job + '/a-large', 'ab').write(b'more')", "a-large", "grew"),
    ("shrinks", "os.truncate(job + '/a-large', 5 << 20)", "a-large", "shrank"),
    ("is written to", "f = open(job + '/a-large', 'r+b'); f.write(b'other')", "a-large", "was changed"),
    ("vanishes before it is read", "os.unlink(job + '/b-large')", "b-large", "was gone"),
    ("vanishes with its folder", "import shutil; shutil.rmtree(job + '/inner')", "inner/late", "was gone"),
    ("is replaced by another", "os.rename(job + '/z-last', job + '/b-large')", "b-large", "was replaced"),
    (
      "is replaced by a link", "os.unlink(job + '/z-last'); os.symlink('/etc/passwd', job + '/z-last')", "z-last",
      "was replaced"
    ),
    (
      "has a folder above it replaced by a link",
      "os.rename(job + '/inner', job + '/moved'); os.symlink('moved', job + '/inner')", "inner/late", "was replaced"
    ),
  ])
  func `while it is read is told of by name`(what: String, change: String, file: String, said: String) throws {
    let tree = try JobTree(Self.script)
    let once = Mutex(false)
    let error = try expectArchiveError(.changed) {
      try tree.archive { source in
        source.workers = 1
        source.progress = { _, _ in
          let first = once.withLock { done in
            defer { done = true }
            return !done
          }
          if first { try tree.change(change) }
        }
      }
    }
    #expect(error.member == (try .job(file)), "\(what): \(error)")
    #expect(error.message.hasPrefix(said), "\(what): \(error)")
  }

  @Test(arguments: [
    ("open(job + '/manifest.json', 'a').write(' ')", "manifest.json", "has another size"),
    ("open(job + '/manifest.json', 'r+').write('X')", "manifest.json", "was changed"),
    ("os.unlink(job + '/manifest.json')", "manifest.json", "is gone"),
    ("open(job + '/new', 'w')", "new", "is new"),
    ("os.mkfifo(job + '/pipe')", "pipe", "is new"),
    (
      // Made while the old one is there, so that it cannot get its inode.
      "s = os.stat(job + '/manifest.json'); d = open(job + '/manifest.json').read(); open(job + '/other', 'w').write(d);"
        + "os.utime(job + '/other', ns=(0, s.st_mtime_ns)); os.replace(job + '/other', job + '/manifest.json')",
      "manifest.json", "is another file now"
    ),
  ])
  func `after it was read is told of when it is looked at again`(change: String, file: String, said: String) throws {
    let tree = try JobTree()
    let written = try tree.archive()
    #expect(try tree.source.changes(since: written).isEmpty)
    try tree.change(change)
    let changes = try tree.source.changes(since: written)
    #expect(changes.contains(where: { (try? $0.path == .job(file)) ?? false && $0.what == said }), "\(changes)")
  }

  @Test func `ends with what the progress threw, when that throws`() throws {
    struct Enough: Error {}
    let tree = try JobTree(Self.script)
    #expect(throws: Enough.self) {
      try tree.archive { $0.progress = { done, _ in if done > 0 { throw Enough() } } }
    }
  }

  @Test func `is not what is told of when the disk is full`() throws {
    let tree = try JobTree(Self.script)
    let full = try FileDescriptor.open("/dev/full", .writeOnly)
    let error = try expectArchiveError(.io) { _ = try full.closeAfter { try tree.source.write(to: full) } }
    #expect(error.underlying as? Errno == .noSpace)
  }

  @Test func `is refused when it holds what no archive keeps`() throws {
    let tree = try JobTree("open(job + '/tool', 'w'); os.chmod(job + '/tool', 0o4755)")
    let error = try expectArchiveError(.unsupported) { try tree.archive() }
    #expect(error.member == (try .job("tool")))
    let deep = try JobTree(
      """
      here = os.open(job, os.O_RDONLY)
      for n in range(20):
        os.mkdir("d" * 250, dir_fd=here); inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here); os.close(here); here = inner
      """)
    try expectArchiveError(.unsupported) { try deep.archive() }
    let gone = try JobTree("os.rmdir(logs)")
    try expectArchiveError(.changed) { try gone.archive() }
  }
}
