internal import Jobs
internal import SystemPackage

/// The logs that the old application left flat in one folder: `STAGE_YYYYMMDD_HHMMSS.log`, and
/// `STAGE_DIRECTORY_YYYYMMDD_HHMMSS.log` with the name of the job's directory.
struct OldLogs: Sendable {
  struct Log: Sendable {
    let name: RawPath
    /// By the documented spelling.
    let stage: String
    /// Local time, by the name.
    let moment: Timestamp
  }

  let root: FilePath
  private(set) var all: [Log] = []
  /// Numbers of logs by the directory that their names tell of, by its hash.
  private(set) var byDirectory: [UInt64: [Int]] = [:]
  /// Their names tell of no directory.
  private(set) var unnamed: [Int] = []
  /// Whatever else lies there.
  private(set) var others: [RawPath] = []
  /// Logs of stages that nobody knows, with the directories that they may be of, the longest name first.
  private var uncertain: [Int: [UInt64]] = [:]

  private static let stages: [[UInt8]] =
    (StageFiles.names + ["second_pass_translation", "lyrics_detection", "orchestrator", "pipeline"])
    .flatMap { Set([$0, String($0.map { $0 == "_" ? "-" : $0 })]) }
    .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }.map { Array($0.utf8) }

  init(in root: FilePath) {
    self.root = root
    guard let found = try? FlatFolder(root) else { return }
    for name in found.files { add(name) }
  }

  private mutating func add(_ name: RawPath) {
    guard let (rest, moment) = Self.parts(of: name) else { return others.append(name) }
    let number = all.count
    func add(_ stage: ArraySlice<UInt8>) {
      all.append(Log(name: name, stage: StageName(String(decoding: stage, as: UTF8.self)).description, moment: moment))
    }
    if let stage = Self.stages.first(where: {
      rest.starts(with: $0) && (rest.count == $0.count || rest[$0.count] == 0x5F)
    }) {
      add(rest[..<stage.count])
      if rest.count == stage.count { return unnamed.append(number) }
      return byDirectory[rest[(stage.count + 1)...].fnv, default: []].append(number)
    }
    // Of a stage that nobody knows: wherever its name ends, the directory's begins.
    let gaps = rest.indices.filter { rest[$0] == 0x5F && $0 > 0 && $0 + 1 < rest.count }
    add(rest[..<(gaps.first ?? rest.count)])
    if gaps.isEmpty { return unnamed.append(number) }
    uncertain[number] = gaps.map { rest[($0 + 1)...].fnv }
    for directory in Set(uncertain[number] ?? []) { byDirectory[directory, default: []].append(number) }
  }

  /// The moments of the logs whose names tell of a directory.
  func moments(of directory: RawPath) -> [Timestamp] {
    (byDirectory[directory.bytes.fnv] ?? []).map { all[$0].moment }
  }

  /// The directories that a log of an unknown stage may be of, the longest name first; none for other logs.
  func directories(ofUncertain log: Int) -> [UInt64] { uncertain[log] ?? [] }

  /// A name without its ending and its moment, and the moment.
  private static func parts(of name: RawPath) -> (rest: [UInt8], moment: Timestamp)? {
    let bytes = name.bytes
    guard bytes.count > 20, bytes.suffix(4).elementsEqual(".log".utf8) else { return nil }
    let stem = bytes.dropLast(4)
    let tail = Array(stem.suffix(16))
    let digits = tail.enumerated().allSatisfy { index, byte in
      index == 0 || index == 9 ? byte == 0x5F : (0x30...0x39).contains(byte)
    }
    guard digits else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: tail[range], as: UTF8.self) }
    let text =
      "\(part(1..<5))-\(part(5..<7))-\(part(7..<9))T\(part(10..<12)):\(part(12..<14)):\(part(14..<16))"
    guard let moment = Timestamp(text) else { return nil }
    return (Array(stem.dropLast(16)), moment)
  }
}
