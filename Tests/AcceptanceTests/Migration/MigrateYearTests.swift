import Foundation
import Testing

/// Films that are called like the year whose folder is needed.
struct MigrateYearTests {
  @Test func `a film that bears a year's name makes way for that year, and comes back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("2025", "2025", year: 2025)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 26)
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path("out/2025/other"), withDestinationPath: "../Don_1978/audio")
      let before = try Inventory(workspace.root, folderTimes: false)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let done = try Inventory(workspace.root, folderTimes: false)
      #expect(workspace.exists("out/2025/10/26/1/20251026-001/manifest.json"))
      #expect(workspace.exists(workspace.migrated("20251027-001") + "/other/audio.wav"))
      #expect(!workspace.exists("out/2025/manifest.json"))
      #expect(try workspace.cpwx("migrate", "--from-legacy").errors.contains("Nothing is to be migrated"))
      // Cut off here and there, it comes to the same.
      for step in stride(from: 9, to: 1000, by: 17) {
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        #expect(try Inventory(workspace.root, folderTimes: false).difference(from: before) == [], "step \(step)")
        try workspace.remove(".cpwx")
        let cut = try workspace.start(
          [CPWX.path, "migrate", "--from-legacy"], environment: ["CPWX_FAULT_STEP": "\(step)"]
        ).wait()
        #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
        #expect(try Inventory(workspace.root, folderTimes: false).difference(from: done) == [], "step \(step)")
        if cut.signal == nil { break }
      }
    }
  }

  @Test func `files of times that no calendar has are read as any others`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.oldFilm("Don_1978", "Don", year: 1978)
      try workspace.film()
      // The last second of ext4, and what other file systems make of it.
      let touch = "touch -d @15032385535 in/* out/Don_1978/manifest.json out/Don_1978/audio/* out/Don_1978"
      try #require(try workspace.start(["sh", "-c", touch]).wait().code == 0)
      #expect(try workspace.cpwx("migrate", "--from-legacy", "-n").code == 0)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let run = try workspace.cpwx("run", "--settle", "0.1s")
      #expect(run.code == 0, "\(run.errors)")
      #expect(try workspace.cpwx("job", "list", "--format", "ndjson").lines.count == 2)
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(workspace.exists("out/Don_1978/audio/audio.wav"))
    }
  }

  @Test func `beside the days of a year, a film's files wait for a person`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("2025", "2025", year: 2025)
      try workspace.write("out/2025/11/03/1/20251103-001/manifest.json", "{\"job_id\": \"20251103-001\"}")
      for dry in [["-n"], []] {
        let outcome = try workspace.start([CPWX.path, "migrate", "--from-legacy"] + dry).wait()
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("held back") && outcome.output.contains("holds the days of a year"))
      }
      #expect(workspace.exists("out/2025/audio/audio.wav"))
    }
  }

  @Test func `no job is put into the directory of a film that stays`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("2025", "2025", year: 2025)
      try workspace.oldFilm("Don_1978", "Don", year: 1978)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--exclude", "2025")
      #expect(outcome.code == 1 && outcome.output.contains("belongs into out/2025"))
      #expect(workspace.exists("out/2025/audio/audio.wav") && workspace.exists("out/Don_1978/audio/audio.wav"))
    }
  }

  @Test func `and comes back at once when its logs cannot move`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("2025", "2025", year: 2025)
      try workspace.write("logs/2025", "in the way")
      let before = try Inventory(workspace.path("out"))
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 1 && outcome.errors.contains("out/2025: stays where it is."), "\(outcome.errors)")
      #expect(outcome.errors.contains("1 failed"), "\(outcome.errors)")
      #expect(workspace.exists("out/2025/audio/audio.wav"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(workspace.path("out")).difference(from: before) == [])
    }
  }

  @Test func `no job goes into the directory of a film that turns out to stay, and all move when it can`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("2025", "2025", year: 2025)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 26)
      try workspace.write("logs/2025/10/27", "in the way of the film's logs")
      let before = try Inventory(workspace.path("out"))
      let migrate = [CPWX.path, "migrate", "--from-legacy"]
      for step in stride(from: 20, to: 1000, by: 9) {
        let cut = try workspace.start(migrate, environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
        let outcome = cut.signal == nil ? cut : try workspace.start(migrate).wait()
        #expect(outcome.code == 1, "step \(step): \(outcome.errors)")
        let reason = "belongs into out/2025, which is a film's directory that could not make way"
        #expect(outcome.errors.contains(reason), "step \(step): \(outcome.errors)")
        #expect(try Inventory(workspace.path("out")).difference(from: before) == [], "step \(step)")
        try workspace.remove(".cpwx")
        if cut.signal == nil { break }
      }
      try workspace.remove("logs/2025/10/27")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      #expect(workspace.exists("out/2025/10/26/1/20251026-001/audio/audio.wav"))
      #expect(workspace.exists(workspace.migrated("20251027-001") + "/audio/audio.wav"))
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.path("out")).difference(from: before) == [])
    }
  }

  @Test func `of films that bear years, each makes way before the other comes, and comes back behind it`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("2026", "2026", year: 2026, day: 26)
      try workspace.oldFilm("2025", "2025", year: 2025)
      let manifest = try workspace.read("out/2025/manifest.json")
      try workspace.write("out/2025/manifest.json", manifest.replacingOccurrences(of: "2025-10-", with: "2024-10-"))
      let before = try Inventory(workspace.root, folderTimes: false)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      #expect(workspace.exists("out/2025/10/26/1/20251026-001/audio/audio.wav"))
      #expect(workspace.exists("out/2024/10/27/1/20241027-001/audio/audio.wav"))
      #expect(!workspace.exists("out/2026"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(workspace.root, folderTimes: false).difference(from: before) == [])
    }
  }
}
