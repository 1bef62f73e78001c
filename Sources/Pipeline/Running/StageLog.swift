internal import Jobs
internal import SystemPackage

/// A stage's log: appended to by every attempt, secrets masked, its progress lines taken out.
///
/// A line `cpwx:progress 0.42 words` tells how far a stage is. Until it has sent one, percentages count as well as most
/// progress bars show them: at the end of a line (`… 42%`) or before a bar (`42%|███`). Those lines stay in the log.
struct StageLog: ~Copyable {
  private let file: FileDescriptor
  private var mask: SecretMask
  /// The beginning of a line that may turn out to be a progress line.
  private var candidate: [UInt8] = []
  private var isAtLineStart = true
  private var tail: [UInt8] = []
  private let progress: (Double, String) -> Void
  /// Whether the stage tells its progress itself, so that percentages are only text.
  private var tellsProgress = false
  /// The first failure to write, kept until the stage has ended.
  private(set) var failure: (any Error)?

  /// Bytes of the log's end that are kept for error messages.
  private static let tailLimit = 16_384
  /// A percentage counts when so little was said after it.
  private static let percentReach = 200
  /// A progress line is no longer than this.
  private static let progressLimit = 1024
  private static let marker = Array("cpwx:progress ".utf8)

  /// - Throws: ``JobError`` with code `io`.
  init(appendingTo path: FilePath, secrets: [String], progress: @escaping (Double, String) -> Void) throws {
    do {
      file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw JobError(.io, path.string, "the stage's log cannot be opened", underlying: error)
    }
    mask = SecretMask(secrets)
    self.progress = progress
  }

  deinit { try? file.close() }

  /// A line of the orchestrator's own, on a line of its own. It does not belong to the stage's output.
  mutating func note(_ text: String) {
    var mask = mask
    let line = "=== \(text)\n"
    write(Array((endsInsideLine ? "\n" : "").utf8) + mask.mask(Array(line.utf8)) + mask.finish())
  }

  mutating func append(_ bytes: ArraySlice<UInt8>) { take(mask.mask(Array(bytes))) }

  /// Writes what was held back.
  mutating func finish() {
    take(mask.finish())
    pass(candidate)
    candidate = []
  }

  /// The last lines of the stage's output, masked.
  func lastLines(_ count: Int) -> String {
    let lines = tail.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).suffix(count)
    return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }

  private var endsInsideLine: Bool {
    guard let size = try? FileStatus(of: file).size, size > 0 else { return false }
    var last: UInt8 = 0
    let count = try? unsafe withUnsafeMutableBytes(of: &last) {
      try unsafe file.read(fromAbsoluteOffset: Int64(size) - 1, into: $0)
    }
    return count == 1 && last != 0x0A
  }

  /// Passes bytes on to the file as they come, holding back only what may become a progress line.
  private mutating func take(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    if candidate.isEmpty, firstPlace(of: Self.marker, in: bytes) == nil { return takePlain(bytes) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = rest.firstIndex { $0 == 0x0A || $0 == 0x0D }.map { $0 + 1 } ?? rest.endIndex
      let isLineEnd = rest[end - 1] == 0x0A || rest[end - 1] == 0x0D
      candidate += rest[..<end]
      rest = rest[end...]
      let mayBeProgress =
        isAtLineStart && candidate.count <= Self.progressLimit
        && (candidate.starts(with: Self.marker) || Self.marker.starts(with: candidate))
      if mayBeProgress && !isLineEnd { continue }
      if !(mayBeProgress && readProgress(candidate)) { pass(candidate) }
      candidate = []
      isAtLineStart = isLineEnd
    }
  }

  /// Bytes without a progress line in them, though one may begin at their end.
  private mutating func takePlain(_ bytes: [UInt8]) {
    let lastLine = bytes.suffix(Self.marker.count)
    let newline = lastLine.lastIndex { $0 == 0x0A || $0 == 0x0D }
    let wholeIsLine = newline == nil && bytes.count == lastLine.count && isAtLineStart
    let start = newline.map { $0 + 1 } ?? (wholeIsLine ? bytes.startIndex : bytes.endIndex)
    if start < bytes.endIndex, Self.marker.starts(with: bytes[start...]) {
      pass(Array(bytes[..<start]))
      candidate = Array(bytes[start...])
      isAtLineStart = true
    } else {
      pass(bytes)
      isAtLineStart = start == bytes.endIndex && newline != nil
    }
  }

  private mutating func pass(_ bytes: [UInt8]) {
    write(bytes)
    let news = bytes.suffix(Self.tailLimit)
    tail += news
    if !tellsProgress { readPercent(after: tail.count - news.count) }
    if tail.count > 2 * Self.tailLimit { tail.removeFirst(tail.count - Self.tailLimit) }
  }

  /// Whether `line` was a progress line, to be left out of the log.
  private mutating func readProgress(_ line: [UInt8]) -> Bool {
    let text = String(decoding: line.dropFirst(Self.marker.count).filter { $0 >= 0x20 }, as: UTF8.self)
    let words = text.split(separator: " ", maxSplits: 1)
    guard let number = words.first, let fraction = Double(number), fraction.isFinite else { return false }
    tellsProgress = true
    progress(min(1, max(0, fraction)), words.count > 1 ? String(words[1]) : "")
    return true
  }

  /// Reads the last percentage such as progress bars show, if what came from `start` of the tail on completes it.
  private func readPercent(after start: Int) {
    var rest = tail.suffix(Self.percentReach)
    while let sign = rest.lastIndex(of: UInt8(ascii: "%")) {
      rest = rest[..<sign]
      guard let end = mark(behind: sign) else { continue }
      if end < start { return }
      let digits = tail[..<sign].reversed().prefix { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }
      guard let percent = Double(String(decoding: digits.reversed(), as: UTF8.self)), percent <= 100 else { continue }
      return progress(percent / 100, "")
    }
  }

  /// Where what makes a percentage progress is: the line's end, blanks before it left out, or a bar at once.
  private func mark(behind sign: Int) -> Int? {
    let following = tail[(sign + 1)...]
    if following.first == UInt8(ascii: "|") { return sign + 1 }
    let end = following.firstIndex { $0 != 0x20 && $0 != 0x09 }
    return end.flatMap { tail[$0] == 0x0A || tail[$0] == 0x0D ? $0 : nil }
  }

  private mutating func write(_ bytes: [UInt8]) {
    guard failure == nil, !bytes.isEmpty else { return }
    do { try file.writeAll(bytes) } catch { failure = error }
  }
}
