internal import Jobs
internal import SystemPackage

/// Whose the logs are whose names tell of no directory: by what stands in them, else by their stage and moment.
struct LogMentions: Sendable {
  private let logs: [OldLogs.Log]
  private var byDirectory: [RawPath: [Int]] = [:]
  /// In the order of their moments.
  private var byMoment: [Int] = []

  /// Bytes of a log that are looked through.
  private static let looked = 256 << 10

  init(_ old: OldLogs) {
    logs = old.unnamed.map { old.all[$0] }
    for (number, log) in logs.enumerated() {
      let mentioned = Self.directories(in: old.root.appending(log.name))
      // A log that tells of several jobs is no one's.
      if let only = mentioned.first, mentioned.count == 1 {
        byDirectory[only, default: []].append(number)
      } else if mentioned.isEmpty {
        byMoment.append(number)
      }
    }
    byMoment.sort { logs[$0].moment < logs[$1].moment }
  }

  func logs(of directory: RawPath) -> [Int] { byDirectory[directory] ?? [] }

  /// Those that began while a stage of theirs was recorded to run.
  func logs(within manifest: Manifest?) -> [Int] {
    guard !byMoment.isEmpty, let manifest else { return [] }
    var found: [Int] = []
    for record in manifest.stages {
      let ended = record.fields["completed_at"]?.string.flatMap { Timestamp($0) }
      let started =
        record.fields["started_at"]?.string.flatMap { Timestamp($0) }
        ?? ended.map { Timestamp(microseconds: $0.microseconds - Int64((record.duration ?? 0).clamped * 1_000_000)) }
      guard let started else { continue }
      // Names have whole seconds, and a log is begun a little before its stage says so.
      let first = started.microseconds - 5_000_000
      let last = max(started.microseconds + 5_000_000, ended?.microseconds ?? 0)
      let stage = StageName(record.name).description
      var index = byMoment.partition(first) { logs[$0].moment.microseconds }
      while index < byMoment.count, logs[byMoment[index]].moment.microseconds <= last {
        if logs[byMoment[index]].stage == stage { found.append(byMoment[index]) }
        index += 1
      }
    }
    return found
  }

  private static func directories(in path: FilePath) -> Set<RawPath> {
    guard let handle = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return [] }
    defer { try? handle.close() }
    var buffer = [UInt8](repeating: 0, count: looked)
    let count = (try? buffer.withUnsafeMutableBytes { try handle.read(into: $0) }) ?? 0
    let bytes = buffer[..<count]
    var found: Set<RawPath> = []
    for line in bytes.split(whereSeparator: { $0 == 0x0A }) {
      if let name = named(in: line, after: Array("out/".utf8), until: Array("/\"'\\ \t\r,;:)".utf8)) {
        found.insert(name)
      }
      if let name = named(in: line, after: Array("[native.".utf8), until: Array("]".utf8)),
        let dot = name.bytes.firstIndex(of: UInt8(ascii: "."))
      {
        found.insert(RawPath(Array(name.bytes[(dot + 1)...])))
      }
    }
    return found
  }

  private static func named(in line: ArraySlice<UInt8>, after mark: [UInt8], until ends: [UInt8]) -> RawPath? {
    guard line.count > mark.count else { return nil }
    for index in line.startIndex...(line.endIndex - mark.count) where line[index...].starts(with: mark) {
      let name = line[(index + mark.count)...].prefix { !ends.contains($0) }
      return name.isEmpty ? nil : RawPath(Array(name))
    }
    return nil
  }
}

extension [Int] {
  /// The first place whose value is not below `bound`.
  fileprivate func partition(_ bound: Int64, _ value: (Int) -> Int64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if value(self[middle]) < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Double {
  /// Seconds that a document claims, within what a film could take.
  fileprivate var clamped: Double { isFinite ? Swift.min(Swift.max(self, 0), 1e7) : 0 }
}
