internal import Hashing
public import SystemPackage

public struct ExtractionOptions: Sendable {
  /// Which members; `nil`: all. A hard link whose target is not among them becomes a file.
  public var includes: (@Sendable (Member) -> Bool)?
  /// Goes past damage, leaves out what is damaged, and tells of it.
  public var salvage = false
  /// An archive of unknown origin: symbolic links that lead out of the folder are refused.
  public var isForeign = false
  /// Brings all of the folder's file system to the disk in the end.
  public var durable = false
  public var workers = defaultWorkers
  /// Bytes of the frames that are read.
  public var progress: Progress?

  public init(
    includes: (@Sendable (Member) -> Bool)? = nil, salvage: Bool = false, isForeign: Bool = false,
    durable: Bool = false,
    workers: Int = defaultWorkers, progress: Progress? = nil
  ) {
    self.includes = includes
    self.salvage = salvage
    self.isForeign = isForeign
    self.durable = durable
    self.workers = workers
    self.progress = progress
  }
}

public struct ExtractionReport: Sendable {
  /// Members that were written.
  public var extracted: Int
  /// Bytes of their content.
  public var bytes: Int
  /// What is not there because it is damaged, when salvaging: in bytewise order.
  public var damaged: [DamagedMember]
  /// Damage that hit no member's content, when salvaging.
  public var otherDamage: [String]
}

extension SeekableArchive {
  /// Writes members below a folder: modes, times to the nanosecond, links and all, each hash checked while it is written. Nothing that is
  /// there is written over, no name or link leads out of the folder. Folders above a member that are missing are made.
  ///
  /// - Throws: ``ArchiveError``: `damaged`, naming the member; `refused`; `io`; or what `options.progress` threw. What was written until
  ///   then stays below the folder.
  public func extract(_ options: ExtractionOptions = .init(), into folder: FileDescriptor) throws -> ExtractionReport {
    let extraction = try Extraction(self, options, folder.rawValue)
    return try extraction.run()
  }
}

/// Members on their way out of an archive: frames are read and decompressed several at a time, hashed and written at the same time.
///
/// Sendable, because each property belongs to one stage, and is read when all have ended.
private final class Extraction: @unchecked Sendable {
  private let archive: SeekableArchive
  private let options: ExtractionOptions
  private let contents: TableOfContents
  private let staging: StagingFolder
  /// The numbers of the members that are wanted, and of the files whose content that takes.
  private let chosen: [Int]
  private let files: [Int]
  /// By the number of the file with the content: where that goes, and what else is to be a link to there.
  private var names: [Int: [Int]] = [:]
  private var isWhole: Bool { options.includes == nil }
  private var file: StagingFile?
  private var wholeHash = SHA256()

  init(_ archive: SeekableArchive, _ options: ExtractionOptions, _ root: CInt) throws {
    self.archive = archive
    self.options = options
    contents = archive.contents
    staging = StagingFolder(root)
    let contents = contents
    chosen = contents.members.indices.filter { options.includes?(contents.members[$0]) ?? true }
    for number in chosen {
      let member = contents.members[number]
      switch member.kind {
      case .file: names[number, default: []].append(number)
      case .hardLink:
        if let target = contents.index(of: MemberPath(unchecked: member.target)) {
          names[target, default: []].append(number)
        }
      case .folder, .symbolicLink: break
      }
    }
    if options.isForeign { try contents.checkLinks(of: chosen.map { contents.members[$0] }) }
    files = names.keys.sorted()
  }

  func run() throws -> ExtractionReport {
    var folders: [Member] = []
    for number in chosen where contents.members[number].kind == .folder {
      if try staging.makeFolder(contents.members[number].path) { folders.append(contents.members[number]) }
    }
    let hashing = MemberHashing(contents, isStrict: !options.salvage, isOfTar: false)
    try readFrames(hashing)
    let damaged = hashing.damage.members
    for number in damaged.keys { if let first = names[number]?.first { staging.remove(contents.members[first].path) } }
    var otherDamage = try archiveDamage(hashing)
    otherDamage += try writeRest(except: Set(damaged.keys))
    for folder in folders.reversed() { try staging.finish(folder) }
    if options.durable { try staging.sync() }
    let lost = damaged.keys.reduce(0) { $0 + (names[$1]?.count ?? 0) }
    let wanted = Set(chosen.map { contents.members[$0].path })
    return ExtractionReport(
      extracted: chosen.count - lost,
      bytes: files.reduce(0) { damaged[$1] == nil ? $0 + contents.members[$1].size : $0 },
      damaged: hashing.damage.list(contents).filter { wanted.contains($0.path) }, otherDamage: otherDamage)
  }

  private func readFrames(_ hashing: MemberHashing) throws {
    var plan = ReadPlan(contents, files)
    var stages: [FrameReading.Stage] = [hashing.run, { try self.write($0, $1) }]
    if isWhole {
      plan = plan.withAllFrames(of: contents)
      stages.append { reading, mark in
        try reading.each(mark, opened: false) { slot, _, _ in unsafe self.wholeHash.update(slot.frameBytes) }
      }
    }
    try FrameReading(archive, plan, workers: options.workers, stages: stages).run(progress: options.progress)
  }

  private func write(_ reading: FrameReading, _ mark: Ring.Stages) throws {
    try reading.each(mark) { slot, _, segments in
      for segment in segments {
        guard let first = names[segment.member]?.first else { continue }
        let member = contents.members[first]
        let content = contents.members[segment.member]
        if segment.offset == 0 { file = try staging.makeFile(member.path, size: content.size) }
        guard let file else { continue }
        if slot.flaw == nil {
          try unsafe file.write(unsafe UnsafeRawBufferPointer(rebasing: slot.plain[segment.range]), at: segment.offset)
        }
        if segment.isLast {
          try file.finish(member)
          self.file = nil
        }
      }
    }
  }

  /// Files without content, and links. What they are is in the table, so no damage to frames hits them.
  private func writeRest(except damaged: Set<Int>) throws -> [String] {
    var problems: [String] = []
    let empty = Digest(SHA256().finish())
    for number in files {
      guard let links = names[number], !damaged.contains(number), let first = links.first else { continue }
      if contents.members[number].size == 0 {
        let member = contents.members[first]
        if contents.members[number].digest != empty {
          let flaw = "is empty, and the table has another hash for it"
          if !options.salvage { throw ArchiveError(.damaged, member.path, flaw) }
          problems.append("\(member.path): \(flaw)")
        }
        try staging.makeFile(member.path, size: 0).finish(member)
      }
      for link in links.dropFirst() {
        try staging.makeHardLink(contents.members[link].path, to: contents.members[first].path)
      }
    }
    for number in chosen where contents.members[number].kind == .symbolicLink {
      try staging.makeSymbolicLink(contents.members[number])
    }
    return problems
  }

  private func archiveDamage(_ hashing: MemberHashing) throws -> [String] {
    var problems = hashing.frames.map {
      "frame \($0.number), at byte \(archive.offsets[$0.number]), is damaged: \($0.flaw)"
    }
    if isWhole, Digest(wholeHash.copy().finish()) != contents.dataDigest {
      let flaw = "the archive's bytes are not those that were written"
      if !options.salvage { throw ArchiveError(.damaged, file: archive.name, flaw) }
      problems.append(flaw)
    }
    return problems
  }
}
