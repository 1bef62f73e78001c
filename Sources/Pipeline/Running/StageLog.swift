internal import Jobs
internal import SystemPackage

/// A stage's log: appended to by every attempt, secrets masked, its progress lines taken out.
///
/// A line `cpwx:progress 0.42 words` tells how far a stage is. Percentages at the end of other lines count as well
/// (`… 42%`), which is how most progress bars look; those lines stay in the log.
struct StageLog: ~Copyable {
  private let file: FileDescriptor
  private var mask: SecretMask
  private var line: [UInt8] = []
  private var tail: [UInt8] = []
  private let progress: (Double, String) -> Void
  /// The first failure to write, kept until the stage has ended.
  private(set) var failure: (any Error)?

  /// Bytes of the log's end that are kept for error messages.
  private static let tailLimit = 16_384
  private static let marker = Array("cpwx:progress ".utf8)

  /// - Throws: ``JobError`` with code `io`.
  init(appendingTo path: FilePath, secrets: [String], progress: @escaping (Double, String) -> Void) throws {
    do {
      file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw JobError(.io, path.string, "the stage's log cannot be opened", underlying: error)
    }
    mask = SecretMask(secrets)
    self.progress = progress
  }

  deinit { try? file.close() }

  /// A line of the orchestrator's own. It does not belong to the stage's output.
  mutating func note(_ text: String) {
    var mask = mask
    write(mask.mask("=== \(text)\n".utf8) + mask.finish())
  }

  mutating func append(_ bytes: some Collection<UInt8>) { take(mask.mask(bytes)) }

  /// Writes what was held back.
  mutating func finish() {
    take(mask.finish())
    flushLine()
  }

  /// The last lines of the stage's output, masked.
  func lastLines(_ count: Int) -> String {
    let lines = tail.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).suffix(count)
    return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }

  /// Passes bytes on to the file as they come, holding back only what may become a progress line.
  private mutating func take(_ bytes: [UInt8]) {
    var output: [UInt8] = []
    for byte in bytes {
      line.append(byte)
      let mayBeMarker = Self.marker.starts(with: line) || line.starts(with: Self.marker)
      if byte == 0x0A || byte == 0x0D {
        if !readProgress(line) { output += line[written...] }
        line.removeAll(keepingCapacity: true)
        written = 0
      } else if !mayBeMarker {
        output += line[written...]
        written = line.count
      }
      if line.count > 4096 {
        output += line[written...]
        line.removeAll(keepingCapacity: true)
        written = 0
      }
    }
    if !line.isEmpty, written == line.count { _ = readPercent(line) }
    write(output)
    keepTail(output)
  }

  /// Bytes of ``line`` that are in the file already.
  private var written = 0

  private mutating func flushLine() {
    guard !line.isEmpty else { return }
    if !readProgress(line) {
      let rest = Array(line[written...])
      write(rest)
      keepTail(rest)
    }
    line = []
    written = 0
  }

  /// Whether `line` was a progress line, to be left out of the log.
  private func readProgress(_ line: [UInt8]) -> Bool {
    guard line.starts(with: Self.marker) else {
      _ = readPercent(line)
      return false
    }
    let text = String(decoding: line.dropFirst(Self.marker.count).filter { $0 >= 0x20 }, as: UTF8.self)
    let words = text.split(separator: " ", maxSplits: 1)
    guard let number = words.first, let fraction = Double(number), fraction.isFinite else { return false }
    progress(min(1, max(0, fraction)), words.count > 1 ? String(words[1]) : "")
    return true
  }

  /// Reads a percentage such as progress bars show.
  private func readPercent(_ line: [UInt8]) -> Bool {
    guard let sign = line.lastIndex(of: UInt8(ascii: "%")), sign > 0 else { return false }
    let digits = line[..<sign].reversed().prefix { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }
    guard let percent = Double(String(decoding: digits.reversed(), as: UTF8.self)), percent <= 100 else { return false }
    progress(percent / 100, "")
    return true
  }

  private mutating func write(_ bytes: [UInt8]) {
    guard failure == nil, !bytes.isEmpty else { return }
    do { try file.writeAll(bytes) } catch { failure = error }
  }

  private mutating func keepTail(_ bytes: [UInt8]) {
    tail += bytes
    if tail.count > 2 * Self.tailLimit { tail.removeFirst(tail.count - Self.tailLimit) }
  }
}
