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
  /// By the directory that the name tells of.
  private(set) var byDirectory: [RawPath: [Log]] = [:]
  /// Their names tell of no directory.
  private(set) var unnamed: [Log] = []
  /// Whatever else lies there.
  private(set) var others: [RawPath] = []

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
    func log(_ stage: ArraySlice<UInt8>) -> Log {
      Log(name: name, stage: StageName(String(decoding: stage, as: UTF8.self)).description, moment: moment)
    }
    if let stage = Self.stages.first(where: {
      rest.starts(with: $0) && (rest.count == $0.count || rest[$0.count] == 0x5F)
    }) {
      if rest.count == stage.count { return unnamed.append(log(rest[...])) }
      return byDirectory[RawPath(Array(rest[(stage.count + 1)...])), default: []].append(log(rest[..<stage.count]))
    }
    // Of a stage that nobody knows: wherever its name ends, the directory's begins.
    let gaps = rest.indices.filter { rest[$0] == 0x5F && $0 > 0 && $0 + 1 < rest.count }
    if gaps.isEmpty { return unnamed.append(log(rest[...])) }
    for gap in gaps {
      byDirectory[RawPath(Array(rest[(gap + 1)...])), default: []].append(log(rest[..<gap]))
    }
  }

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
