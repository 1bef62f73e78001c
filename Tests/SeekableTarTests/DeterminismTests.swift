import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

struct `The same tree` {
  private static let script =
    JobTree.small + """

      put(job + '/हिन्दी', b'unicode'); os.symlink('हिन्दी', job + '/link'); os.link(job + '/asr/asr.json', job + '/same.json')
      put(os.fsencode(job) + b'/bad \\xff', b'bad name'); os.mkdir(job + '/empty', 0o750)
      with open(job + '/sparse', 'wb') as f: f.truncate(6 << 20); f.seek(5 << 20); f.write(b'data')
      for path, folders, files in os.walk(b"."):
        for name in folders + files:
          os.utime(os.path.join(path, name), ns=(0, 1761800000123456789), follow_symlinks=False)
      """

  @Test(arguments: [1, 2, 4]) func `is the same archive, with any number of workers`(workers: Int) throws {
    let tree = try JobTree(Self.script)
    let one = try tree.archive("one") { $0.workers = 1 }
    let two = try tree.archive("two") { $0.workers = workers }
    #expect(one.archiveDigest == two.archiveDigest)
    #expect(try output(of: ["cmp", tree.folder.path("one").string, tree.folder.path("two").string]).isEmpty)
    #expect(try output(of: ["sha256sum", tree.folder.path("one").string]).hasPrefix(one.archiveDigest.hex))
  }

  @Test func `is the same tar whenever it is made, and wherever`() throws {
    let tree = try JobTree(
      """
      def put(path, data, mode): open(path, "wb").write(data); os.chmod(path, mode)
      put(job + "/job.env", b"JOB_ID=20251030-001\\n", 0o600); put(job + "/manifest.json", b"{}", 0o644)
      put(job + "/large", bytes(range(256)) * 1200, 0o640); put(job + "/empty", b"", 0o444)
      put(job + "/शोले.srt", "नमस्ते\\n".encode(), 0o644); os.mkdir(job + "/folder"); os.chmod(job + "/folder", 0o750)
      os.symlink("large", job + "/link"); os.link(job + "/job.env", job + "/twin"); put(logs + "/asr.log", b"done\\n" * 9, 0o644)
      for path in [job, logs]: os.chmod(path, 0o755)
      for path, folders, files in os.walk("."):
        for name in folders + files:
          os.utime(os.path.join(path, name), ns=(0, 1761800000123456789), follow_symlinks=False)
      """)
    let written = try tree.archive()
    // Who changes what this is of makes another format of it.
    #expect(written.contents.tarDigest.hex == "8b0d5b7b76c58e3a50d386c203c778ccc1b966fe1436bdbae11293ffe38d85bc")
    #expect(written.contents.tarBytes == 329_728)
  }

  @Test func `is the same archive from a copy that was made in another order, sparse or not`() throws {
    let tree = try JobTree(Self.script)
    let one = try tree.archive("one")
    let copy = try tree.folder.folder("copy")
    try python(
      """
      import random
      source, target = map(os.fsencode, sys.argv[1:3])
      folders, things, links = [], [], {}
      for path, inner, files in os.walk(source):
        for name in inner + files:
          whole = os.path.join(path, name)
          (folders if os.path.isdir(whole) and not os.path.islink(whole) else things).append(os.path.relpath(whole, source))
      for path in folders: os.makedirs(os.path.join(target, path), exist_ok=True)
      random.seed(7); random.shuffle(things)
      for path in things:
        old, new = os.path.join(source, path), os.path.join(target, path)
        s = os.lstat(old)
        if stat.S_ISLNK(s.st_mode): os.symlink(os.readlink(old), new)
        elif s.st_ino in links: os.link(links[s.st_ino], new)
        else: open(new, "wb").write(open(old, "rb").read()); links[s.st_ino] = new
      for path in folders + things:
        old, new = os.path.join(source, path), os.path.join(target, path)
        s = os.lstat(old)
        if not stat.S_ISLNK(s.st_mode): os.chmod(new, stat.S_IMODE(s.st_mode))
        os.utime(new, ns=(0, s.st_mtime_ns), follow_symlinks=False)
      """, [tree.workspace, copy.string])
    let two = try tree.source(at: copy.string).write(to: tree.folder.path("two"))
    #expect(one.archiveDigest == two.archiveDigest)
  }

  @Test(arguments: ["C", "C.UTF-8", "POSIX"], ["UTC", "Asia/Kolkata"])
  func `is the same archive in any locale and time zone`(locale: String, zone: String) async throws {
    let tree = try JobTree(Self.script)
    let expected = try tree.archive("one").archiveDigest.hex
    let workspace: String = tree.workspace
    let target: String = tree.folder.path("two").string
    await #expect(processExitsWith: .success) {
      [workspace = workspace as String, target = target as String, locale = locale as String, zone = zone as String] in
      setenv("LC_ALL", locale, 1)
      setenv("TZ", zone, 1)
      tzset()
      setlocale(LC_ALL, "")
      let roots = try [JobTree.job, JobTree.logs].map {
        ArchiveSource.Root(try MemberPath(Array($0.utf8)), at: FilePath(workspace).pushing(FilePath($0)))
      }
      _ = try ArchiveSource(roots: roots).write(to: FilePath(target))
    }
    #expect(try output(of: ["sha256sum", target]).hasPrefix(expected))
  }
}
