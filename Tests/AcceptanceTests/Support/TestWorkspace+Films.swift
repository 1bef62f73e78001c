import Foundation
import Testing

/// The engines that the stages of this machine use.
func installedEngines() throws -> String {
  let environment = ProcessInfo.processInfo.environment
  let data = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? "") + "/.local/share"
  let place = environment["CPWX_ENGINES"] ?? data + "/cpwx/engines"
  try #require(FileManager.default.fileExists(atPath: place + "/venv"), "no speech engines: run make setup")
  return place
}

extension TestWorkspace {
  /// Makes a workspace as `cpwx init` does in a folder of this one, for English and the smallest model, with the
  /// beginning of the sample film in it.
  func makeSite(_ name: String) throws {
    let made = try cpwx("init", path(name))
    try #require(made.code == 0, "\(made.errors)")
    try replace("SRC_LANG=hi ", by: "SRC_LANG=en ", in: "\(name)/config/.env")
    try replace("WHISPER_MODEL=large-v3 ", by: "WHISPER_MODEL=tiny.en ", in: "\(name)/config/.env")
    let sample = CPWX.package + "/config/samples/super_awesome_company_2018.mp4"
    let film = path("\(name)/in/Company (2018).mp4")
    let cut = try start(["ffmpeg", "-v", "error", "-nostdin", "-t", "8", "-i", sample, "-c", "copy", film]).wait()
    try #require(cut.code == 0, "\(cut.errors)")
  }

  /// The only job of a workspace in a folder of this one.
  func job(in folder: String) throws -> String {
    let jobs = tree(folder + "/out").filter { $0.split(separator: "/").count == 5 }
    try #require(jobs.count == 1, "\(jobs)")
    return path("\(folder)/out/\(jobs[0])")
  }

  /// The subtitle streams of a film, each with its form and language.
  func subtitleStreams(of film: String) throws -> [String] {
    let probe = try start([
      "ffprobe", "-v", "error", "-select_streams", "s", "-show_entries", "stream=codec_name:stream_tags=language",
      "-of", "csv=p=0:s=\\ ", film,
    ]).wait()
    try #require(probe.code == 0, "\(probe.errors)")
    return probe.lines
  }

  func replace(_ text: String, by other: String, in file: String) throws {
    let old = try read(file)
    try #require(old.contains(text), "\(file) has no \(text)")
    try write(file, old.replacingOccurrences(of: text, with: other))
  }
}
