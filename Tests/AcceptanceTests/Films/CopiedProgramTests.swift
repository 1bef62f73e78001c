import Foundation
import Jobs
import Testing

/// The programs in another folder than they were built in, as people take them along: nothing else is needed beside them.
struct CopiedProgramTests {
  /// The caller's PATH without the folders that hold a cpwx.
  private static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    .filter { folder in
      ["cpwx", "cpwx-stage"].allSatisfy { !FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
    }.joined(separator: ":")

  /// Copies the programs of these names, and has the first one make a workspace with a film.
  private func with(_ names: [String], _ body: (_ run: ([String]) throws -> Outcome, TestWorkspace) throws -> Void)
    throws
  {
    try TestWorkspace.with { workspace in
      let folder = workspace.path("taken along")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in names { try copy(name, to: folder, workspace) }
      let run: ([String]) throws -> Outcome = {
        try workspace.start([folder + "/cpwx"] + $0, environment: ["PATH": Self.path]).wait()
      }
      #expect(try run(["init", "lone"]).code == 0)
      let film = workspace.path("lone/in/Film (2001).mkv")
      let made = try workspace.start([
        "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=duration=1", film,
      ]).wait()
      #expect(made.code == 0, "\(made.errors)")
      try workspace.age(film, by: 3600)
      try body(run, workspace)
    }
  }

  /// By a process of its own: what another one that starts just then inherits of a file that is written cannot be run.
  private func copy(_ name: String, to folder: String, _ workspace: TestWorkspace) throws {
    let built = URL(filePath: CPWX.path).deletingLastPathComponent().appending(path: name).path
    let copied = try workspace.start(["cp", built, folder]).wait()
    try #require(copied.code == 0, "\(copied.errors)")
  }

  /// The files of the only job.
  private func job(_ workspace: TestWorkspace) throws -> String {
    let folders = workspace.tree("lone/out").filter { $0.split(separator: "/").count == 5 }
    try #require(folders.count == 1, "\(folders)")
    return workspace.path("lone/out/" + folders[0])
  }

  @Test func `both programs, copied anywhere, run a stage that ships`() throws {
    try with(["cpwx", "cpwx-stage"]) { run, workspace in
      let outcome = try run(["run", "-C", "lone", "--stages", "demux"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.bytes(try job(workspace) + "/audio/audio.wav").starts(with: Data("RIFF".utf8)))
    }
  }

  @Test func `without cpwx-stage it is said where that was looked for, and putting it beside cpwx is enough`() throws {
    try with(["cpwx"]) { run, workspace in
      var outcome = try run(["run", "-C", "lone", "--stages", "demux"])
      #expect(outcome.code == 69)
      let reason = "cpwx-stage cannot be started: it is neither beside cpwx, nor among the engines, nor in PATH"
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
      let job = try job(workspace)
      let record = try JSON(parsing: try workspace.bytes(job + "/manifest.json"))["stages"]?["demux"]
      #expect(record?["status"]?.string == "failed")
      #expect(try run(["doctor", "-C", "lone", "--format", "ndjson"]).output.contains("Copy it beside cpwx"))
      try copy("cpwx-stage", to: workspace.path("taken along"), workspace)
      outcome = try run(["run", "-C", "lone", "--stages", "demux"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try self.job(workspace) == job)
    }
  }
}
