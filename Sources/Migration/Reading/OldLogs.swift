internal import Jobs
internal import SystemPackage

/// The logs that the old application left flat in one folder: `STAGE_YYYYMMDD_HHMMSS.log`, and
/// `STAGE_DIRECTORY_YYYYMMDD_HHMMSS.log` with the name of the job's directory.
struct OldLogs: Sendable {
  /// The logs, by their numbers, in little memory: there may be several of each of a hundred thousand jobs.
  struct List: Sendable {
    /// Whether a log's name tells of a directory.
    enum Naming: BitwiseCopyable {
      case told, untold
      /// It may tell of several.
      case uncertain
    }

    private struct Log: BitwiseCopyable {
      let moment: Int64
      let stage: Int32
      let naming: Naming
    }

    private var names = SpooledBytes()
    private var stages: [String] = []
    private var logs = Spooled<Log>()

    var count: Int { logs.count }

    /// - Throws: ``JobError`` with code `io`.
    func name(_ log: Int) throws(JobError) -> RawPath { RawPath(try names[log]) }
    /// By the documented spelling.
    func stage(_ log: Int) throws(JobError) -> String { stages[Int(try logs[log].stage)] }
    /// Local time, by the name.
    func moment(_ log: Int) throws(JobError) -> Timestamp { Timestamp(microseconds: try logs[log].moment) }
    func naming(_ log: Int) throws(JobError) -> Naming { try logs[log].naming }

    mutating func append(
      _ name: RawPath, stage: String, _ moment: Timestamp, _ naming: Naming
    ) throws(JobError) {
      try names.append(name.bytes)
      let known = stages.firstIndex(of: stage)
      if known == nil { stages.append(stage) }
      try logs.append(Log(moment: moment.microseconds, stage: Int32(known ?? stages.count - 1), naming: naming))
    }
  }

  let root: FilePath
  private(set) var all = List()
  /// Numbers of logs by the directory that their names tell of, by its hash.
  private(set) var byDirectory = KeyedNumbers()
  /// Whatever else lies there.
  private(set) var others: [RawPath] = []
  /// Links that lie directly in it.
  private(set) var links: [RawPath] = []

  private static let stages: [[UInt8]] =
    (StageFiles.names + ["second_pass_translation", "lyrics_detection", "orchestrator", "pipeline"])
    .flatMap { Set([$0, String($0.map { $0 == "_" ? "-" : $0 })]) }
    .longestFirst.map { Array($0.utf8) }

  /// Records of batches, which are no logs.
  private static let batches = RawPath("batches")

  /// - Throws: ``JobError`` with code `io` where there is no room for their names.
  init(in root: FilePath) throws(JobError) {
    self.root = root
    guard let found = try? FlatFolder(root) else { return }
    try add(found.files)
    links = Array(found.links)
    // Below a year's name lie the logs of jobs.
    let folders = found.folders.filter { !$0.isNumber(of: 4) && $0 != Self.batches }
    var inner: Set<RawPath> = []
    for folder in folders {
      for file in ((try? TreeScan(root.appending(folder)))?.files ?? []).sorted() {
        let (name, path) = (file.name, folder.appending(file))
        // Two of one name cannot both go to one job.
        if found.files.holds(name) || !inner.insert(name).inserted {
          others.append(path)
        } else {
          try add(path, Self.parts(of: name))
        }
      }
    }
    try byDirectory.sort()
  }

  private mutating func add(_ files: NameList) throws(JobError) {
    for start in stride(from: 0, to: files.count, by: 8192) {
      let count = min(8192, files.count - start)
      let parts = onAllCores(count, piece: 256) { Self.parts(of: files[start + $0]) }
      for (file, parts) in zip(start..., parts) { try add(files[file], parts) }
    }
  }

  /// - Parameter parts: of its name.
  private mutating func add(
    _ name: RawPath, _ parts: (rest: [UInt8], moment: Timestamp)?
  ) throws(JobError) {
    guard let (rest, moment) = parts else { return others.append(name) }
    let known = Self.stage(of: rest)
    let gaps = known == nil ? Self.gaps(in: rest) : []
    let directories = known.map { rest.count <= $0 + 1 ? [] : [rest[($0 + 1)...].fnv] } ?? Self.directories(rest, gaps)
    for directory in Set(directories) { try byDirectory.add(all.count, under: directory) }
    let stage = String(decoding: rest[..<(known ?? gaps.first ?? rest.count)], as: UTF8.self)
    let naming: List.Naming = directories.isEmpty ? .untold : known == nil ? .uncertain : .told
    try all.append(name, stage: OldRecords.name(stage), moment, naming)
  }

  /// Where the name of a known stage ends, which a log's begins with.
  private static func stage(of rest: [UInt8]) -> Int? {
    stages.first { rest.starts(with: $0) && (rest.count == $0.count || rest[$0.count] == UInt8(ascii: "_")) }?.count
  }

  /// Where the name of a stage that nobody knows may end, and the directory's begins.
  private static func gaps(in rest: [UInt8]) -> [Int] {
    rest.indices.filter { isGap(rest[$0]) && $0 > 0 && $0 + 1 < rest.count }
  }

  private static func directories(_ rest: [UInt8], _ gaps: [Int]) -> [UInt64] { gaps.map { rest[($0 + 1)...].fnv } }

  private static func isGap(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") }

  /// The moments of the logs whose names tell of a directory.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func moments(of directory: RawPath) throws -> [Timestamp] {
    try byDirectory[directory.bytes.fnv].map { try all.moment($0) }
  }

  /// The directories that a log of an unknown stage may be of, the longest name first; none for other logs.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func directories(ofUncertain log: Int) throws -> [UInt64] {
    guard try all.naming(log) == .uncertain, let (rest, _) = Self.parts(of: try all.name(log).name) else { return [] }
    return Self.directories(rest, Self.gaps(in: rest))
  }

  /// A name without its ending and its moment, and the moment.
  private static func parts(of name: RawPath) -> (rest: [UInt8], moment: Timestamp)? {
    guard var stem = withoutEnding(name.bytes) else { return nil }
    // A second one of the same second has a number more: `_1`.
    let serial = stem.reversed().prefix { (0x30...0x39).contains($0) }
    let gap = stem.count - serial.count - 1
    if (1...3).contains(serial.count), gap > 0, isGap(stem[gap]) { stem = stem[..<gap] }
    let tail = Array(stem.suffix(16))
    let isMoment = tail.enumerated().allSatisfy { index, byte in
      index == 0 || index == 9 ? isGap(byte) : (0x30...0x39).contains(byte)
    }
    guard stem.count > 16, isMoment else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: tail[range], as: UTF8.self) }
    let text =
      "\(part(1..<5))-\(part(5..<7))-\(part(7..<9))T\(part(10..<12)):\(part(12..<14)):\(part(14..<16))"
    guard let moment = Timestamp(text) else { return nil }
    return (Array(stem.dropLast(16)), moment)
  }

  /// Without `.log`, and what those that were put aside have behind that: `.log.1`, `.log.gz`, `.log.2.gz`.
  private static func withoutEnding(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var stem = bytes[...]
    for ending in [".gz", ".bz2", ".xz", ".zst"] where stem.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
      stem = stem.dropLast(ending.utf8.count)
    }
    let serial = stem.reversed().prefix { (0x30...0x39).contains($0) }
    if !serial.isEmpty, stem.dropLast(serial.count).last == UInt8(ascii: ".") { stem = stem.dropLast(serial.count + 1) }
    return stem.suffix(4).elementsEqual(".log".utf8) ? stem.dropLast(4) : nil
  }
}
