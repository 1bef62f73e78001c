import Foundation
import Jobs
import Testing

/// Archives on a disk that is too small for them, by a little more each time.
struct FullArchiveDiskTests {
  @Test func `a full disk at any write keeps the job, and leaves nothing behind`() throws {
    try TestWorkspace.withFinishedJob(config: ["ARCHIVE_ROOT=disk/archive"]) { workspace, id in
      let job = try workspace.job()
      #expect(
        try workspace.start(["sh", "-c", "head -c 300000 /dev/urandom > \"$1\"", "sh", job + "/noise.bin"]).wait().code
          == 0)
      let whole = try workspace.snapshot(job, try workspace.logFolder())
      let disk = workspace.path("disk")
      try workspace.mountLoopDisk(at: disk, size: "8M")
      var failures = 0
      for size in stride(from: 16, through: 616, by: 24) {
        try workspace.fill(disk, leaving: size)
        let outcome = try workspace.cpwx("archive", id)
        if outcome.code == 0 { break }
        failures += 1
        #expect(outcome.code == 74, "\(size): \(outcome.errors)")
        #expect(outcome.errors.lowercased().contains("no space left"), "\(size): \(outcome.errors)")
        #expect(try workspace.snapshot(job, try workspace.logFolder()) == whole, "\(size)")
        #expect(!workspace.tree("disk").contains { $0.contains(id) }, "\(size): \(workspace.tree("disk"))")
      }
      #expect(failures > 8, "\(failures)")
      #expect(workspace.jobs.isEmpty)
      #expect(workspace.tree("disk").contains { $0.hasSuffix("\(id).tar.zst") })
    }
  }

  @Test func `a full disk at any write of a restoration leaves the archive, and nothing in the job's place`() throws {
    try TestWorkspace.with([.making("one")], config: ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs"]) { workspace in
      let disk = workspace.path("disk")
      try workspace.mountLoopDisk(at: disk, size: "16M")
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let jobs = try workspace.json("job", "list").array ?? []
      let id = try #require(jobs.first?["job_id"]?.string)
      let job = try #require(jobs.first?["output_dir"]?.string)
      #expect(
        try workspace.start(["sh", "-c", "head -c 300000 /dev/urandom > \"$1/noise.bin\"", "sh", job]).wait().code == 0)
      let whole = try workspace.snapshot(job)
      #expect(try workspace.cpwx("archive", id).code == 0)
      var failures = 0
      for size in stride(from: 16, through: 1016, by: 40) {
        try workspace.fill(disk, leaving: size)
        let outcome = try workspace.cpwx("archive", "restore", id)
        if outcome.code == 0 { break }
        failures += 1
        #expect(outcome.code == 74, "\(size): \(outcome.errors)")
        #expect(!workspace.exists(job), "\(size)")
        #expect(workspace.leftovers.isEmpty, "\(size): \(workspace.leftovers)")
        #expect(workspace.archives.count == 1)
      }
      #expect(failures > 3, "\(failures)")
      #expect(try workspace.snapshot(job) == whole)
    }
  }
}
