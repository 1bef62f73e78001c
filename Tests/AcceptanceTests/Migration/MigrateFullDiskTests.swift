import CLinux
import Foundation
import Testing

/// Migrations onto a disk that is full at their first write, at the next one, and so on; with room each ends as an undisturbed
/// one.
struct MigrateFullDiskTests {
  private let roots = ["OUTPUT_ROOT=disk/trees/out", "LOG_ROOT=disk/trees/logs"]
  private let small = "mkfs.ext4 -q -m 0 -b 4096"

  /// What a migration keeps for itself lies on the full disk, too.
  private func migrate(_ workspace: TestWorkspace, _ arguments: [String]) throws -> Outcome {
    try workspace.start(
      [CPWX.path, "migrate"] + arguments, environment: ["CPWX_STATE": workspace.path("disk/state")]
    ).wait()
  }

  /// - Parameter free: in KiB.
  private func fill(_ workspace: TestWorkspace, leaving free: Int) throws {
    let script = """
      sync -f disk; cat /dev/zero > disk/filler
      dd if=/dev/zero of=disk/filler bs=4k oflag=append conv=notrunc
      truncate -s "-$1K" disk/filler && sync -f disk
      """
    let filled = try workspace.start(["sh", "-c", script, "sh", String(free)]).wait()
    try #require(filled.code == 0, "\(filled.errors)")
  }

  private func state(_ workspace: TestWorkspace, folderTimes: Bool) throws -> [Inventory] {
    try ["disk/trees", "old"].map { try Inventory(workspace.path($0), folderTimes: folderTimes) }
  }

  private func difference(_ one: [Inventory], _ other: [Inventory]) -> [String] {
    zip(one, other).flatMap { $0.difference(from: $1) }
  }

  /// Each film's sound, wherever it lies.
  private func sounds(_ workspace: TestWorkspace, in folders: [String] = ["disk/trees", "old"]) throws -> [String] {
    try folders.flatMap { folder in
      try workspace.tree(folder).filter { $0.hasSuffix("/audio.wav") && !$0.contains("/.migrat") }
        .map { try workspace.read("\(folder)/\($0)") }
    }.sorted()
  }

  /// - Parameter step: in KiB, by which there is more room each time.
  private func fillAtEachStep(_ workspace: TestWorkspace, _ folder: [String], by step: Int) throws {
    let (before, whole) = (try state(workspace, folderTimes: true), try sounds(workspace))
    try #require(whole.count == 2)
    #expect(try migrate(workspace, ["--from-legacy"] + folder).code == 0)
    let wanted = try state(workspace, folderTimes: false)
    var stops = 0
    for free in stride(from: 0, through: 400, by: step) {
      #expect(try migrate(workspace, ["undo"]).code == 0)
      #expect(difference(try state(workspace, folderTimes: true), before) == [], "\(free) KiB")
      try workspace.remove("disk/state")
      try fill(workspace, leaving: free)
      let full = try migrate(workspace, ["--from-legacy"] + folder)
      #expect(try sounds(workspace) == whole, "\(free) KiB")
      try workspace.remove("disk/filler")
      if full.code == 0 { break }
      #expect(full.code == 74 && full.errors.lowercased().contains("no space left"), "\(free) KiB: \(full.errors)")
      #expect(full.errors.contains("ake room on that disk"), "\(free) KiB: \(full.errors)")
      let again = try migrate(workspace, ["--from-legacy"] + folder)
      #expect(again.code == 0, "\(free) KiB: \(again.errors)")
      #expect(difference(try state(workspace, folderTimes: false), wanted) == [], "\(free) KiB")
      stops += 1
    }
    #expect((6...30).contains(stops), "\(stops) stops")
  }

  @Test func `full at any write, a disk stops a migration, and with room it ends as if nothing had been`() throws {
    try TestWorkspace.with(config: roots) { workspace in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "8M", making: small)
      for (number, film) in ["Don_1978", "Sholay_1975"].enumerated() {
        try workspace.write("disk/trees/out/\(film)/audio/audio.wav", "sound \(number)")
        try workspace.write("disk/trees/out/\(film)/asr/\(film).asr.json", "{}")
        try workspace.write("disk/trees/logs/asr_\(film)_20251027_100000.log", "heard")
      }
      try fillAtEachStep(workspace, [], by: 8)
    }
  }

  @Test func `so it does where trees are copied to it`() throws {
    try TestWorkspace.with(config: roots) { workspace in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "8M", making: small)
      for (number, film) in ["Don_1978", "Sholay_1975"].enumerated() {
        try workspace.write("old/out/\(film)/audio/audio.wav", "sound \(number)")
        try workspace.write("old/out/\(film)/asr/\(film).asr.json", "{}")
        try workspace.write("old/logs/asr_\(film)_20251027_100000.log", "heard")
      }
      try workspace.write("disk/trees/out/notes.txt", "of no film")
      try workspace.write("disk/trees/logs/notes.txt", "of no film")
      try fillAtEachStep(workspace, [workspace.path("old")], by: 20)
    }
  }

  @Test func `full at any write, a disk stops an undo that copies back to it, and with room it puts all back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "8M", making: small)
      for (number, film) in ["Don_1978", "Sholay_1975"].enumerated() {
        try workspace.write("disk/trees/out/\(film)/audio/audio.wav", "sound \(number)")
        try workspace.write("disk/trees/out/\(film)/asr/\(film).asr.json", "{}")
        try workspace.write("disk/trees/logs/asr_\(film)_20251027_100000.log", "heard")
      }
      let folders = ["disk/trees", "out"]
      let (before, whole) = (try Inventory(workspace.path("disk/trees")), try sounds(workspace, in: folders))
      try #require(whole.count == 2)
      var stops = 0
      for free in stride(from: 0, through: 400, by: 20) {
        #expect(try migrate(workspace, ["--from-legacy", workspace.path("disk/trees")]).code == 0)
        #expect(workspace.jobs.count == 2, "\(free) KiB")
        try fill(workspace, leaving: free)
        let full = try migrate(workspace, ["undo"])
        #expect(try sounds(workspace, in: folders) == whole, "\(free) KiB")
        try workspace.remove("disk/filler")
        if full.code == 0 { break }
        #expect(full.code == 74 && full.errors.lowercased().contains("no space left"), "\(free) KiB: \(full.errors)")
        #expect(full.errors.contains("ake room on that disk"), "\(free) KiB: \(full.errors)")
        let again = try migrate(workspace, ["undo"])
        #expect(again.code == 0, "\(free) KiB: \(again.errors)")
        let now = try Inventory(workspace.path("disk/trees"))
        #expect(now.difference(from: before) == [] && workspace.jobs.isEmpty, "\(free) KiB")
        try workspace.remove("disk/state")
        stops += 1
      }
      #expect((2...30).contains(stops), "\(stops) stops")
    }
  }

  @Test func `no room for extended attributes keeps the original`() throws {
    try TestWorkspace.with(config: roots) { workspace in
      for disk in ["disk", "old"] { try workspace.mountLoopDisk(at: workspace.path(disk), size: "8M", making: small) }
      let sound = workspace.path("old/out/Don_1978/audio/audio.wav")
      try workspace.write(sound, "sound")
      let value = [UInt8](repeating: 7, count: 3000)
      #expect(lsetxattr(sound, "user.from", value, value.count, 0) == 0)
      try workspace.write("disk/trees/out/notes.txt", "of no film")
      /// Whether the sound is somewhere with all that it has, in the tree or in the job.
      func isKept() -> Bool {
        ["old", "disk/trees"].contains { folder in
          workspace.tree(folder).contains { path in
            var kept = [UInt8](repeating: 0, count: value.count)
            return path.hasSuffix("/audio/audio.wav") && !path.contains("/.migrat")
              && lgetxattr(workspace.path("\(folder)/\(path)"), "user.from", &kept, kept.count) == value.count
              && kept == value
          }
        }
      }
      var refused = 0
      for free in stride(from: 8, through: 200, by: 4) {
        try fill(workspace, leaving: free)
        let full = try migrate(workspace, ["--from-legacy", workspace.path("old")])
        try workspace.remove("disk/filler")
        if full.code == 0 { break }
        #expect(full.code == 74, "\(free) KiB: \(full.errors)")
        #expect(isKept(), "\(free) KiB")
        refused += 1
      }
      #expect((3...30).contains(refused), "\(refused)")
      #expect(!workspace.exists("old/out/Don_1978") && isKept())
    }
  }

  @Test func `an attribute that is longer than a disk takes is told of, whatever room there is`() throws {
    try TestWorkspace.with(config: roots) { workspace in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "8M", making: small)
      try workspace.mountLoopDisk(at: workspace.path("old"), size: "128M", making: "mkfs.btrfs -q")
      let sound = workspace.path("old/out/Don_1978/audio/audio.wav")
      try workspace.write(sound, "sound")
      let value = [UInt8](repeating: 7, count: 8000)
      #expect(lsetxattr(sound, "user.from", value, value.count, 0) == 0)
      let outcome = try migrate(workspace, ["--from-legacy", workspace.path("old")])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let said = outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(said.contains("does not keep the extended attributes of \(sound)"), "\(said)")
      #expect(!workspace.exists("old/out/Don_1978"))
    }
  }
}
