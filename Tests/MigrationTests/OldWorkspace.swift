import Foundation
import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// A workspace with trees of older layouts.
struct OldWorkspace {
  let folder: TemporaryFolder
  var root: FilePath { folder.root }

  init() throws {
    folder = try TemporaryFolder()
    try folder.file("config/.env", "HF_TOKEN=hf_secret_secret\nLOG_LEVEL=info\n")
    for name in ["in", "out", "logs"] { try folder.folder(name) }
  }

  /// With the trees that the old application left.
  static func legacy() throws -> OldWorkspace {
    let workspace = try OldWorkspace()
    let archive = try #require(
      Bundle.module.url(forResource: "legacy-trees", withExtension: "tar.gz", subdirectory: "Fixtures"))
    _ = try output(of: ["tar", "-xzf", archive.path, "-C", workspace.root.string])
    return workspace
  }

  static func expected() throws -> [JSON] {
    let file = try #require(
      Bundle.module.url(forResource: "legacy-expected", withExtension: "json", subdirectory: "Fixtures"))
    return try JSON(parsing: Array(Data(contentsOf: file)))["entries"]?.array ?? []
  }

  /// A directory in which a film came through every stage, as native runs left it.
  func film(
    _ name: String, manifest: String? = nil, stages: [String] = ["audio/audio.wav", "metadata/tmdb_data.json"],
    at out: String = "out"
  ) throws {
    for stage in stages { try folder.file("\(out)/\(name)/\(stage)", "{}") }
    if let manifest { try folder.file("\(out)/\(name)/manifest.json", manifest) }
    if stages.isEmpty, manifest == nil { try folder.folder("\(out)/\(name)") }
  }

  func plan(_ options: MigrationOptions = MigrationOptions()) throws -> [MigrationEntry] {
    let workspace = try Workspace(at: root, environment: [:])
    let plan = try MigrationPlan(of: OldTrees(nil, in: workspace), in: workspace, options: options)
    var entries: [MigrationEntry] = []
    try plan.forEach { entries.append($0) }
    return entries
  }

  func entry(_ name: String, _ options: MigrationOptions = MigrationOptions()) throws -> MigrationEntry {
    try #require(try plan(options).first { $0.path == "out/\(name)" || $0.path == name }, "\(name)")
  }

  /// A manifest of stages, the documented kind's older one.
  static func manifest(
    created: String = "2025-10-27T15:00:00.274422", input: String? = nil, title: String? = nil, year: String? = nil,
    stages: [(String, String)] = [("demux", "success")], status: String = "running", failed: [String] = []
  ) -> String {
    let inner: JSON = [
      "version": .string("1.0.0"), "created_at": .string(created),
      "input": ["file": .string(input), "title": .string(title), "year": .string(year)],
      "stages": .object(stages.reduce(into: JSON.Object()) { $0[$1.0] = ["status": .string($1.1)] }),
      "pipeline": ["status": .string(status), "failed_stages": .strings(failed)],
    ]
    return inner.text()
  }
}
