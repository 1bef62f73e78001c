internal import Jobs
internal import SystemPackage
internal import Titles

/// Whose the logs are whose names tell of no directory that is there: by what stands in them, else by their stage and
/// moment. Logs are given by their numbers.
struct LogMentions: Sendable {
  private let logs: OldLogs.List
  /// By the hashes of names.
  private var byDirectory = KeyedNumbers()
  private var byFilm = KeyedNumbers()
  private var byMoment = KeyedNumbers()

  /// Bytes of a log that are looked through.
  private static let looked = 256 << 10

  /// - Parameter found: what names of logs may tell of.
  /// - Throws: ``JobError`` with code `io`.
  init(_ old: OldLogs, of found: FoundTrees) throws {
    logs = old.all
    var isNamed = [Bool](repeating: false, count: logs.count)
    var known = OddNames()
    try found.forEachFlatName { directory in
      known.add(directory)
      for log in try old.byDirectory[directory.bytes.fnv] { isNamed[log] = true }
    }
    known.sort()
    for number in isNamed.indices where !isNamed[number] {
      let told = Mentions(in: old.root.appending(try logs.name(number)), bytes: Self.looked, known)
      // A log that tells of several jobs is no one's.
      if let only = told.directories.first {
        if told.directories.count == 1 { try byDirectory.add(number, under: only.bytes.fnv) }
      } else if let only = told.films.first {
        if told.films.count == 1 { try byFilm.add(number, under: only.bytes.fnv) }
      } else if try logs.naming(number) == .untold {
        try byMoment.add(number, under: logs.moment(number).microseconds.inOrder)
      }
    }
    try byDirectory.sort()
    try byFilm.sort()
    try byMoment.sort()
  }

  /// - Throws: ``JobError`` with code `io`.
  func logs(of directory: RawPath) throws -> [Int] { try byDirectory[directory.bytes.fnv] }

  /// The moments of the logs that tell of a directory.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func moments(of directory: RawPath) throws -> [Timestamp] { try logs(of: directory).map { try logs.moment($0) } }

  /// Those that tell of a film's file, wherever it lies.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func logs(ofFilm file: String?) throws -> [Int] {
    try file.map { try byFilm[FilmGuess.lastComponent($0).utf8.fnv] } ?? []
  }

  /// Those that began while a stage of theirs was recorded to run.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func logs(within manifest: Manifest?) throws -> [Int] {
    guard byMoment.count > 0, let manifest else { return [] }
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
      found += try byMoment.numbers(under: first.inOrder...last.inOrder).filter { try logs.stage($0) == stage }
    }
    return found
  }
}

/// The names of directories that hold what would end a name in a log, for those are known by the whole alone.
private struct OddNames {
  private var names: Set<RawPath> = []
  /// The longest first.
  private var lengths: [Int] = []

  mutating func add(_ name: RawPath) {
    guard name.bytes.contains(where: { Mentions.isEnd($0) || $0 == UInt8(ascii: "]") }) else { return }
    names.insert(name)
  }

  mutating func sort() { lengths = Set(names.map(\.bytes.count)).sorted(by: >) }

  /// The longest one that a text begins with, and that ends there.
  func first(of text: ArraySlice<UInt8>, _ isEnd: (UInt8) -> Bool) -> RawPath? {
    for length in lengths where length <= text.count {
      let end = text.startIndex + length
      guard end == text.endIndex || isEnd(text[end]) else { continue }
      let name = RawPath(Array(text[..<end]))
      if names.contains(name) { return name }
    }
    return nil
  }
}

/// The directories in `out/` and the films that a log tells of.
private struct Mentions {
  private(set) var directories: Set<RawPath> = []
  private(set) var films: Set<RawPath> = []

  init(in path: FilePath, bytes limit: Int, _ known: OddNames) {
    guard let handle = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return }
    defer { try? handle.close() }
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = unsafe (try? buffer.withUnsafeMutableBytes { try unsafe handle.read(into: $0) }) ?? 0
    for line in buffer[..<count].split(whereSeparator: { $0 == 0x0A }) {
      for text in Self.texts(in: line, after: "out/") {
        let name = known.first(of: text, Self.isEnd) ?? RawPath(Array(text.prefix { !Self.isEnd($0) }))
        if !name.isEmpty { directories.insert(name) }
      }
      for text in Self.texts(in: line, after: "[native.") {
        guard let dot = text.firstIndex(of: UInt8(ascii: ".")) else { continue }
        let name =
          known.first(of: text[(dot + 1)...]) { $0 == UInt8(ascii: "]") }
          ?? RawPath(Array(text[(dot + 1)...].prefix { $0 != UInt8(ascii: "]") }))
        if !name.isEmpty { directories.insert(name) }
      }
      for text in Self.texts(in: line, after: "in/") {
        if let film = Self.film(RawPath(Array(text.prefix { $0 != UInt8(ascii: "\"") && $0 != 0x0D }))) {
          films.insert(film)
        }
      }
    }
  }

  /// What ends a directory's name in a log.
  static func isEnd(_ byte: UInt8) -> Bool { ends.contains(byte) }

  private static let ends = Array("/\"'\\ \t\r,;:)".utf8)

  /// What stands behind each `mark` that is not the end of another folder's name.
  private static func texts(in line: ArraySlice<UInt8>, after mark: String) -> [ArraySlice<UInt8>] {
    let mark = Array(mark.utf8)
    guard line.count > mark.count else { return [] }
    return (line.startIndex...(line.endIndex - mark.count)).compactMap { index in
      guard line[index] == mark[0], line[index...].starts(with: mark),
        index == line.startIndex || !isLetter(line[index - 1])
      else { return nil }
      return line[(index + mark.count)...]
    }
  }

  /// The name of a film's file, which may hold spaces, at the beginning of a text.
  private static func film(_ text: RawPath) -> RawPath? {
    let bytes = text.bytes
    for dot in bytes.indices where bytes[dot] == UInt8(ascii: ".") {
      let ending = bytes[(dot + 1)...].prefix { isLetter($0) || (0x30...0x39).contains($0) }
      if FilmName.fileEndings.contains(String(decoding: ending, as: UTF8.self).lowercased()) {
        return RawPath(Array(bytes[..<ending.endIndex])).name
      }
    }
    return nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
}

extension Double {
  /// Seconds that a document claims, within what a film could take.
  fileprivate var clamped: Double { isFinite ? Swift.min(Swift.max(self, 0), 1e7) : 0 }
}

extension Int64 {
  /// Itself as a key, of the same order.
  var inOrder: UInt64 { UInt64(bitPattern: self) ^ 1 << 63 }
}
