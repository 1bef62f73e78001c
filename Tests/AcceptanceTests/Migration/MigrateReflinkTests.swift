import CLinux
import Foundation
import Jobs
import Testing

/// Where two file systems are one on the disk, a tree that goes from one to the other keeps its blocks.
struct MigrateReflinkTests {
  enum Disk: String, CaseIterable {
    /// Two subvolumes have two devices, and names cannot go from one to the other.
    case btrfs
    /// Nor can they between two mounts of one file system.
    case xfs
  }

  private func mount(_ disk: Disk, in workspace: TestWorkspace) throws {
    let place = workspace.path("disk")
    switch disk {
    case .btrfs:
      try workspace.mountLoopDisk(at: place, size: "128M", making: "mkfs.btrfs -q")
      for name in ["old", "new"] {
        let made = try workspace.startAsRoot(["btrfs", "subvolume", "create", "\(place)/\(name)"]).wait()
        try #require(made.code == 0, "\(made.errors)")
        _ = try workspace.startAsRoot(["chmod", "0777", "\(place)/\(name)"]).wait()
      }
    case .xfs:
      try workspace.mountLoopDisk(at: place, size: "320M", making: "mkfs.xfs -q -m reflink=1")
      for name in ["old", "new"] {
        try workspace.write("disk/\(name)/.keep", "")
        try workspace.mount(["--bind", "\(place)/\(name)"], at: "\(place)/\(name)")
      }
    }
  }

  /// Where on the disk a file's content lies: of each extent its place and length.
  private func extents(_ workspace: TestWorkspace, _ file: String) throws -> [String] {
    let list = "sync -f \"$1\" && filefrag -v \"$1\" | awk '$1 ~ /^[0-9]+:$/ { print $4, $5, $6 }'"
    let outcome = try workspace.startAsRoot(["sh", "-c", list, "sh", workspace.path(file)]).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
    return outcome.lines
  }

  @Test(arguments: Disk.allCases)
  func `a copy shares the blocks of its original, and has all else that it has`(_ disk: Disk) throws {
    try TestWorkspace.with(config: ["OUTPUT_ROOT=disk/new/out", "LOG_ROOT=disk/new/logs"]) { workspace in
      try mount(disk, in: workspace)
      let film = "disk/old/out/Sholay_1975"
      try workspace.write("\(film)/audio/audio.wav", Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }))
      try workspace.write("\(film)/asr/Sholay_1975.asr.json", "{}")
      let sound = workspace.path("\(film)/audio/audio.wav")
      #expect(link(sound, workspace.path("\(film)/twice.wav")) == 0)
      #expect(lsetxattr(sound, "user.from", "a tape", 6, 0) == 0)
      try workspace.write("disk/old/logs/asr_Sholay_1975_20251027_100000.log", "heard")
      let before = try Inventory(workspace.path("disk/old"))
      let blocks = try extents(workspace, "\(film)/audio/audio.wav")
      try #require(!blocks.isEmpty)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", workspace.path("disk/old"))
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(!workspace.exists(film))
      let job = "disk/new/out/2025/10/27/1/20251027-001"
      #expect(try extents(workspace, job + "/audio/audio.wav") == blocks)
      let moved = try Inventory(workspace.path(job))
      let old = before.entries["out/Sholay_1975/audio/audio.wav"]
      #expect(moved.entries["audio/audio.wav"] == old && moved.entries["twice.wav"] == old)
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try extents(workspace, "\(film)/audio/audio.wav") == blocks)
      #expect(try Inventory(workspace.path("disk/old")).difference(from: before) == [])
    }
  }
}
