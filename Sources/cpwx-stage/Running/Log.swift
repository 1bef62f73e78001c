internal import Jobs
internal import SystemPackage

/// The stage's log: plain lines on standard error, secrets masked.
struct Log: Sendable {
  enum Level: String, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error, critical

    static func < (left: Level, right: Level) -> Bool {
      allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
  }

  /// Lines below this level are left out.
  var threshold: Level
  /// Values that must not be read in a log.
  var secrets: [String] = []

  func debug(_ text: String) { write(.debug, text) }
  func info(_ text: String) { write(.info, text) }
  func warning(_ text: String) { write(.warning, text) }
  func error(_ text: String) { write(.error, text) }

  private func write(_ level: Level, _ text: String) {
    guard level >= threshold else { return }
    let mark = level == .info ? "" : "\(level.rawValue): "
    writeLine(mark + masked(text), to: .standardError)
  }

  /// `text` with every secret value replaced.
  func masked(_ text: String) -> String {
    secrets.reduce(text) { $0.replacing($1, with: Secrets.mask) }
  }
}

/// Writes one line at once, so that lines of several writers do not mix. Nobody reading is no reason to stop.
func writeLine(_ text: String, to file: FileDescriptor) {
  _ = try? file.writeAll(Array((text + "\n").utf8))
}
