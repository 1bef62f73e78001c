import Foundation
import Jobs
import Testing

extension TestWorkspace {
  /// A workspace with one job of two stages that was completed.
  static func withFinishedJob(
    config: [String] = [], _ body: (TestWorkspace, _ id: String) throws -> Void
  ) throws {
    try with([.making("one"), .making("two", from: ["one.out"])], config: config) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      try body(workspace, try workspace.job().split(separator: "/").last.map(String.init) ?? "")
    }
  }

  /// A workspace whose logs lie on another disk, with one job that was archived: its folder, its logs, and what both held.
  static func withArchiveOfTwoDisks(
    _ body: (TestWorkspace, _ id: String, _ job: String, _ logs: String, _ before: [String]) throws -> Void
  ) throws {
    try with([.making("one")], config: ["LOG_ROOT=disk/logs"]) { workspace in
      try workspace.mountDisk(at: workspace.path("disk"), size: "16m")
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let job = try workspace.job()
      let logs = "disk/logs" + job.dropFirst(workspace.path("out").count)
      let before = try workspace.snapshot(job, logs)
      let id = String(job.suffix(12))
      #expect(try workspace.cpwx("archive", id).code == 0)
      try body(workspace, id, job, logs, before)
    }
  }

  /// Everything below some folders: kinds, modes, times to the nanosecond, links and contents, as text.
  func snapshot(_ folders: String..., in place: String? = nil) throws -> [String] {
    let script = """
      find "$@" -printf '%p|%y|%m|%T@|%s|%l|%n\\n' | sed 's/^\\(.*|d|[^|]*|[^|]*|\\)[0-9]*/\\1/' | LC_ALL=C sort
      find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
      """
    let outcome = try start(["sh", "-c", script, "sh"] + folders, in: place).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
    return outcome.lines
  }

  /// The archives, as paths from the workspace.
  var archives: [String] { archives(in: "archive") }

  /// The same, where ARCHIVE_ROOT is another.
  func archives(in root: String) -> [String] {
    tree(root).filter { $0.hasSuffix(".tar.zst") }.map { "\(root)/\($0)" }
  }

  /// The only archive.
  func archive() throws -> String {
    try #require(archives.count == 1, "\(archives)")
    return archives[0]
  }

  /// What a command says in JSON.
  func json(_ arguments: String...) throws -> JSON {
    let outcome = try start([CPWX.path] + arguments + ["--format", "json"]).wait()
    return try JSON(parsing: Array(outcome.output.utf8))
  }

  /// Traces that an archiving, restoring or pruning which was cut short may leave; none may stay.
  var leftovers: [String] { leftovers(in: "") }

  /// The same, below a folder; a look goes into no other disk.
  func leftovers(in folder: String) -> [String] {
    tree(folder).filter { path in
      path.split(separator: "/").contains {
        $0.hasPrefix(".rm-") || $0.hasPrefix(".restore-") || $0.hasPrefix(".cpwx-extract") || $0.contains(".tmp-")
      }
    }
  }

  /// Has a job have been completed so many days ago.
  func complete(_ job: String, daysAgo days: Double) throws {
    let moment = Timestamp(microseconds: Timestamp.now.microseconds - Int64(days * 86_400_000_000))
    var manifest = try self.manifest(of: job)
    manifest["timing"]?["completed_at"] = .string(moment.text)
    try write(job + "/manifest.json", Data(manifest.bytes()))
  }
}
