internal import Glibc
internal import Hashing
internal import SystemPackage

public struct VerificationOptions: Sendable {
  /// The share of the frames to look at, chosen anew every time, with the members that lie in them whole. `nil`: all.
  public var sample: Double?
  /// The whole file's hash as it was recorded elsewhere.
  public var expectedDigest: Digest?
  /// Reads what is on the disk, not what is still in memory of it, of an archive that was just written, and synced. Its hash of the whole
  /// is that of the tar then, and otherwise that of the frames, from whose bytes the tar's follow: one of them covers every byte.
  public var fromDisk = false
  public var workers = defaultWorkers
  /// Bytes of the archive.
  public var progress: Progress?

  public init(
    sample: Double? = nil, expectedDigest: Digest? = nil, fromDisk: Bool = false, workers: Int = defaultWorkers,
    progress: Progress? = nil
  ) {
    self.sample = sample
    self.expectedDigest = expectedDigest
    self.fromDisk = fromDisk
    self.workers = workers
    self.progress = progress
  }
}

public struct VerificationReport: Sendable {
  /// In bytewise order. All other members are good, as far as they were looked at.
  public var damaged: [DamagedMember]
  /// What else is wrong: frames, hashes of the whole, the table; for people.
  public var problems: [String]
  public var checkedMembers: Int
  /// Bytes of content.
  public var checkedBytes: Int
  /// The whole file's hash; `nil` of a sample.
  public var archiveDigest: Digest?

  public var isGood: Bool { damaged.isEmpty && problems.isEmpty }
}

extension SeekableArchive {
  /// Looks at every frame and every member's hash, the tar against the table, and the archive's own hash. (That the seek table and the
  /// table fit each other and the file was seen when it was opened.)
  ///
  /// - Throws: ``ArchiveError`` with code `io`, or what `options.progress` threw. What is wrong with the archive is in the report.
  public func verify(_ options: VerificationOptions = .init()) throws -> VerificationReport {
    if options.fromDisk { _ = posix_fadvise(file.rawValue, 0, 0, POSIX_FADV_DONTNEED) }
    let files = (0...contents.members.count).filter {
      $0 == contents.members.count || contents.members[$0].kind == .file
    }
    if let share = options.sample { return try verifySample(share, files, options) }
    let hashing = MemberHashing(contents, isStrict: false, isOfTar: options.fromDisk)
    let whole = WholeHashing(self, hashesFrames: !options.fromDisk)
    let comparison = TableComparison(contents)
    let plan = ReadPlan(contents, files).withAllFrames(of: contents)
    var stages: [FrameReading.Stage] = [hashing.run, comparison.run]
    if whole.hashesFrames { stages.append(whole.hashFile) }
    let reading = try FrameReading(
      self, plan, workers: options.workers, direct: options.fromDisk, stages: stages)
    try reading.run(progress: options.progress)
    var problems = frameProblems(hashing)
    problems += comparison.problems
    problems += try whole.problems(expected: options.expectedDigest, tarDigest: hashing.tarDigest)
    return report(hashing, files, problems, archiveDigest: whole.archiveDigest)
  }

  private func verifySample(_ share: Double, _ files: [Int], _ options: VerificationOptions) throws
    -> VerificationReport
  {
    let count = max(1, Int((Double(contents.frames.count) * share).rounded(.up)))
    let chosen = Set(contents.frames.indices.shuffled().prefix(count))
    let whole = files.filter { number in
      ReadPlan(contents, [number]).frames.allSatisfy(chosen.contains)
    }
    var plan = ReadPlan(contents, whole).withAllFrames(of: contents)
    plan.keep(chosen)
    let hashing = MemberHashing(contents, isStrict: false, isOfTar: false)
    let reading = try FrameReading(
      self, plan, workers: options.workers, direct: options.fromDisk, stages: [hashing.run])
    try reading.run(progress: options.progress)
    return report(hashing, whole, frameProblems(hashing), archiveDigest: nil)
  }

  private func report(_ hashing: MemberHashing, _ files: [Int], _ problems: [String], archiveDigest: Digest?)
    -> VerificationReport
  {
    VerificationReport(
      damaged: hashing.damage.list(contents), problems: problems,
      checkedMembers: files.count { $0 < contents.members.count }, checkedBytes: hashing.bytes,
      archiveDigest: archiveDigest)
  }

  private func frameProblems(_ hashing: MemberHashing) -> [String] {
    var problems = hashing.frames.map { "frame \($0.number), at byte \(offsets[$0.number]), is damaged: \($0.flaw)" }
    let manifest = contents.members.count
    if let reason = hashing.damage.members[manifest] { problems.append("\(contents.manifest.path): \(reason)") }
    let empty = Digest(SHA256().finish())
    for number in 0...manifest {
      let (member, _) = contents.placed(number)
      guard member.kind == .file, member.size == 0, member.digest != empty else { continue }
      problems.append("\(member.path): is empty, and the table has another hash for it")
    }
    return problems
  }
}

/// The hash of the file.
///
/// Sendable, because each property belongs to one stage, and is read when all have ended.
private final class WholeHashing: @unchecked Sendable {
  private let archive: SeekableArchive
  /// Otherwise the tar is hashed, and the hash of the frames is taken from the table.
  let hashesFrames: Bool
  private var file = SHA256()
  private(set) var archiveDigest: Digest?

  init(_ archive: SeekableArchive, hashesFrames: Bool) {
    (self.archive, self.hashesFrames) = (archive, hashesFrames)
  }

  func hashFile(_ reading: FrameReading, _ mark: Ring.Stages) throws {
    try reading.each(mark, opened: false) { slot, _, _ in unsafe file.update(slot.frameBytes) }
  }

  func problems(expected: Digest?, tarDigest: Digest) throws -> [String] {
    var problems: [String] = []
    if hashesFrames {
      if Digest(file.copy().finish()) != archive.contents.dataDigest {
        problems.append("the archive's bytes are not those that were written")
      }
      let end = archive.offsets.last ?? 0
      file.update(try archive.file.bytes(at: end, count: archive.archiveBytes - end))
      archiveDigest = Digest(file.copy().finish())
    } else {
      if tarDigest != archive.contents.tarDigest {
        problems.append("the tar's bytes are not those that were written")
      }
      archiveDigest = try archive.digest()
    }
    // Where the data are others, so is this.
    if let expected = try expected ?? (problems.isEmpty ? archive.digest() : nil), expected != archiveDigest {
      problems.append("the archive's hash is not the one that was recorded (\(expected))")
    }
    return problems
  }
}
