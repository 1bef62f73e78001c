import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// Archives that others made to do harm.
struct `A hostile archive` {
  /// Makes one archive a case, `NAME.tar.zst`, and prints the names with what is to be named in the refusal.
  private static let corpus = """
    import tarfile, io, subprocess, struct
    os.chdir(sys.argv[1])
    def entry(name, data=b"harm", type=tarfile.REGTYPE, link="", mode=0o644, size=None, **more):
      info = tarfile.TarInfo(name); info.type = type; info.linkname = link; info.mode = mode; info.mtime = 1700000000
      info.size = len(data) if type == tarfile.REGTYPE else 0
      info.pax_headers = more
      return info, data
    def make(case, named, *entries, format=tarfile.PAX_FORMAT, change=lambda tar: tar):
      out = io.BytesIO()
      with tarfile.open(fileobj=out, mode="w", format=format, errors="surrogateescape") as tar:
        for info, data in entries: tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
      packed = subprocess.run(["zstd", "-qc"], input=change(out.getvalue()), stdout=subprocess.PIPE, check=True).stdout
      open(case + ".tar.zst", "wb").write(packed)
      print(case, named, sep="\\t")
    good = entry("out/a/good")
    outside = os.path.join(os.getcwd(), "outside")
    link = lambda name, to: entry(name, type=tarfile.SYMTYPE, link=to)
    for format, suffix in (tarfile.PAX_FORMAT, ""), (tarfile.GNU_FORMAT, "-gnu"), (tarfile.USTAR_FORMAT, "-ustar"):
      make("absolute" + suffix, outside + "/x", good, entry(outside + "/x"), format=format)
      make("parent" + suffix, "../outside/x", good, entry("../outside/x"), format=format)
      make("parent-within" + suffix, "out/a/../../../outside/x", good, entry("out/a/../../../outside/x"), format=format)
      make("link-out" + suffix, "out/l", good, link("out/l", "../../outside"), format=format)
      make("link-absolute" + suffix, "out/l", good, link("out/l", outside), format=format)
      make("through-link" + suffix, "out/l/x", good, link("out/l", "a"), entry("out/l/x"), format=format)
      make("hard-link-out" + suffix, "out/h", good, entry("out/h", type=tarfile.LNKTYPE, link="../outside/kept"), format=format)
      make("hard-link-absolute" + suffix, "out/h", good, entry("out/h", type=tarfile.LNKTYPE, link=outside + "/kept"), format=format)
      make("hard-link-to-link" + suffix, "out/h", link("out/l", "a"), entry("out/h", type=tarfile.LNKTYPE, link="out/l"), format=format)
    make("link-chain", "out/c", link("out/b", "."), link("out/c", "b/.."), link("out/d", "c/../.."))
    make("link-chain-later", "out/a", link("out/a", "b/../.."), link("out/b", "deep"), entry("out/deep/x"))
    make("through-file", "out/a/good/x", good, entry("out/a/good/x"))
    make("link-then-file", "out/l", good, link("out/l", "a/new"), entry("out/l"))
    make("file-over-folder", "out/a", good, entry("out/a"))
    make("device", "out/d", good, entry("out/d", type=tarfile.CHRTYPE))
    make("block-device", "out/d", good, entry("out/d", type=tarfile.BLKTYPE))
    make("fifo", "out/f", good, entry("out/f", type=tarfile.FIFOTYPE))
    make("set-uid", "out/s", good, entry("out/s", mode=0o4755))
    make("set-gid", "out/s", good, entry("out/s", mode=0o2755))
    make("twice", "out/a/good", good, good)
    make("twice-tidied", "out/a/good", good, entry("./out//a/good"))
    make("case-of-folder", "out/a", good, entry("out/a", type=tarfile.DIRTYPE), entry("out/a"))
    make("bad-encoding", "out/\\\\xff", good, entry("out/\\udcff"), format=tarfile.GNU_FORMAT)
    make("long-name", "n" * 300, good, entry("out/" + "n" * 300))
    make("long-path", "d/d", good, entry("out/" + "d/" * 2100 + "x"))
    make("bomb", "out/b", good, entry("out/b", b"\\0" * (300 << 20)))
    big = entry("out/b"); big[0].size = 1 << 50
    make("huge-size", "out/b", good, change=lambda tar: tar[:1536 if len(tar) > 1536 else None][:1024] + big[0].tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    make("sparse-bomb", "out/s", good, entry("out/s", b"1\\n0\\n0\\n".ljust(512, b"\\0"), **{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "out/s", "GNU.sparse.realsize": str(1 << 50)}))
    make("no-end", "cut short", good, change=lambda tar: tar[:1024])
    make("cut-member", "cannot be read on", entry("out/a/good", b"x" * 5000), change=lambda tar: tar[:2048])
    make("no-tar", "tar", change=lambda tar: b"this is no tar at all" * 100)
    make("empty-name", "name", good, change=lambda tar: tar[:1024] + entry("x")[0].tobuf(tarfile.USTAR_FORMAT).replace(b"x", b"\\0", 1) + bytes(1536))
    """

  @Test func `is refused, with the member's name, and writes nothing outside`() throws {
    let folder = try TemporaryFolder()
    try folder.file("outside/kept", "mine")
    let cases = try python(Self.corpus, [folder.root.string]).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
    #expect(cases.count > 45)
    let before = try listing(folder.path("outside").string)
    for (number, parts) in cases.enumerated() {
      let (name, named) = (parts[0], parts[1])
      var limits = ForeignArchive.Limits()
      limits.bytes = 200 << 20
      let archive = ForeignArchive(folder.path("\(name).tar.zst"), limits: limits)
      try folder.folder("staging-\(number)")
      for reads in [
        { _ = try archive.list() },
        { _ = try withFolder(folder.path("staging-\(number)")) { try archive.extract(into: $0) } },
      ] {
        let error = try expectArchiveError(.refused, .damaged, from: reads)
        #expect("\(error)".contains(named), "\(name): \(error)")
      }
      try expectArchiveError(.unsupported) { _ = try SeekableArchive(folder.path("\(name).tar.zst")) }
      try? FileManager.default.removeItem(atPath: folder.path("staging-\(number)").string)
    }
    #expect(try listing(folder.path("outside").string) == before)
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.root.string))
        == Set(cases.map { $0[0] + ".tar.zst" } + ["outside"]))
  }

  @Test func `of more than it may hold is refused, and the limit is told`() throws {
    let folder = try TemporaryFolder()
    try python(
      """
      import tarfile, subprocess
      os.chdir(sys.argv[1])
      with tarfile.open("two.tar", "w") as tar:
        for name in ("one", "two"): tar.addfile(tarfile.TarInfo(name))
      subprocess.run(["zstd", "-q", "two.tar"], check=True)
      """, [folder.root.string])
    var (few, short) = (ForeignArchive.Limits(), ForeignArchive.Limits())
    (few.members, short.bytes) = (1, 1000)
    for (limits, told) in [
      (few, "one more than the 1 members it may have"), (short, "holds more than 1000 bytes once decompressed"),
    ] {
      let error = try expectArchiveError(.refused) {
        _ = try ForeignArchive(folder.path("two.tar.zst"), limits: limits).list()
      }
      #expect("\(error)".contains(told))
    }
  }

  @Test func `of two parts is refused where the first has planted a link`() throws {
    let folder = try TemporaryFolder()
    try folder.file("outside/kept", "mine")
    try python(
      """
      import tarfile, subprocess
      os.chdir(sys.argv[1]); os.mkdir("staging")
      os.symlink("../outside", "staging/l")
      with tarfile.open("two.tar", "w") as tar:
        open("x", "w").write("harm"); tar.add("x", "l/x")
      subprocess.run(["zstd", "-q", "two.tar"], check=True)
      """, [folder.root.string])
    let error = try expectArchiveError(.refused) {
      _ = try withFolder(folder.path("staging")) { try ForeignArchive(folder.path("two.tar.zst")).extract(into: $0) }
    }
    #expect("\(error)".contains("l/x"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("outside").string) == ["kept"])
  }

  @Test func `that is cut short anywhere is refused`() throws {
    let folder = try TemporaryFolder()
    try python(
      """
      import tarfile, subprocess, io
      os.chdir(sys.argv[1])
      with tarfile.open("a.tar", "w") as tar:
        for n in range(3):
          info = tarfile.TarInfo("out/%d" % n); info.size = 700 * n; tar.addfile(info, io.BytesIO(os.urandom(700 * n)))
      subprocess.run(["zstd", "-q", "a.tar"], check=True)
      """, [folder.root.string])
    let good = try Array(Data(contentsOf: URL(filePath: folder.path("a.tar.zst").string)))
    #expect(try ForeignArchive(folder.path("a.tar.zst")).list().map(\.size) == [0, 700, 1400])
    for count in 0..<good.count {
      try Data(good[..<count]).write(to: URL(filePath: folder.path("cut.tar.zst").string))
      try expectArchiveError(.damaged) { _ = try ForeignArchive(folder.path("cut.tar.zst")).list() }
    }
  }

  @Test func `of this format is refused for a link that leads out, which in an archive of ours is kept as it is`()
    throws
  {
    let tree = try JobTree("os.symlink('/etc/passwd', job + '/link')")
    try tree.archive()
    let error = try expectArchiveError(.refused) { try tree.extract("job.tar.zst", ExtractionOptions(isForeign: true)) }
    #expect(error.member == (try .job("link")))
    try tree.extract("job.tar.zst", to: "ours")
    let chain = try JobTree("os.symlink('.', job + '/b'); os.symlink('b/../../../../../../..', job + '/c')")
    try chain.archive()
    let refused = try expectArchiveError(.refused) {
      try chain.extract("job.tar.zst", ExtractionOptions(isForeign: true))
    }
    #expect(refused.member == (try .job("c")))
    try expectArchiveError(.refused) { try chain.open().contents.checkLinks() }
    let link = tree.folder.path("ours/\(JobTree.job)/link").string
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/etc/passwd")
  }

  @Test func `is told from a harmless one, which is extracted as it is`() throws {
    let tree = try JobTree(
      JobTree.small + "\nos.symlink('asr/asr.json', job + '/link'); os.link(job + '/asr/asr.json', job + '/same.json')")
    let written = try tree.archive()
    try output(of: [
      "tar", "--zstd", "-C", tree.workspace, "-cf", tree.folder.path("gnu.tar.zst").string, "./out", "logs",
    ])
    try output(of: [
      "bsdtar", "--zstd", "-C", tree.workspace, "-cf", tree.folder.path("bsd.tar.zst").string, "out", "logs",
    ])
    for name in ["job", "gnu", "bsd"] {
      let target = try tree.folder.folder(name)
      let members = try withFolder(target) { try ForeignArchive(tree.folder.path("\(name).tar.zst")).extract(into: $0) }
      let digests = Set(members.compactMap(\.digest))
      #expect(digests.isSuperset(of: written.contents.members.compactMap(\.digest)))
      let files = { (lines: [String]) in
        lines.filter { $0.contains("20251030-001/") && !$0.contains("link") }.map {
          $0.split(separator: " ").dropFirst(3).first
        }
      }
      #expect(files(try listing(target.string)) == files(try listing(tree.workspace)))
    }
  }
}
