import Foundation
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// Archives with other bytes than were written.
struct `Damage to an archive` {
  private static let script = """
    def put(path, data): open(path, "wb").write(data)
    put(job + "/job.env", b"A=1\\n"); put(job + "/empty", b""); put(logs + "/log", b"done\\n" * 9); os.symlink("log", logs + "/link")
    put(job + "/large", os.urandom(40) + b"x" * 262144); put(job + "/z", b"behind it\\n"); os.mkdir(job + "/zz")
    os.link(job + "/large", job + "/twin"); os.link(job + "/job.env", job + "/zzz")
    """

  /// What the members were, without the list.
  private func check(_ bytes: [UInt8], at path: FilePath, staging: FilePath, _ what: String) throws {
    try Data(bytes).write(to: URL(filePath: path.string))
    let archive: SeekableArchive
    do {
      archive = try SeekableArchive(path)
    } catch let error as ArchiveError {
      #expect([.damaged, .unsupported, .refused].contains(error.code), "\(what): \(error)")
      return
    }
    #expect(try !archive.verify(VerificationOptions(workers: 1)).isGood, "\(what) was not seen by verify")
    try makeEmpty(staging)
    do {
      _ = try withFolder(staging) { try archive.extract(ExtractionOptions(workers: 1), into: $0) }
      Issue.record("\(what) was not seen by extract")
    } catch let error as ArchiveError {
      #expect(error.code == .damaged, "\(what): \(error)")
    }
  }

  private func makeEmpty(_ folder: FilePath) throws {
    try? FileManager.default.removeItem(atPath: folder.string)
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
  }

  /// What is below a folder: of files the content, of links where to. Without the list of hashes.
  private func found(below folder: FilePath) throws -> [String: Data] {
    let files = FileManager.default
    var found: [String: Data] = [:]
    for path in try files.subpathsOfDirectory(atPath: folder.string) where !path.hasPrefix(".cpwx") {
      let whole = folder.pushing(FilePath(path)).string
      switch try files.attributesOfItem(atPath: whole)[.type] as? FileAttributeType {
      case .typeRegular: found[path] = files.contents(atPath: whole)
      case .typeSymbolicLink: found[path] = Data(try files.destinationOfSymbolicLink(atPath: whole).utf8)
      default: found[path] = Data("a folder".utf8)
      }
    }
    return found
  }

  /// The names of those that are not on both sides as they are on the other.
  private func differences(_ left: [String: Data], _ right: [String: Data]) -> [String] {
    Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
  }

  /// An archive's bytes read without its tables.
  private func foreign(_ path: FilePath) -> ForeignArchive {
    var limits = ForeignArchive.Limits()
    (limits.acceptsAnyNames, limits.acceptsLinksOut) = (true, true)
    return ForeignArchive(path, limits: limits)
  }

  /// What comes out of them, and what is told of it.
  private func salvaged(_ path: FilePath, at staging: FilePath) throws -> (ForeignSalvage, [String: Data]) {
    try makeEmpty(staging)
    let saved = try withFolder(staging) { try foreign(path).salvage(into: $0) }
    return (saved, try found(below: staging))
  }

  /// A folder whose file system is in memory, as what is salvaged is brought to the disk each time.
  private func inMemory(_ body: (FilePath) throws -> Void) throws {
    let folder = FilePath("/dev/shm/cpwx-tests-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    try body(folder)
  }

  private static let list = ".cpwx/manifest-sha256.txt"
  private static let otherBytes = "the archive's bytes are not those that were written"

  /// A small archive, to be damaged: frames of several members, of a header alone, of one member's content, and of the list of hashes.
  private struct Small {
    let tree: JobTree
    let good: [UInt8]
    let map: FrameMap
    /// Where the damaged one lies.
    let path: FilePath

    init(_ script: String = `Damage to an archive`.script) throws {
      tree = try JobTree(script)
      try tree.archive()
      good = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))
      map = try FrameMap(of: tree.folder.path("job.tar.zst").string)
      path = tree.folder.path("bad.tar.zst")
    }

    /// Where the tables begin.
    var end: Int { map.frames.last?.range.upperBound ?? 0 }

    func flip(_ place: Int) throws {
      var bytes = good
      bytes[place] ^= 1 << (place % 8)
      try write(bytes)
    }

    func write(_ bytes: some Collection<UInt8>) throws {
      try Data(bytes).write(to: URL(filePath: path.string))
    }

    /// The members that a change in a frame takes, without the list of hashes.
    func lost(in frame: FrameMap.Frame) -> [String] {
      frame.contents.filter { $0 != `Damage to an archive`.list }
    }
  }

  @Test func `is told by verify whichever byte is flipped, with the members of that frame and no others`() throws {
    let small = try Small()
    let frames = small.map.frames
    #expect(frames.contains { $0.contents.count > 2 } && frames.contains(where: \.contents.isEmpty))
    #expect(frames.contains { $0.headers.isEmpty && $0.contents.count == 2 })
    var harmless = 0
    for place in small.good.indices {
      try small.flip(place)
      guard let number = frames.firstIndex(where: { $0.range.contains(place) }) else {
        // In the tables: without them all is there.
        try expectArchiveError(.damaged, .unsupported, .refused) { _ = try SeekableArchive(small.path) }
        let found = try foreign(small.path).survey()
        #expect(found.members.map { "\($0.path)" } == small.map.members, "byte \(place)")
        #expect(found.lost.isEmpty && found.problem == nil, "byte \(place): \(found.problem ?? "")")
        continue
      }
      let frame = frames[number]
      let report = try SeekableArchive(small.path).verify(VerificationOptions(workers: 1))
      if report.damaged.isEmpty, report.problems == [Self.otherBytes] {
        // To zstd some bits mean nothing.
        harmless += 1
        continue
      }
      #expect(report.damaged.map { "\($0.path)" } == small.lost(in: frame), "byte \(place)")
      let told = "frame \(number), at byte \(frame.range.lowerBound), is damaged: "
      let problem = report.problems.first { $0.hasPrefix(told) } ?? ""
      #expect(!problem.isEmpty, "byte \(place): \(report.problems)")
      // What no content is lost of is named, too.
      let named = frame.contents.isEmpty ? frame.headers[0] : small.lost(in: frame).isEmpty ? Self.list : nil
      if let named { #expect(report.problems.contains { $0.contains(named) }, "byte \(place): \(report.problems)") }
    }
    #expect(harmless < small.end / 10, "\(harmless)")
  }

  @Test func `is told by who extracts, wherever it is, and all other members are salvaged as they were`() throws {
    let small = try Small()
    let all = try found(below: FilePath(small.tree.workspace))
    // The first and the last byte of each frame, and some between.
    let places = small.map.frames.map(\.range).flatMap { range in
      Array(stride(from: range.lowerBound, to: range.upperBound - 1, by: 17)) + [range.upperBound - 1]
    }
    try inMemory { staging in
      for place in places {
        let what: Comment = "byte \(place) of \(small.good.count)"
        try small.flip(place)
        let frame = try #require(small.map.frames.first { $0.range.contains(place) })
        let archive = try SeekableArchive(small.path)
        try makeEmpty(staging)
        let saved = try withFolder(staging) {
          try archive.extract(ExtractionOptions(salvage: true, workers: 1), into: $0)
        }
        let isHarmless = saved.damaged.isEmpty && saved.otherDamage == [Self.otherBytes]
        let lost = isHarmless ? [] : small.lost(in: frame)
        #expect(saved.damaged.map { "\($0.path)" } == lost && !saved.otherDamage.isEmpty, what)
        #expect(differences(try found(below: staging), all) == lost.sorted(), what)
        try makeEmpty(staging)
        let error = try expectArchiveError(.damaged) {
          _ = try withFolder(staging) { try archive.extract(ExtractionOptions(workers: 1), into: $0) }
        }
        if isHarmless { continue }
        #expect("\(error)".contains(lost.first ?? frame.headers[0]), "\(place): \(error)")
        if let first = lost.first { #expect(error.member.map { "\($0)" } == first, what) }
      }
    }
  }

  @Test func `is noticed by who extracts, whichever byte is flipped`() throws {
    let small = try Small()
    try inMemory { staging in
      for place in 0..<small.end {
        try small.flip(place)
        let archive = try SeekableArchive(small.path)
        try makeEmpty(staging)
        try expectArchiveError(.damaged) {
          _ = try withFolder(staging) { try archive.extract(ExtractionOptions(workers: 1), into: $0) }
        }
      }
    }
  }

  @Test func `is told wherever it is cut short, with the last member that is good and the one that is not`() throws {
    let small = try Small()
    for count in small.good.indices {
      try small.write(small.good[..<count])
      try expectArchiveError(.damaged, .unsupported) { _ = try SeekableArchive(small.path) }
      let found = try foreign(small.path).survey()
      let (whole, cut) = small.map.members(within: count)
      #expect(found.members.map { "\($0.path)" } == whole, "\(count) bytes")
      #expect(found.lost.map { "\($0.path)" } == (cut.map { [$0] } ?? []), "\(count) bytes")
      if count < small.end {
        let last = whole.last.map { "what comes after \($0) is lost: " } ?? "all of it is lost: "
        #expect(found.problem?.hasPrefix(last) == true, "\(count) bytes: \(found.problem ?? "")")
      } else {
        #expect(found.problem == nil, "\(count) bytes")
      }
    }
  }

  @Test func `that cuts it short leaves the members before to be salvaged, and nothing of the one that is cut`() throws
  {
    let small = try Small()
    let all = try found(below: FilePath(small.tree.workspace))
    let cuts: [Int] = small.map.frames.map(\.range).flatMap { range in
      [range.lowerBound, range.lowerBound + range.count / 2, range.upperBound - 1]
    }
    try inMemory { staging in
      for count in cuts + [small.end, small.end + 30, small.good.count - 1] {
        try small.write(small.good[..<count])
        let (saved, files) = try salvaged(small.path, at: staging)
        let (whole, cut) = small.map.members(within: count)
        #expect(saved.members.map { "\($0.path)" } == whole, "\(count) bytes")
        #expect(saved.lost.map { "\($0.path)" } == (cut.map { [$0] } ?? []), "\(count) bytes")
        // Folders above the members are made for them, and are no members.
        let lost = Set(small.map.members).subtracting(whole).subtracting([Self.list])
        #expect(lost.isDisjoint(with: files.keys), "\(count) bytes: \(lost.intersection(files.keys))")
        #expect(files.keys.filter { files[$0] != all[$0] } == [], "\(count) bytes")
        #expect(Set(whole).subtracting([Self.list]).isSubset(of: files.keys), "\(count) bytes")
      }
    }
  }

  @Test func `is seen by verify and extract when there is more than was written`() throws {
    let tree = try JobTree(Self.script)
    try tree.archive()
    let good = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))
    for more in [[0], Array(repeating: 0, count: 512), good] as [[UInt8]] {
      try check(
        good + more, at: tree.folder.path("bad"), staging: tree.folder.path("staging"), "\(more.count) bytes more")
    }
    // Another archive's end behind this one's data, and this one's data behind another's.
    let other = try JobTree("open(job + '/a', 'w').write('other')")
    try other.archive()
    let second = try Array(Data(contentsOf: URL(filePath: other.folder.path("job.tar.zst").string)))
    try check(good + second, at: tree.folder.path("bad"), staging: tree.folder.path("staging"), "two archives")
    try check(second + good, at: tree.folder.path("bad"), staging: tree.folder.path("staging"), "two archives")
  }

  @Test func `in a frame is no content of members, also where the tables are lost as well`() throws {
    let small = try Small(
      """
      open(job + "/aa", "wb").write(os.urandom(4 << 20)); open(job + "/b", "wb").write(b"b" * 900)
      for n in range(40): open(job + "/c%02d" % n, "wb").write(os.urandom(3000))
      """)
    let all = try found(below: FilePath(small.tree.workspace))
    try inMemory { staging in
      for frame in small.map.frames {
        for place in [frame.range.lowerBound + 300, frame.range.upperBound - 300] where frame.range.contains(place) {
          var bytes = small.good.dropLast(20)
          bytes[place] ^= 0x10
          try small.write(bytes)
          let (saved, files) = try salvaged(small.path, at: staging)
          let (whole, _) = small.map.members(within: frame.range.lowerBound)
          #expect(saved.damage?.code == .damaged && saved.members.map { "\($0.path)" } == whole, "byte \(place)")
          #expect(frame.contents.allSatisfy { files[$0] == nil }, "byte \(place)")
          #expect(files.keys.filter { files[$0] != all[$0] } == [], "byte \(place)")
        }
      }
    }
  }

  @Test func `in one frame is of the members in it, and the others come out whole`() throws {
    let tree = try JobTree()
    try tree.archive()
    // In the middle of the film, which is most of the file.
    try python(
      """
      f = open(sys.argv[1], "r+b"); size = os.path.getsize(sys.argv[1])
      f.seek(3000000); f.write(b"damage")
      """, [tree.folder.path("job.tar.zst").string])
    let archive = try tree.open()
    let film = try MemberPath.job("final_output.mp4")
    let report = try archive.verify()
    #expect(report.damaged.map(\.path) == [film])
    #expect(report.problems.contains { $0.contains("frame") })
    let error = try expectArchiveError(.damaged) { try tree.extract() }
    #expect(error.member == film)
    try expectArchiveError(.damaged) { _ = try archive.bytes(of: archive.member("final_output.mp4")) }
    let saved = try tree.extract("job.tar.zst", ExtractionOptions(salvage: true), to: "saved")
    #expect(saved.damaged.map(\.path) == [film])
    let before = try listing(tree.workspace).filter { $0.contains("20251030-001") && !$0.contains("final_output") }
    #expect(try listing(tree.folder.path("saved").string).filter { $0.contains("20251030-001") } == before)
  }

  @Test func `to all other frames is nothing to who takes out one member`() throws {
    let tree = try JobTree()
    try tree.archive()
    let path = tree.folder.path("job.tar.zst").string
    let member = "\(JobTree.job)/asr/asr.json"
    var bytes = try Array(Data(contentsOf: URL(filePath: path)))
    for frame in try FrameMap(of: path).frames where !frame.contents.contains(member) {
      for place in frame.range { bytes[place] = 0 }
    }
    try Data(bytes).write(to: URL(filePath: tree.folder.path("bad.tar.zst").string))
    let archive = try tree.open("bad.tar.zst")
    let good = try Data(contentsOf: URL(filePath: "\(tree.workspace)/\(member)"))
    #expect(try Data(archive.bytes(of: archive.member("asr/asr.json"))) == good)
    let wanted = try MemberPath.job("asr/asr.json")
    let report = try tree.extract("bad.tar.zst", ExtractionOptions(includes: { $0.path == wanted }))
    #expect(report.extracted == 1 && report.damaged.isEmpty && report.otherDamage.isEmpty)
    #expect(try Data(contentsOf: URL(filePath: tree.folder.path("restored/\(member)").string)) == good)
    // The others are gone.
    try expectArchiveError(.damaged) { _ = try archive.bytes(of: archive.member("audio/audio.wav")) }
  }

  @Test func `in a frame of one member's content names that member, wherever in it a bit is flipped`() throws {
    let tree = try JobTree(
      """
      for name in "abc": open(job + "/" + name, "wb").write(name.encode() * 700)
      open(job + "/bb", "wb").write(os.urandom(400000))
      """)
    try tree.archive()
    let good = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))
    // The content of the large one is nearly all of the file, and does not compress.
    let begin = try #require(good.indices.dropLast(3).last { Array(good[$0..<$0 + 4]) == Self.magic && $0 < 2000 })
    for place in stride(from: begin, to: begin + 400_000, by: 3989) {
      var bytes = good
      bytes[place] ^= 1 << (place % 8)
      try Data(bytes).write(to: URL(filePath: tree.folder.path("bad.tar.zst").string))
      let report = try tree.open("bad.tar.zst").verify(VerificationOptions(workers: 1))
      #expect(report.damaged.map(\.path) == [try .job("bb")], "byte \(place - begin) of the frame")
    }
  }

  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  @Test func `to its end, or to half of it, leaves the members before to be saved`() throws {
    let tree = try JobTree()
    let written = try tree.archive()
    let good = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))
    for (count, members) in [(good.count - 100, written.contents.members.count + 1), (3_000_000, 7)] {
      try Data(good[..<count]).write(to: URL(filePath: tree.folder.path("cut.tar.zst").string))
      let target = try tree.folder.folder("saved-\(count)")
      let saved = try withFolder(target) { try ForeignArchive(tree.folder.path("cut.tar.zst")).salvage(into: $0) }
      #expect(saved.damage?.code == .damaged)
      #expect(saved.members.count == members, "\(saved.members.map(\.path))")
      let paths = Set(saved.members.map { "\($0.path)" })
      let original = try listing(tree.workspace).filter { line in paths.contains { line.hasPrefix("b'\($0)' ") } }
      let files = try listing(target.string).filter { $0.contains("20251030-001") }
      #expect(files == original)
    }
  }

  @Test func `to its tables leaves all members to be taken out, and is damage for who verifies`() throws {
    let tree = try JobTree(Self.script)
    let written = try tree.archive()
    let good = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))
    let members = written.contents.members.map(\.path) + [try MemberPath(Array(".cpwx/manifest-sha256.txt".utf8))]
    let data = good.indices.dropLast(16).last { Array(good[$0 + 8..<$0 + 16]) == Array("cpwxTOC1".utf8) }
    let path = tree.folder.path("cut.tar.zst")
    func extracted(_ bytes: ArraySlice<UInt8>) throws -> [MemberPath] {
      try Data(bytes).write(to: URL(filePath: path.string))
      try makeEmpty(tree.folder.path("staging"))
      return try withFolder(tree.folder.path("staging")) { try ForeignArchive(path).extract(into: $0) }.map(\.path)
    }
    for count in stride(from: try #require(data), to: good.count, by: 23) {
      #expect(try extracted(good[..<count]) == members, "\(count) of \(good.count) bytes")
      let error = try expectArchiveError(.damaged) { _ = try ForeignArchive(path).verify() }
      #expect("\(error)".contains("is an archive of cpwx, and the table of contents"), "\(error)")
    }
    // What the tar lacks is never passed over.
    for count in try #require(data) - 9..<#require(data) {
      try expectArchiveError(.damaged) { _ = try extracted(good[..<count]) }
    }
  }

  @Test func `is seen when whole frames were exchanged`() throws {
    let tree = try JobTree("for n in 'ab': open(job + '/' + n, 'wb').write(n.encode() * 300000)")
    try tree.archive()
    let good = try Array(Data(contentsOf: URL(filePath: tree.folder.path("job.tar.zst").string)))
    let frames = try python(
      """
      import struct
      d = open(sys.argv[1], "rb").read(); n = struct.unpack("<I", d[-9:-5])[0]; t = len(d) - 9 - 12 * n
      print(*[struct.unpack("<I", d[t + 12 * i:t + 12 * i + 4])[0] for i in range(n)])
      """, [tree.folder.path("job.tar.zst").string]
    ).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    var pieces: [[UInt8]] = []
    var place = 0
    for size in frames {
      pieces.append(Array(good[place..<place + size]))
      place += size
    }
    let contents = pieces.indices.filter { frames[$0] == frames[2] }
    #expect(contents.count >= 2, "\(frames)")
    pieces.swapAt(contents[0], contents[contents.count - 1])
    try check(
      pieces.flatMap { $0 } + good[place...], at: tree.folder.path("bad"), staging: tree.folder.path("staging"),
      "an exchange")
  }

  @Test func `is not found in a sample of frames that are good, and is found where the sample is all`() throws {
    let tree = try JobTree()
    try tree.archive()
    let good = try tree.open().verify(VerificationOptions(sample: 0.05))
    #expect(good.isGood && good.archiveDigest == nil)
    try python(
      "f = open(sys.argv[1], 'r+b'); f.seek(3000000); f.write(b'damage')", [tree.folder.path("job.tar.zst").string])
    #expect(try !tree.open().verify(VerificationOptions(sample: 1)).isGood)
  }

  @Test func `of the recorded hash is told`() throws {
    let tree = try JobTree()
    try tree.archive()
    let report = try tree.open().verify(VerificationOptions(expectedDigest: Digest(repeatElement(7, count: 32))))
    #expect(report.damaged.isEmpty && report.problems.count == 1)
  }

  @Test func `to what was just written is found when it is read back`() throws {
    let tree = try JobTree()
    let written = try tree.archive()
    try python(
      "f = open(sys.argv[1], 'r+b'); f.seek(3000000); f.write(b'damage'); f.flush(); os.fsync(f.fileno())",
      [tree.folder.path("job.tar.zst").string])
    let error = try expectArchiveError(.damaged) { try written.readBack(tree.folder.path("job.tar.zst")) }
    #expect(error.member == (try .job("final_output.mp4")))
  }

  @Test func `to the end of what was just written is found when it is read back`() throws {
    let tree = try JobTree()
    var written = try tree.archive()
    // As if the tables had been others when they were written.
    written.archiveDigest = Digest(repeatElement(7, count: 32))
    let error = try expectArchiveError(.damaged) { try written.readBack(tree.folder.path("job.tar.zst")) }
    #expect(error.message.contains("the archive's hash is not the one that was recorded"), "\(error)")
  }
}
