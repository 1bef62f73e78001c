import Foundation
import Jobs
import Testing

/// Archives on a disk that is too small for them, by a little more each time.
struct FullArchiveDiskTests {
  @Test func `a full disk at any write keeps the job, and leaves nothing behind`() throws {
    try TestWorkspace.withFinishedJob(config: ["ARCHIVE_ROOT=disk/archive"]) { workspace, id in
      let job = try workspace.job()
      #expect(
        try workspace.start(["sh", "-c", "head -c 10000 /dev/urandom > \"$1\"", "sh", job + "/noise.bin"]).wait().code
          == 0)
      let whole = try workspace.snapshot(job, try workspace.logFolder())
      let disk = workspace.path("disk")
      try workspace.mountLoopDisk(at: disk, size: "8M")
      var failures = 0
      // Its blocks are of 1 KiB: one more is free each time, for folders, the file and all that it is made of.
      for size in 1...100 {
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
      #expect(workspace.archives(in: "disk/archive").count == 1)
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 0)
      #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      #expect(try workspace.snapshot(job, try workspace.logFolder()) == whole)
    }
  }

  @Test func `a full disk under what cpwx keeps for itself leaves the job whole, or its archive`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let whole = try workspace.snapshot(job, logs)
      let disk = workspace.path("disk")
      // Large enough for blocks of 4 KiB, as SQLite counts on them where it shares memory by a file.
      try workspace.mountLoopDisk(at: disk, size: "600M")
      let state = ["CPWX_STATE": disk + "/state"]
      #expect(try workspace.cpwx("job", "list", environment: state).code == 0)
      var failures = 0
      for size in stride(from: 16, through: 136, by: 8) {
        try workspace.fill(disk, leaving: size)
        let outcome = try workspace.cpwx("archive", "--force", id, environment: state)
        for archive in workspace.archives {
          let verified = try workspace.cpwx("archive", "verify", archive, environment: state)
          #expect(verified.code == 0, "\(size): \(verified.errors)")
        }
        if outcome.code == 74 {
          failures += 1
          #expect(try workspace.snapshot(job, logs) == whole, "\(size)")
          continue
        }
        #expect(outcome.code == 0, "\(size): \(outcome.errors)")
        #expect(workspace.jobs.isEmpty && workspace.archives.count == 1, "\(size): \(workspace.tree("out"))")
        try workspace.fill(disk, leaving: 4000)
        #expect(try workspace.cpwx("archive", "restore", id, environment: state).code == 0, "\(size)")
        #expect(try workspace.snapshot(job, logs) == whole, "\(size)")
      }
      #expect(failures > 0)
    }
  }

  @Test(arguments: [false, true])
  func `a full disk at any write of a restoration leaves the archive, and the job's place as it was`(replaces: Bool)
    throws
  {
    try TestWorkspace.with([.making("one")], config: ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs"]) { workspace in
      let disk = workspace.path("disk")
      try workspace.mountLoopDisk(at: disk, size: "16M")
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let jobs = try workspace.json("job", "list").array ?? []
      let id = try #require(jobs.first?["job_id"]?.string)
      let job = try #require(jobs.first?["output_dir"]?.string)
      #expect(
        try workspace.start([
          "sh", "-c", "head -c 300000 /dev/urandom > \"$1/noise.bin\"; for n in $(seq 200); do echo > \"$1/$n\"; done",
          "sh", job,
        ]).wait().code == 0)
      let whole = try workspace.snapshot(job)
      #expect(try workspace.start([CPWX.path, "archive", id] + (replaces ? ["--keep"] : [])).wait().code == 0)
      if replaces { try workspace.write(job + "/mine.txt", "mine") }
      let before = replaces ? try workspace.snapshot(job) : []
      var (failures, refusals) = (0, 0)
      for size in stride(from: 16, through: 1016, by: 40) {
        try workspace.fill(disk, leaving: size)
        let restore = [CPWX.path, "archive", "restore", id] + (replaces ? ["--replace"] : [])
        let outcome = try workspace.start(restore).wait()
        if outcome.code == 0 { break }
        failures += 1
        if outcome.errors.contains("there is no room for it") { refusals += 1 }
        #expect(outcome.code == 74, "\(size): \(outcome.errors)")
        #expect(workspace.exists(job) == replaces, "\(size)")
        if replaces { #expect(try workspace.snapshot(job) == before, "\(size)") }
        #expect(workspace.leftovers(in: "disk").isEmpty, "\(size): \(workspace.leftovers(in: "disk"))")
        #expect(workspace.archives.count == 1)
      }
      // Where the files' content has room it is the many names that have none. For root, the file system counts what it keeps for itself as free.
      #expect(failures > refusals + 1 && (refusals > 3 || geteuid() == 0), "\(failures), \(refusals)")
      #expect(try workspace.snapshot(job) == whole)
      #expect(workspace.tree("disk/out").count { $0.hasSuffix("/mine.txt") } == (replaces ? 1 : 0))
    }
  }

  @Test func `archives are pruned from a disk that is full, and their numbers are not given again`() throws {
    let places = ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs", "ARCHIVE_ROOT=disk/archive"]
    try TestWorkspace.with([.making("one")], config: places) { workspace in
      let disk = workspace.path("disk")
      try workspace.mountLoopDisk(at: disk, size: "16M")
      let state = ["CPWX_STATE": disk + "/state"]
      try workspace.film()
      #expect(try workspace.cpwx("run", environment: state).code == 0)
      #expect(try workspace.cpwx("archive", "latest", environment: state).code == 0)
      // To the last block: no folder can be made any more.
      let fill = """
        for size in 1M 1k 1k; do
          dd if=/dev/zero of="$1/filler" bs=$size oflag=append conv=notrunc status=none 2> /dev/null || sync -f "$1"
        done
        ! mkdir "$1/none" 2> /dev/null
        """
      #expect(try workspace.start(["sh", "-c", fill, "sh", disk]).wait().code == 0)
      let pruned = try workspace.cpwx("archive", "prune", "--yes", "latest", environment: state)
      #expect(pruned.code == 0 && pruned.errors.contains("1 removed"), "\(pruned)")
      #expect(workspace.archives(in: "disk/archive").isEmpty && workspace.leftovers(in: "disk").isEmpty)
      try workspace.remove("disk/filler")
      let made = try workspace.cpwx("job", "create", environment: state)
      #expect(made.output.hasSuffix("-002\n"), "\(made)")
    }
  }

  @Test func `a disk that is full at the second piece of an archive keeps the job, and leaves nothing behind`() throws {
    try TestWorkspace.withFinishedJob(config: ["ARCHIVE_ROOT=disk/archive"]) { workspace, id in
      let job = try workspace.job()
      let noise = "head -c 11000000 /dev/urandom > \"$1/noise.bin\""
      #expect(try workspace.start(["sh", "-c", noise, "sh", job]).wait().code == 0)
      let whole = try workspace.snapshot(job, try workspace.logFolder())
      let disk = workspace.path("disk")
      try workspace.mountLoopDisk(at: disk, size: "24M")
      // The first 4 MiB go, and the rest finds no room.
      for size in [5000, 6500, 8000, 9500] {
        try workspace.fill(disk, leaving: size)
        let outcome = try workspace.cpwx("archive", id)
        #expect(outcome.code == 74, "\(size): \(outcome.errors)")
        #expect(outcome.errors.lowercased().contains("no space left"), "\(size): \(outcome.errors)")
        #expect(try workspace.snapshot(job, try workspace.logFolder()) == whole, "\(size)")
        #expect(!workspace.tree("disk").contains { $0.contains(id) }, "\(size): \(workspace.tree("disk"))")
      }
      try workspace.fill(disk, leaving: 14_000)
      #expect(try workspace.cpwx("archive", id).code == 0)
      #expect(workspace.jobs.isEmpty)
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 0)
    }
  }

  @Test func `an archive of far more than the disk holds is refused before anything is written`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      let disk = workspace.path("disk")
      try workspace.mountDisk(at: disk, size: "8m")
      let bomb = "head -c 200000000 /dev/zero | tr '\\0' a > \"$1/bomb.txt\"; echo fine > \"$1/fine.txt\""
      #expect(try workspace.start(["sh", "-c", bomb, "sh", job]).wait().code == 0)
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let archive = try workspace.archive()
      #expect(try workspace.bytes(archive).count < 100_000)
      try workspace.write("elsewhere.tar.zst", workspace.bytes(archive))
      for arguments in [
        ["restore", id, "--to", "disk/there"], ["extract", id, "--to", "disk/there"],
        ["extract", "./elsewhere.tar.zst", "bomb.txt", "**/bomb.txt", "--to", "disk/there"],
      ] {
        let outcome = try workspace.start([CPWX.path, "archive"] + arguments).wait()
        #expect(outcome.code == 74, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains("it needs 200 MB, and 8.4 MB are free"), "\(outcome.errors)")
        #expect(!workspace.tree("disk").contains { $0.hasSuffix(".txt") }, "\(workspace.tree("disk"))")
        #expect(workspace.leftovers.isEmpty, "\(workspace.leftovers)")
      }
      // What is wanted of it has room.
      let some = try workspace.cpwx("archive", "extract", id, "fine.txt", "--to", "disk/some")
      #expect(some.code == 0, "\(some.errors)")
      // And so have holes.
      #expect(
        try workspace.start(["sh", "-c", "rm \"$1\"/*.txt; truncate -s 256M \"$1/sparse\"", "sh", job]).wait().code == 0
      )
      #expect(try workspace.cpwx("archive", "--force", "--keep", id).code == 0)
      let sparse = try workspace.cpwx("archive", "restore", id, "--to", "disk/sparse")
      #expect(sparse.code == 0, "\(sparse.errors)")
      // Also between what is written here and there.
      let dotted = """
        rm "$1/sparse"; truncate -s 256M "$1/dotted"
        for n in $(seq 0 63); do
          echo text | dd of="$1/dotted" bs=1M seek=$((n * 4 + 1)) conv=notrunc status=none
        done
        """
      #expect(try workspace.start(["sh", "-c", dotted, "sh", job]).wait().code == 0)
      #expect(try workspace.cpwx("archive", "--force", "--keep", id).code == 0)
      #expect(try workspace.startAsRoot(["sh", "-c", "rm -r disk/*"]).wait().code == 0)
      let restored = try workspace.cpwx("archive", "restore", id, "--to", "disk/dotted")
      #expect(restored.code == 0, "\(restored.errors)")
    }
  }

  @Test func `an archive of another program ends before it fills the disk, and leaves nothing`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      try workspace.mountDisk(at: workspace.path("disk"), size: "8m")
      // Holes take nothing: those of the first are no reason to refuse it.
      let script = """
        mkdir foreign; cd foreign; echo fine > a; truncate -s 64M b; tar -cf - . | zstd -qo ../holes.tar.zst
        for n in c d e; do head -c 4000000 /dev/zero | tr '\\0' a > $n; done; tar -cf - . | zstd -qo ../bomb.tar.zst
        """
      let made = try workspace.start(["sh", "-ec", script]).wait()
      #expect(made.code == 0, "\(made.errors)")
      let bomb = try workspace.cpwx("archive", "extract", "./bomb.tar.zst", "--to", "disk/there")
      #expect(bomb.code == 74, "\(bomb.errors)")
      #expect(bomb.errors.contains("more than the 8388608 bytes that were free"), "\(bomb.errors)")
      #expect(bomb.errors.contains("bomb.tar.zst") && bomb.errors.contains("Nothing was extracted."), "\(bomb.errors)")
      #expect(!workspace.exists("disk/there"), "\(workspace.tree("disk"))")
      let holes = try workspace.cpwx("archive", "extract", "./holes.tar.zst", "--to", "disk/there")
      #expect(holes.code == 0, "\(holes.errors)")
      // The same of a job's archive that has lost its table.
      let large = "cd \"$1\"; cp \"$2\"/c \"$2\"/d \"$2\"/e ."
      #expect(
        try workspace.start(["sh", "-ec", large, "sh", try workspace.job(), workspace.path("foreign")]).wait().code == 0
      )
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let archive = try workspace.archive()
      try workspace.write(archive, workspace.bytes(archive).dropLast(9))
      let salvaged = try workspace.cpwx("archive", "restore", "--salvage", id, "--to", "disk/saved")
      #expect(salvaged.code == 74 && salvaged.errors.contains("bytes that were free"), "\(salvaged.errors)")
      #expect(!workspace.tree("disk").contains { $0.hasSuffix("/c") }, "\(workspace.tree("disk"))")
    }
  }

  @Test func `a disk that tells no size is not taken to be full`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      // To tmpfs that is no limit.
      try workspace.mountDisk(at: workspace.path("disk"), size: "0")
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      try workspace.write("elsewhere.tar.zst", workspace.bytes(try workspace.archive()))
      for arguments in [["restore", id], ["extract", id], ["extract", "./elsewhere.tar.zst"]] {
        let outcome = try workspace.start([CPWX.path, "archive"] + arguments + ["--to", "disk/\(arguments.count)"])
          .wait()
        #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
        _ = try workspace.startAsRoot(["sh", "-c", "rm -r disk/*"]).wait()
      }
    }
  }

  @Test func `on a disk of which nobody knows whether it compresses, it is tried`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      let disk = workspace.path("disk")
      try workspace.mountDisk(at: disk, size: "8m")
      #expect(
        try workspace.start(["mkdir", disk + "/upper", disk + "/kept", disk + "/lower", disk + "/over"]).wait().code
          == 0)
      let layers = "lowerdir=\(disk)/lower,upperdir=\(disk)/upper,workdir=\(disk)/kept"
      try workspace.mount(["-t", "overlay", "-o", layers, "overlay"], at: disk + "/over")
      // Four pages of text in each frame, and zeros between.
      let script = """
        truncate -s 256M "$1/dotted"; for n in $(seq 0 63); do echo text | dd of="$1/dotted" bs=1M seek=$((n * 4 + 1)) conv=notrunc status=none; done
        """
      #expect(try workspace.start(["sh", "-c", script, "sh", job]).wait().code == 0)
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let whole = try workspace.cpwx("archive", "restore", id, "--to", "disk/over/there")
      #expect(whole.code == 0, "\(whole.errors)")
      // And what turns out not to fit leaves nothing.
      let large = "rm \"$1/dotted\"; head -c 200000000 /dev/zero | tr '\\0' a > \"$1/large.txt\""
      #expect(try workspace.start(["sh", "-c", large, "sh", job]).wait().code == 0)
      #expect(try workspace.cpwx("archive", "--force", "--keep", id).code == 0)
      let failed = try workspace.cpwx("archive", "restore", id, "--to", "disk/over/large")
      #expect(failed.code == 74 && failed.errors.lowercased().contains("no space left"), "\(failed.errors)")
      #expect(!workspace.tree("disk").contains { $0.hasSuffix(".txt") }, "\(workspace.tree("disk"))")
    }
  }
}
