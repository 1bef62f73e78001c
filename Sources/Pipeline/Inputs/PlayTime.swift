internal import Jobs
internal import SystemPackage

/// How long a film plays, as ffprobe tells it.
///
/// - Returns: seconds; `nil` where there is no ffprobe, or it makes nothing of the file.
func playTime(
  of film: FilePath, environment: [String: String], toolFolders: [FilePath], stop: StopSource
) -> Double? {
  let process = StageProcess(
    arguments: [
      "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "default=nokey=1:noprint_wrappers=1",
      film.string,
    ],
    environment: environment, directory: film.removingLastComponent(), toolFolders: toolFolders, timeout: 20, grace: 1,
    marker: "CPWX_PROBE_OF=\(film)")
  guard let child = try? process.start() else { return nil }
  var output: [UInt8] = []
  let outcome = process.follow(child, stop: stop) { output += $0 }
  guard outcome.end == .exited(0) else { return nil }
  let text = String(decoding: output.prefix { $0 != 0x0A }, as: UTF8.self)
  return Double(text).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
}
