internal import Jobs

/// The last lines of a stage's log.
enum LogTail {
  static let lines = 10
  /// Characters of a line that are shown.
  private static let widest = 400

  /// - Returns: none when there is no log.
  static func read(of stage: String, _ paths: JobPaths, _ shown: ShownText) -> [String] {
    var bytes: [UInt8] = []
    try? LogReading(of: paths, stage: stage, lines: lines) { bytes += $0 }.print()
    return split(String(decoding: bytes, as: UTF8.self), shown)
  }

  /// The last lines of a text, as far as they are of the last attempt; where a line was written over by carriage returns,
  /// as it read in the end.
  static func split(_ text: String, _ shown: ShownText) -> [String] {
    let all = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let last = line.split(separator: "\r").last ?? line
      let clean = shown(String(Substring(last)))
      return clean.count > widest ? clean.prefix(widest) + "…" : clean
    }
    let said = all[..<(all.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0)].suffix(lines)
    let beginning = said.lastIndex { $0.hasPrefix("=== ") } ?? said.startIndex
    return Array(said[beginning...])
  }
}
