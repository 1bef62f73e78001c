import Archive
import Foundation
import Index
import Jobs
import SystemPackage
import TestSupport

/// A workspace of one test with jobs in it, and what is done with them.
struct ArchiveSite {
  static let place = "2025/10/30/1/20251030-001"

  let folder: TemporaryFolder
  let workspace: Workspace

  init(config: String = "HF_TOKEN=hf_geheim123\n") throws {
    folder = try TemporaryFolder()
    try folder.file("config/.env", config)
    workspace = try Workspace(at: folder.root, environment: [:])
  }

  func path(_ path: String) -> String { folder.path(path).string }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: self.path(path)) }

  /// A finished job with its records, a log and a few files.
  func job(_ place: String = place) throws {
    let id = place.split(separator: "/").last.map(String.init) ?? ""
    try folder.file("out/\(place)/job.env", "JOB_ID=\(id)\nHF_TOKEN=hf_geheim123\n")
    try folder.file("out/\(place)/job_info.json", #"{"job_id": "\#(id)"}"#)
    try folder.file("out/\(place)/manifest.json", #"{"job_id": "\#(id)", "pipeline": {"status": "completed"}}"#)
    try folder.file("out/\(place)/subtitles/film.srt", String(repeating: "1\n00:00:01,000\nनमस्ते\n\n", count: 200))
    try folder.file("logs/\(place)/asr.log", String(repeating: "asr: done\n", count: 100))
  }

  /// Archives jobs that are named by their folders.
  @discardableResult
  func archive(
    _ place: String = place, _ options: (inout JobArchiving.Options) -> Void = { _ in },
    moved: @escaping @Sendable () -> Void = {}
  ) throws -> ArchiveOutcome {
    var (choice, chosen) = (ArchiveChoice(), JobArchiving.Options())
    options(&chosen)
    (choice.names, choice.force) = ([path("out/\(place)")], chosen.force)
    let run = ArchivingRun(
      in: workspace, chosen, jobs: 1, over: nil, stop: { .no }, moved: moved, observe: { _ in })
    return run.run(try choice.candidates(in: workspace, notice: .silent))[0]
  }

  func prune(named: [String] = [], files: [String] = [], _ rules: (inout RetentionRules) -> Void) throws
    -> [ArchivePruning.Outcome]
  {
    var chosen = RetentionRules()
    rules(&chosen)
    let pruning = ArchivePruning(in: workspace, chosen, named: Set(named.map { "out/\($0)" } + files))
    return pruning.run(pruning.plan(try JobIndex.look(in: workspace, notice: .silent) { try $0.archives() }))
  }

  func file(_ name: String) throws -> ArchiveFile {
    try ArchiveFile(named: path(name), in: { workspace }, notice: .silent)
  }
}
