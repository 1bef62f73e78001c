internal import Engines
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// Runs ffmpeg and says what it said when it fails.
struct FFmpeg: Sendable {
  static let remedy = "Install it with: apt-get install ffmpeg"

  let log: Log

  /// A file's name as ffmpeg takes it literally, whatever it begins with or holds.
  static func name(_ path: FilePath) -> String { "file:\(path.string)" }

  /// Runs ffmpeg.
  ///
  /// - Parameters:
  ///   - subject: the file the work is about, for errors.
  ///   - duration: seconds of the whole, to tell progress by.
  ///   - isTrial: whether failing is a way to find something out, and its complaints are for nobody.
  /// - Returns: what it complained about while it went on.
  /// - Throws: ``JobError``: `damaged` for media it cannot work with, `io` for a full disk, `missingEngine` without it.
  @discardableResult
  func run(
    _ arguments: [String], about subject: FilePath, duration: Double?, isTrial: Bool = false,
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> [String] {
    let common = ["-hide_banner", "-nostdin", "-v", "error", "-nostats", "-stats_period", "0.2", "-progress", "pipe:1"]
    log.debug("ffmpeg \((common + arguments).joined(separator: " "))")
    let outcome = try await Program("ffmpeg", common + ["-y"] + arguments, remedy: Self.remedy).run(
      onOutput: { line in
        guard let duration, duration > 0, line.hasPrefix("out_time_us="),
          let microseconds = Double(line.dropFirst("out_time_us=".count))
        else { return }
        progress(min(1, microseconds / 1_000_000 / duration))
      }, onError: { isTrial ? log.debug("ffmpeg: \($0)") : log.info("ffmpeg: \($0)") })
    guard outcome.succeeded else { throw failure(outcome, subject) }
    return outcome.lastLines
  }

  private func failure(_ outcome: Program.Outcome, _ subject: FilePath) -> JobError {
    let lines = outcome.lastLines.suffix(4).joined(separator: "; ")
    if let signal = outcome.signal {
      return JobError(.io, subject.string, "ffmpeg was ended by signal \(signal)", remedy: "Run the stage again.")
    }
    if lines.contains("No space left on device") || lines.contains("Disk quota exceeded") {
      return JobError(.io, subject.string, "the disk is full: \(lines)", remedy: "Make room, then run the stage again.")
    }
    if lines.contains("Permission denied") || lines.contains("No such file or directory") {
      return JobError(
        .io, subject.string, "cannot be opened: \(lines)", remedy: "Check that it is there and may be read.")
    }
    return JobError(
      .damaged, subject.string,
      "ffmpeg cannot work with it: \(lines.isEmpty ? "exit status \(outcome.status)" : lines)",
      remedy: "Check that the film plays to its end; copy it again if it does not.")
  }
}
