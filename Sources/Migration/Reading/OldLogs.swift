internal import Jobs
internal import SystemPackage

/// The logs that the old application left flat in one folder: `STAGE_YYYYMMDD_HHMMSS.log`, and
/// `STAGE_DIRECTORY_YYYYMMDD_HHMMSS.log` with the name of the job's directory.
struct OldLogs: Sendable {
  /// The logs, by their numbers, in little memory: there may be several of each of a hundred thousand jobs.
  struct List: Sendable {
    private var names = NameSpool()
    private var stages: [String] = []
    private var stageOf: [Int32] = []
    private var moments: [Int64] = []

    var count: Int { moments.count }

    /// - Throws: ``JobError`` with code `io`.
    func name(_ log: Int) throws(JobError) -> RawPath { try names.name(log) }
    /// By the documented spelling.
    func stage(_ log: Int) -> String { stages[Int(stageOf[log])] }
    /// Local time, by the name.
    func moment(_ log: Int) -> Timestamp { Timestamp(microseconds: moments[log]) }

    /// Makes room for as many.
    mutating func reserve(_ count: Int) {
      stageOf.reserveCapacity(count)
      moments.reserveCapacity(count)
    }

    mutating func append(_ name: RawPath, stage: String, _ moment: Timestamp) {
      names.append(name)
      let known = stages.firstIndex(of: stage)
      if known == nil { stages.append(stage) }
      stageOf.append(Int32(known ?? stages.count - 1))
      moments.append(moment.microseconds)
    }
  }

  let root: FilePath
  private(set) var all = List()
  /// Numbers of logs by the directory that their names tell of, by its hash.
  private(set) var byDirectory = LogNumbers()
  /// Their names tell of no directory; in order.
  private var unnamed: [Int] = []
  /// Whatever else lies there.
  private(set) var others: [RawPath] = []
  /// Links that lie directly in it.
  private(set) var links: [RawPath] = []
  /// Logs of stages that nobody knows, with the directories that they may be of, the longest name first.
  private var uncertain: [Int: [UInt64]] = [:]

  private static let stages: [[UInt8]] =
    (StageFiles.names + ["second_pass_translation", "lyrics_detection", "orchestrator", "pipeline"])
    .flatMap { Set([$0, String($0.map { $0 == "_" ? "-" : $0 })]) }
    .longestFirst.map { Array($0.utf8) }

  /// Records of batches, which are no logs.
  private static let batches = RawPath("batches")

  init(in root: FilePath) {
    self.root = root
    guard let found = try? FlatFolder(root) else { return }
    defer { byDirectory.sort() }
    add(found.files)
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
          add(path, Self.parts(of: name))
        }
      }
    }
  }

  private mutating func add(_ files: NameList) {
    all.reserve(files.count)
    byDirectory.reserve(files.count)
    for start in stride(from: 0, to: files.count, by: 8192) {
      let count = min(8192, files.count - start)
      let parts = onAllCores(count, piece: 256) { Self.parts(of: files[start + $0]) }
      for (file, parts) in zip(start..., parts) { add(files[file], parts) }
    }
  }

  /// - Parameter parts: of its name.
  private mutating func add(_ name: RawPath, _ parts: (rest: [UInt8], moment: Timestamp)?) {
    guard let (rest, moment) = parts else { return others.append(name) }
    let number = all.count
    func add(_ stage: ArraySlice<UInt8>) {
      all.append(name, stage: OldRecords.name(String(decoding: stage, as: UTF8.self)), moment)
    }
    if let stage = Self.stages.first(where: {
      rest.starts(with: $0) && (rest.count == $0.count || rest[$0.count] == UInt8(ascii: "_"))
    }) {
      add(rest[..<stage.count])
      if rest.count <= stage.count + 1 { return unnamed.append(number) }
      return byDirectory.add(number, under: rest[(stage.count + 1)...].fnv)
    }
    // Of a stage that nobody knows: wherever its name ends, the directory's begins.
    let gaps = rest.indices.filter { Self.isGap(rest[$0]) && $0 > 0 && $0 + 1 < rest.count }
    add(rest[..<(gaps.first ?? rest.count)])
    if gaps.isEmpty { return unnamed.append(number) }
    uncertain[number] = gaps.map { rest[($0 + 1)...].fnv }
    for directory in Set(uncertain[number] ?? []) { byDirectory.add(number, under: directory) }
  }

  private static func isGap(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") }

  /// The moments of the logs whose names tell of a directory.
  func moments(of directory: RawPath) -> [Timestamp] {
    byDirectory[directory.bytes.fnv].map { all.moment($0) }
  }

  /// Whether a log's name tells of no directory.
  func isUnnamed(_ log: Int) -> Bool {
    let place = unnamed.firstPlace { $0 >= log }
    return place < unnamed.count && unnamed[place] == log
  }

  /// The directories that a log of an unknown stage may be of, the longest name first; none for other logs.
  func directories(ofUncertain log: Int) -> [UInt64] { uncertain[log] ?? [] }

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
