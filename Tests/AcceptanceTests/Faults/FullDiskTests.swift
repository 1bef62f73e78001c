import Foundation
import Jobs
import Testing

/// A disk that fills up stops a job, and spoils nothing.
struct FullDiskTests {
  /// A workspace whose jobs and logs lie on a small disk, and a way to make that larger.
  private func withSmallDisk(
    _ stages: [Stage], _ body: (TestWorkspace, _ grow: () throws -> Void) throws -> Void
  ) throws {
    try TestWorkspace.with(stages, config: ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs"]) { workspace in
      let disk = workspace.path("disk")
      try workspace.mountDisk(at: disk, size: "400k")
      try workspace.film()
      try body(workspace) { try workspace.mount(["-o", "remount,size=16m"], at: disk) }
    }
  }

  private func job(_ workspace: TestWorkspace) throws -> String {
    let found = workspace.tree("disk/out").filter { $0.split(separator: "/").count == 5 }
    try #require(found.count == 1, "\(found)")
    return workspace.path("disk/out/") + found[0]
  }

  private func checkResumes(_ workspace: TestWorkspace, _ grow: () throws -> Void) throws {
    let full = try workspace.cpwx("run")
    #expect(full.code == 74 || full.code == 1, "\(full.errors)")
    #expect(full.errors.lowercased().contains("no space left") || full.errors.contains("make room"))
    let manifest = try workspace.manifest(of: try job(workspace))
    #expect(manifest["stages"]?["small"]?["status"]?.string == "success")
    try grow()
    let again = try workspace.cpwx("run")
    #expect(again.code == 0, "\(again.errors)")
    #expect(workspace.runs == ["small", "big", "big"])
    let final = try workspace.manifest(of: try job(workspace))
    #expect(final["pipeline"]?["status"]?.string == "completed")
    #expect(!workspace.tree().contains { $0.contains(".tmp") || $0.contains(".damaged") })
  }

  @Test func `a stage that fills the disk fails, and goes on once there is room`() throws {
    let big = Stage("big", outputs: ["big.bin"], script: "head -c 2000000 /dev/zero > \"$1/big.bin\"")
    try withSmallDisk([.making("small"), big]) { try checkResumes($0, $1) }
  }

  @Test func `a stage whose log fills the disk fails, and goes on once there is room`() throws {
    let big = Stage("big", script: "yes | head -c 1000000")
    try withSmallDisk([.making("small"), big]) { try checkResumes($0, $1) }
  }

  @Test
  func `a file system that fills in the middle of a night's stages loses nothing, and all is done with more room`()
    throws
  {
    let big = Stage("big", outputs: ["big.bin"], script: "head -c 4000000 /dev/zero > \"$1/big.bin\"")
    try TestWorkspace.with(
      [.making("small"), big, .making("later")], config: ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs"]
    ) { workspace in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "16M")
      try workspace.write("disk/filler", Data(count: 8_000_000))
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: name) }
      let full = try workspace.cpwx("run", "--min-free", "0", "--lane", "cpu=2")
      #expect(full.code == 1 || full.code == 74, "\(full.errors)")
      #expect(full.errors.lowercased().contains("no space left"), "\(full.errors)")
      #expect(full.errors.contains("big"), "it says which stage")
      let documents = workspace.tree("disk").filter { $0.hasSuffix(".json") }
      for document in documents { _ = try JSON(parsing: try workspace.bytes("disk/" + document)) }
      let folders = workspace.tree("disk/out").filter { $0.split(separator: "/").count == 5 }
      let done = try folders.map { try workspace.manifest(of: workspace.path("disk/out/") + $0)["stages"] }
      let before = workspace.runs.count
      try workspace.remove("disk/filler")
      let again = try workspace.cpwx("run", "--min-free", "0")
      #expect(again.code == 0, "\(again.errors)")
      for stage in ["small", "big", "later"] {
        let left = done.count { $0?[stage]?["status"]?.string != "success" }
        #expect(workspace.runs.dropFirst(before).count { $0 == stage } == left, "\(stage): \(done) \(workspace.runs)")
      }
      #expect(workspace.tree("disk/out").filter { $0.hasSuffix("/later.out") }.count == 2)
      #expect(!workspace.tree().contains { $0.contains(".tmp-") || $0.contains(".damaged") })
    }
  }

  @Test func `a job that cannot be made for want of room is made by the next run`() throws {
    try withSmallDisk([.making("small")]) { workspace, grow in
      let filler = try workspace.start(["sh", "-c", "cat /dev/zero > disk/filler"]).wait()
      #expect(filler.code != 0)
      #expect(try workspace.cpwx("run", "--min-free", "0", "in/Film (2001).mp4").code == 75)
      #expect(workspace.jobs.isEmpty)
      try workspace.remove("disk/filler")
      try grow()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["small"])
      #expect(!workspace.tree("config").contains { $0.contains("job_") })
    }
  }
}
