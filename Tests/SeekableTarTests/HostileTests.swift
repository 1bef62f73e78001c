import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// Archives that others made to do harm.
struct `A hostile archive` {
  @Test func `is refused, with the member's name, and writes nothing outside`() throws {
    let folder = try TemporaryFolder()
    try folder.file("outside/kept", "mine")
    let cases = try HostileCorpus.make(in: folder.root.string, outside: folder.path("outside").string)
    #expect(cases.count > 45)
    let before = try listing(folder.path("outside").string)
    for (number, (name, named)) in cases.enumerated() {
      var limits = ForeignArchive.Limits()
      limits.bytes = 20 << 20
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
        == Set(cases.map { $0.name + ".tar.zst" } + ["outside"]))
  }

  @Test func `of more than it may hold is refused, and the limit is told`() throws {
    let folder = try TemporaryFolder()
    try python(
      """
      import tarfile, subprocess
      os.chdir(sys.argv[1])
      with tarfile.open("two.tar", "w") as tar:
        for name in ("one", "two"): tar.addfile(tarfile.TarInfo(name))
      with tarfile.open("links.tar", "w") as tar:
        for name in ("one", "two"):
          link = tarfile.TarInfo(name); link.type, link.linkname = tarfile.SYMTYPE, "n" * 90; tar.addfile(link)
      subprocess.run(["zstd", "-q", "two.tar", "links.tar"], check=True)
      """, [folder.root.string])
    let limits = ForeignArchive.Limits()
    var (few, short, brief, curt) = (limits, limits, limits, limits)
    (few.members, short.bytes, brief.pathBytes, curt.pathBytes) = (1, 1000, 2, 92)
    for (limits, name, told) in [
      (few, "two", "one more than the 1 members it may have"),
      (short, "two", "holds more than 1000 bytes once decompressed"),
      (brief, "two", "its path and those before it are more than 2 bytes"),
      (curt, "links", "its path and those before it are more than 92 bytes"),
    ] {
      let error = try expectArchiveError(.refused) {
        _ = try ForeignArchive(folder.path("\(name).tar.zst"), limits: limits).list()
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

  /// Three files, `out/0` without a byte, `out/1` with so many, `out/2` with twice as many, in frames of the tar's blocks or in a single one.
  ///
  /// - Returns: the archive's bytes, and where its frames end.
  private func threeFiles(of size: Int, inOneFrame isOneFrame: Bool, _ folder: TemporaryFolder) throws -> (
    Data, [Int]
  ) {
    let ends = try python(
      """
      import tarfile, subprocess, io
      os.chdir(sys.argv[1]); size = int(sys.argv[2]); out = io.BytesIO()
      with tarfile.open(fileobj=out, mode="w") as tar:
        for n in range(3):
          info = tarfile.TarInfo("out/%d" % n); info.size = size * n; tar.addfile(info, io.BytesIO(os.urandom(info.size)))
      tar = out.getvalue(); end = 512 * 3 + size * 3
      blocks = [tar] if sys.argv[3] == "true" else [tar[at:at + 512] for at in range(0, end, 512)] + [tar[end:]]
      with open("whole.tar.zst", "wb") as file:
        for block in blocks:
          file.write(subprocess.run(["zstd", "-qc", "--no-check"], input=block, stdout=subprocess.PIPE, check=True).stdout)
          print(file.tell())
      """, [folder.root.string, "\(size)", "\(isOneFrame)"])
    let path = folder.path("whole.tar.zst")
    #expect(try ForeignArchive(path).list().map(\.size) == [0, size, 2 * size])
    return (try Data(contentsOf: URL(filePath: path.string)), ends.split(separator: "\n").compactMap { Int($0) })
  }

  @Test func `that is cut short anywhere is refused, with the member that is cut or the last that is whole`() throws {
    let folder = try TemporaryFolder()
    let (good, ends) = try threeFiles(of: 1024, inOneFrame: false, folder)
    // By how many of the tar's blocks are whole: headers, and what comes behind each.
    let told = [
      "cut.tar.zst: ", "what comes after out/0 is lost", "out/1: ", "out/1: ", "what comes after out/1 is lost",
      "out/2: ", "out/2: ", "out/2: ", "out/2: ", "what comes after out/2 is lost",
    ]
    try #require(ends.count == told.count)
    for count in 0..<good.count {
      try good.prefix(count).write(to: URL(filePath: folder.path("cut.tar.zst").string))
      let error = try expectArchiveError(.damaged) { _ = try ForeignArchive(folder.path("cut.tar.zst")).list() }
      let whole = ends.count { $0 <= count }
      #expect("\(error)".contains(told[whole]), "\(count) bytes, \(whole) blocks: \(error)")
    }
  }

  @Test func `of a single frame that is cut short is refused with the member that is cut`() throws {
    let folder = try TemporaryFolder()
    let size = 400_384
    let (good, _) = try threeFiles(of: size, inOneFrame: true, folder)
    // What zstd packs at once is 128 KiB: in so much behind a header, that is whole.
    for (member, begin) in [(1, 512), (2, 1024 + size)] {
      for place in stride(from: begin + 140_000, to: begin + member * size, by: 50_000) {
        try good.prefix(place).write(to: URL(filePath: folder.path("cut.tar.zst").string))
        let (archive, staging) = (ForeignArchive(folder.path("cut.tar.zst")), try folder.folder("staging-\(place)"))
        let listed = try expectArchiveError(.damaged) { _ = try archive.list() }
        let extracted = try expectArchiveError(.damaged) {
          _ = try withFolder(staging) { try archive.extract(into: $0) }
        }
        for error in [listed, extracted] {
          #expect("\(error)" == "out/\(member): is cut short", "\(place) bytes")
        }
      }
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

  @Test func `is told from a whole one of one frame without a checksum, however large that is`() throws {
    let folder = try TemporaryFolder()
    // Around what is read of a frame in one go, and with ends within a block of zstd's.
    let sizes = [4_100_000, 4_190_000, 4_220_000, 8_390_000, 8_420_000]
    try python(
      """
      import tarfile, subprocess, io
      os.chdir(sys.argv[1])
      for size in sys.argv[2:]:
        with tarfile.open(size + ".tar", "w") as tar:
          info = tarfile.TarInfo("out/film"); info.size = int(size); tar.addfile(info, io.BytesIO(os.urandom(info.size)))
        subprocess.run(["zstd", "-q", "--no-check", "-1", size + ".tar"], check=True)
      """, [folder.root.string] + sizes.map(String.init))
    for size in sizes {
      let path = folder.path("\(size).tar.zst")
      #expect(try ForeignArchive(path).list().map(\.size) == [size])
      let good = try Data(contentsOf: URL(filePath: path.string))
      try good.dropLast(1).write(to: URL(filePath: folder.path("cut.tar.zst").string))
      try expectArchiveError(.damaged) { _ = try ForeignArchive(folder.path("cut.tar.zst")).list() }
    }
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
