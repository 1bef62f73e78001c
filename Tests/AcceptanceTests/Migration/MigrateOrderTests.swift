import Foundation
import Testing

/// In which order a migration reaches the disk: a kill leaves what the system still holds, a power cut does not.
struct MigrateOrderTests {
  /// What it asked of the system, in that order.
  private func calls(_ workspace: TestWorkspace, _ arguments: String...) throws -> [Substring] {
    let traced = "trace=fsync,syncfs,write,pwrite64,rename,renameat,renameat2"
    let run = try workspace.start(
      ["strace", "-f", "-y", "-s", "256", "-e", traced, "-o", workspace.path("trace"), CPWX.path, "migrate"] + arguments
    ).wait()
    #expect(run.code == 0, "\(run.errors)")
    return try workspace.read("trace").split(separator: "\n")
  }

  /// Where a call of this kind with all of these in its arguments first is, from a place on.
  private func place(_ kind: String, _ parts: String..., of calls: [Substring], from start: Int = 0) throws -> Int {
    try #require(
      calls[start...].firstIndex { call in call.contains(kind) && parts.allSatisfy { call.contains($0) } },
      "\(kind) \(parts) from \(start)\n\(calls.joined(separator: "\n"))")
  }

  /// Where files and folders in `out/` and `logs/` get other names.
  private func moves(_ workspace: TestWorkspace, _ calls: [Substring]) -> [Int] {
    calls.indices.filter { index in
      calls[index].contains("rename") && ["out", "logs"].contains { calls[index].contains(workspace.path($0) + "/") }
    }
  }

  @Test func `the plan is on the disk before anything is changed, and what was done before the journal says so`()
    throws
  {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let done = try calls(workspace, "--from-legacy")
      let moved = moves(workspace, done)
      let (first, last) = (try #require(moved.first), try #require(moved.last))
      #expect(moved.count > 5, "\(moved.count)")
      let entries = try place("fsync(", "/m001/plan.ndjson>", of: done)
      let seal = try place("write(", "/m001/plan.ndjson>", "sealed", of: done)
      let whole = try place("fsync(", "/m001/plan.ndjson>", of: done, from: seal)
      let named = try place("fsync(", "/migrations/m001>", of: done, from: whole)
      #expect(entries < seal && named < first)
      let onDisk = try place("syncfs(", of: done, from: last)
      let record = try place("write(", "/m001/journal.ndjson>", "done", of: done)
      let recorded = try place("fsync(", "/m001/journal.ndjson>", of: done, from: record)
      #expect(onDisk < record && record < recorded)

      let back = try calls(workspace, "undo")
      let returned = moves(workspace, back)
      let begun = try place("write(", "/m001/journal.ndjson>", "begun", of: back)
      let noted = try place("fsync(", "/m001/journal.ndjson>", of: back, from: begun)
      #expect(noted < (returned.first ?? 0))
      let put = try place("syncfs(", of: back, from: try #require(returned.last))
      #expect(try put < place("write(", "/m001/journal.ndjson>", "undone", of: back))
    }
  }

  @Test func `a copy on another disk is there for good before it gets its place, and that before its original goes`()
    throws
  {
    try TestWorkspace.with { workspace in
      try workspace.mountDisk(at: workspace.path("old"), size: "4m")
      try workspace.write("old/out/Don_1978/audio/audio.wav", "sound")
      try workspace.write("old/logs/asr_Don_1978_20251027_100000.log", "heard")
      let done = try calls(workspace, "--from-legacy", workspace.path("old"))
      let job = "/out/2025/10/27/1/20251027-001"
      let copied = try #require(done.lastIndex { $0.contains("write") && $0.contains("/1/.migrating-20251027-001/") })
      let onDisk = try place("syncfs(", of: done, from: copied)
      let placed = try place("rename", "/1/.migrating-20251027-001\"", "\(job)\"", of: done)
      let named = try place("fsync(", "/out/2025/10/27/1>", of: done, from: placed)
      let gone = try place("rename", "old/out/Don_1978\"", "/.migrated-Don_1978\"", of: done)
      #expect(copied < onDisk && onDisk < placed && placed < named && named < gone)
    }
  }
}
