import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// Archives are opened by programs that others wrote.
struct `Without cpwx, an archive` {
  private static let script =
    JobTree.small + """

      os.symlink('asr/asr.json', job + '/link'); os.link(job + '/asr/asr.json', job + '/same.json'); os.mkdir(job + '/empty', 0o750)
      put(job + '/new\\nline \\\\ back', b'odd name'); put(job + '/हिन्दी', b'unicode'); put(job + '/with space', b''); put(job + '/Ame\\u0301lie.srt', b'decomposed'); put(job + '/cr\\r', b'cr')
      put(job + '/subs/a.srt', b'in a closed folder'); put(job + '/subs.txt', b'beside it'); os.utime(job + '/subs', (0, 1e9)); os.chmod(job + '/subs', 0o555)
      put(os.fsencode(job) + b'/bad \\xff', b'bad name'); put(job + '/' + 'n' * 255, b'long name'); put(job + '/-n', b'dash')
      """

  private func check(_ program: [String]) throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let target = try tree.folder.folder("restored").string
    try output(
      of: program.map {
        $0.replacing("ARCHIVE", with: tree.folder.path("job.tar.zst").string).replacing("TARGET", with: target)
      })
    // Folders above the job are not in the archive; some programs have times only to a microsecond.
    let job = { (lines: [String]) in lines.filter { $0.contains("20251030-001/") } }
    let after = try listing(target)
    #expect(job(after) == job(try listing(tree.workspace)))
    let list = FileManager.default.contents(atPath: target + "/.cpwx/manifest-sha256.txt")
    #expect(list != nil)
  }

  @Test func `is extracted by GNU tar`() throws {
    try check(["tar", "--zstd", "--warning=no-unknown-keyword", "-xf", "ARCHIVE", "-C", "TARGET", "-p"])
  }

  @Test func `is extracted by bsdtar`() throws {
    try check(["env", "LC_ALL=C.UTF-8", "bsdtar", "-xpf", "ARCHIVE", "-C", "TARGET"])
  }

  @Test func `is good to zstd -t`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    try output(of: ["zstd", "-tq", tree.folder.path("job.tar.zst").string])
  }

  @Test func `brings a list with which sha256sum -c finds all its files good, and a changed one bad`() throws {
    let tree = try JobTree(Self.script)
    let written = try tree.archive()
    let target = try tree.folder.folder("restored").string
    try output(of: ["tar", "--zstd", "-xf", tree.folder.path("job.tar.zst").string, "-C", target])
    let check = "cd \"$1\" && sha256sum -c --strict .cpwx/manifest-sha256.txt"
    let said = try output(of: ["sh", "-c", check, "sh", target])
    let files = written.contents.members.count { $0.digest != nil }
    #expect(files > 45)
    #expect(said.split(separator: "\n").count { $0.hasSuffix("OK") } == files)
    try tree.folder.file("restored/\(JobTree.job)/manifest.json", "changed")
    let bad = try output(of: ["sh", "-c", check + " || true", "sh", target])
    #expect(bad.contains("manifest.json: FAILED"))
  }

  @Test func `is a file system to ratarmount`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let target = try tree.folder.folder("mounted").string
    let archive = tree.folder.path("job.tar.zst").string
    let mounting = Process()
    mounting.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    mounting.arguments = ["LC_ALL=C.UTF-8", Self.ratarmount, "-f", "--index-file", ":memory:", archive, target]
    (mounting.standardOutput, mounting.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try mounting.run()
    defer {
      _ = try? output(of: ["fusermount3", "-u", target])
      mounting.terminate()
      mounting.waitUntilExit()
    }
    for _ in 0..<30_000 where mounting.isRunning && !FileManager.default.fileExists(atPath: "\(target)/out") {
      usleep(20_000)
    }
    for path in ["asr/asr.json", "final_output.mp4", "frames/007.txt", "same.json", "हिन्दी"] {
      let path = "\(JobTree.job)/\(path)"
      let original = FileManager.default.contents(atPath: "\(tree.workspace)/\(path)")
      #expect(FileManager.default.contents(atPath: "\(target)/\(path)") == original, "\(path)")
    }
  }

  /// `make test` puts it there.
  private static let ratarmount = FilePath(#filePath).removingLastComponent().pushing(
    "../../.build/test-tools/bin/ratarmount"
  )
  .lexicallyNormalized().string
}
