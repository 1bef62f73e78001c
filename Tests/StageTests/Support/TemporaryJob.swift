import Engines
import Glibc
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

/// A workspace of its own with one job in it, removed when the test ends.
final class TemporaryJob: Sendable {
  private let place: TemporaryFolder
  var workspace: FilePath { place.root }
  let folder: FilePath

  /// - Parameters:
  ///   - settings: lines of the job's env file.
  ///   - film: what the manifest says the film is.
  init(_ settings: [String: String] = [:], film: FilePath? = nil, title: String = "A Film", year: Int? = nil) throws {
    place = try TemporaryFolder()
    folder = try place.folder("out/2025/10/30/1/20251030-001")
    try makeFolder(workspace.appending("config"))
    try write(
      settings.map { "\($0.key)=\($0.value)\n" }.joined(), to: workspace.pushing("config/.env.job_20251030-001"))
    let input: JSON = ["file": .string(film?.string), "title": .string(title), "year": .int(year)]
    try write(
      JSON.object(.init()).with("job_id", .string("20251030-001")).with("input", input).text(),
      to: folder.appending("manifest.json"))
  }

  /// What the stages are started with; engines are those of the machine.
  var environment: [String: String] {
    var environment = processEnvironment().filter {
      ["PATH", "HOME", "XDG_DATA_HOME", "CPWX_ENGINES"].contains($0.key)
    }
    environment["CONFIG_PATH"] = workspace.pushing("config/.env.job_20251030-001").string
    return environment
  }

  func path(_ name: String) -> FilePath { folder.pushing(FilePath(name)) }

  func write(_ text: String, to path: FilePath) throws {
    try makeFolder(path.removingLastComponent())
    try DurableFile.write(Array(text.utf8), to: path)
  }

  /// Makes engines of this job's own, with one adapter; the system's Python stands in for theirs.
  func installEngine(_ adapter: String, _ program: String) throws -> EngineHome {
    let home = EngineHome(root: workspace.appending("engines"))
    try makeFolder(home.python.removingLastComponent())
    let linked = home.python.withPlatformString { symlink("/usr/bin/python3", $0) }
    try #require(linked == 0)
    try write(program, to: home.adapters.appending(adapter))
    return home
  }

  /// Puts a second of silence where demux puts the film's sound.
  func makeSilence() async throws {
    try makeFolder(path("audio"))
    try await makeMedia(
      ["-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "1", "-c:a", "pcm_s16le"], path("audio/audio.wav"))
  }

  func text(_ name: String) throws -> String { String(decoding: try DurableFile.read(path(name)), as: UTF8.self) }

  func json(_ name: String) throws -> JSON { try JSON(parsing: DurableFile.read(path(name))) }

  /// The stage's entry in the manifest.
  func record(_ stage: String) throws -> StageRecord {
    try #require(try Manifest(reading: path("manifest.json")).stage(stage))
  }

  /// The names in the job's folder that no finished run should leave.
  var leftovers: [String] {
    func walk(_ folder: FilePath) -> [String] {
      names(in: folder).flatMap { name in
        let path = folder.appending(name)
        return isDirectory(path) ? walk(path) : [name]
      }
    }
    return walk(folder).filter { $0.hasPrefix(".") && $0 != ".manifest.lock" }
  }
}

extension JSON {
  func with(_ key: String, _ value: JSON) -> JSON {
    var copy = self
    copy[key] = value
    return copy
  }
}
