import Foundation
import Jobs
import Testing

/// `cpwx archive`: a job becomes one file, and is gone only when that is safe.
struct ArchivingTests {
  @Test func `an archive is one file of a job, closed to others, that tar reads and sha256sum confirms`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let before = try workspace.snapshot("out", "logs")
      let outcome = try workspace.cpwx("archive", id, "--format", "json")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let row = try #require(try JSON(parsing: Array(outcome.output.utf8)).array?.first)
      for key in ["job_id", "archive", "members", "bytes", "archive_bytes", "sha256", "status", "reason"] {
        #expect(row.keys.contains(key), "\(key)")
      }
      #expect(row["status"]?.string == "archived")
      #expect(outcome.errors.contains("1 job archived"), "\(outcome.errors)")
      let archive = try workspace.archive()
      #expect(row["archive"]?.string == archive)
      #expect(archive.hasSuffix("/1/\(id).tar.zst"))
      #expect(try workspace.mode(archive) == 0o600)
      for depth in 2...5 {
        let folder = archive.split(separator: "/").prefix(depth).joined(separator: "/")
        #expect(try workspace.mode(folder) == 0o700, "\(folder)")
      }
      #expect(workspace.jobs.isEmpty)
      #expect(!workspace.tree("logs").contains { $0.contains("/\(id)/") })
      try FileManager.default.createDirectory(atPath: workspace.path("plain"), withIntermediateDirectories: true)
      let tar = try workspace.start(["tar", "--zstd", "-xpf", workspace.path(archive)], in: workspace.path("plain"))
      #expect(try tar.wait().code == 0)
      let sums = ["sha256sum", "-c", "--quiet", ".cpwx/manifest-sha256.txt"]
      #expect(try workspace.start(sums, in: workspace.path("plain")).wait().code == 0)
      let files = before.filter { $0.contains("/\(id)/") && $0.contains("|f|") }
      let plain = try workspace.snapshot("out", "logs", in: workspace.path("plain"))
      #expect(plain.filter { $0.contains("|f|") } == files)
      #expect(workspace.leftovers.isEmpty)
    }
  }

  @Test func `a large file takes no memory for its content, whatever its name is written as`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      // An accent of its own, as other systems have it: such a header is written as bytes of no encoding.
      let film = "\(try workspace.job())/Ame\u{301}lie.mp4"
      #expect(try workspace.start(["truncate", "-s", "1G", film]).wait().code == 0)
      let outcome = try workspace.start(
        ["prlimit", "--core=0:0", "--as=\(1 << 30)", CPWX.path, "archive", "--keep", id],
        environment: ["GLIBC_TUNABLES": "glibc.malloc.arena_max=1", "SWIFT_BACKTRACE": "enable=no"]
      ).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("1 job copied: "), "\(outcome.errors)")
    }
  }

  @Test func `of an archive is told what sha256sum says of it, from its end alone`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let noise = "head -c 9000001 /dev/urandom > \"$1/noise.bin\""
      #expect(try workspace.start(["sh", "-c", noise, "sh", try workspace.job()]).wait().code == 0)
      let made = try workspace.json("archive", "--keep", id).array?.first?["sha256"]?.string
      let archive = workspace.path(try workspace.archive())
      let sum = try workspace.start(["sha256sum", archive]).wait().output.prefix(64)
      #expect(sum.count == 64 && made == String(sum), "\(made ?? "")")
      func told() throws -> [String?] {
        try workspace.remove(".cpwx/index.sqlite")
        return [
          try workspace.json("archive", "list").array?.first?["sha256"]?.string,
          try workspace.json("archive", "show", id)["sha256"]?.string,
          try workspace.json("archive", "show", archive)["sha256"]?.string,
          try workspace.json("archive", "verify", id).array?.first?["sha256"]?.string,
          try workspace.json("archive", "verify", "--sample", "1%", archive).array?.first?["sha256"]?.string,
        ]
      }
      #expect(try told() == Array(repeating: made, count: 5))
      // What is damaged has another now, and is told by that.
      var bytes = try workspace.bytes(archive)
      bytes[bytes.count / 2] ^= 1
      try workspace.write(archive, bytes)
      #expect(try told() == Array(repeating: made, count: 5))
    }
  }

  @Test func `what comes back is what was, whatever a job's folder holds`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      let script = """
        cd "$1"
        mkdir -p empty 'sub/with space' closed; printf x > "$(printf 'sub/new\\nline')"; printf y > "$(printf 'sub/\\377bad')"
        printf z > -dash; : > nothing; ln -s sub/../nothing link; ln -s /nowhere dangling; ln nothing twin
        truncate -s 3M sparse; printf end >> sparse; printf a > closed/read; chmod 0444 closed/read; chmod 0555 closed
        chmod 0640 one.out; touch -h -d '2001-02-03 04:05:06.123456789' link nothing 'sub/with space' empty
        printf शोले > 'sub/शोले.txt'; printf l > "sub/$(printf '%0250d' 1)"
        """
      let made = try workspace.start(["sh", "-c", script, "sh", job]).wait()
      #expect(made.code == 0, "\(made.errors)")
      let places = [job, try workspace.logFolder()]
      let before = try workspace.snapshot(places[0], places[1])
      #expect(before.count > 30)
      let archived = try workspace.cpwx("archive", id)
      #expect(archived.code == 0, "\(archived.errors)")
      #expect(workspace.jobs.isEmpty)
      let restored = try workspace.cpwx("archive", "restore", id)
      #expect(restored.code == 0, "\(restored.errors)")
      let after = try workspace.snapshot(places[0], places[1])
      #expect(after == before, "\(after.difference(from: before).map { "\($0)" }.joined(separator: "\n"))")
      #expect(workspace.archives.count == 1)
      #expect(workspace.leftovers.isEmpty)
    }
  }

  @Test func `jobs are listed as archived, and as restored`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      func row() throws -> JSON { try #require(try workspace.json("job", "list").array?.first) }
      #expect(try row()["archive"]?.isNull == true)
      #expect(try row()["archive_state"]?.string == "none")
      let before = try row()
      #expect(try workspace.cpwx("archive", id).code == 0)
      let archived = try row()
      #expect(archived["archive"]?.string == (try workspace.archive()))
      #expect(archived["archive_state"]?.string == "archived")
      for key in ["job_id", "title", "year", "status", "input", "completed_at", "output_dir", "total_seconds"] {
        #expect(archived[key] == before[key], "\(key)")
      }
      #expect(try workspace.cpwx("job", "list", "archive=archived", "status=completed").output.contains(id))
      #expect(try workspace.json("job", "show", id)["stages"]?.array?.count == 2)
      #expect(try workspace.json("archive", "list").array?.first?["status"]?.string == "archived")
      #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      #expect(try row()["archive_state"]?.string == "restored")
      #expect(try workspace.json("archive", "list").array?.first?["status"]?.string == "restored")
      #expect(try workspace.cpwx("job", "list", "archive=archived").output.isEmpty)
    }
  }

  @Test func `a job that is archived is told so by the commands that need its files`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try workspace.cpwx("archive", id).code == 0)
      for command in [["job", "logs"], ["job", "env"], ["job", "path"], ["manifest", "outputs"]] {
        let outcome = try workspace.start([CPWX.path] + command + [id]).wait()
        #expect(outcome.code == 64, "\(command)")
        #expect(outcome.errors.contains("cpwx archive restore \(id)"), "\(command): \(outcome.errors)")
      }
      let removal = try workspace.cpwx("job", "rm", "--yes", id)
      #expect(removal.code == 64)
      #expect(removal.errors.contains("cpwx archive prune --yes \(id)"))
      let again = try workspace.cpwx("archive", id)
      #expect(again.code == 0, "\(again.errors)")
      #expect(again.output.contains("archived already"))
      let copy = try workspace.cpwx("archive", "--redact", id)
      #expect(copy.code == 1 && copy.output.contains("restore it first"), "\(copy)")
      #expect(try workspace.archive().contains(id))
    }
  }

  @Test func `a dry run tells sizes and the saving, and touches nothing`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      try workspace.write(try workspace.job() + "/big.json", Data(repeating: 0x61, count: 3_000_000))
      let before = try workspace.snapshot("out", "logs", "in")
      let outcome = try workspace.cpwx("archive", "-n", id)
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("planned") && outcome.output.contains("3.0 MB"), "\(outcome.output)")
      #expect(outcome.errors.contains("would save about"))
      // Jobs that stay save nothing.
      for copying in ["--keep", "--redact"] {
        let copy = try workspace.cpwx("archive", "-n", copying, id)
        #expect(copy.code == 0 && copy.errors.contains("the jobs stay, and their copies would take about"), "\(copy)")
        #expect(!copy.errors.contains("save"), "\(copy.errors)")
        let row = try #require(try workspace.json("archive", "-n", copying, id).array?.first)
        #expect(row["saved_bytes"] == .null && row["expected_archive_bytes"]?.int != nil, "\(row)")
      }
      #expect(try workspace.snapshot("out", "logs", "in") == before)
      #expect(workspace.archives.isEmpty)
      // What it saves in the end is told of the run itself.
      let done = try workspace.cpwx("archive", id, "--format", "json")
      let row = try #require(try JSON(parsing: Array(done.output.utf8)).array?.first)
      let (bytes, packed) = (try #require(row["bytes"]?.int), try #require(row["archive_bytes"]?.int))
      #expect(packed == (try workspace.bytes(workspace.archive())).count)
      #expect(row["saved_bytes"]?.int == bytes - packed && bytes > 3_000_000 && packed < 50_000)
      #expect(done.errors.contains("1 job archived: 3.0 MB in "), "\(done.errors)")
      #expect(done.errors.contains(", 3.0 MB saved"), "\(done.errors)")
    }
  }

  @Test func `without jobs or a choice it says what it takes`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      let outcome = try workspace.cpwx("archive")
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("--older-than"))
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `what is excluded is left out, and told when the job comes back`() throws {
    try TestWorkspace.withFinishedJob(config: ["ARCHIVE_EXCLUDE=*.wav, tmp"]) { workspace, id in
      let job = try workspace.job()
      try workspace.write(job + "/audio/audio.wav", "sound")
      try workspace.write(job + "/tmp/deep/file", "scratch")
      #expect(try workspace.cpwx("archive", "--exclude", "manifest.*", id).code == 64)
      #expect(workspace.exists(job))
      #expect(workspace.archives.isEmpty)
      #expect(try workspace.cpwx("archive", id).code == 0)
      let paths = try workspace.json("archive", "show", id)["files"]?.array?.compactMap { $0["path"]?.string } ?? []
      #expect(paths.contains { $0.hasSuffix("/one.out") })
      #expect(!paths.contains { $0.contains("audio.wav") || $0.contains("/tmp") }, "\(paths)")
      let restored = try workspace.cpwx("archive", "restore", id)
      #expect(restored.code == 0)
      #expect(restored.errors.contains("*.wav tmp"), "\(restored.errors)")
      #expect(!workspace.exists(job + "/audio/audio.wav"))
    }
  }

  @Test func `a copy for sharing holds no secret, and the job stays`() throws {
    try TestWorkspace.withFinishedJob(config: ["HF_TOKEN=hf_geheim123", "KNOB=open"]) { workspace, id in
      let job = try workspace.job()
      try workspace.write(job + "/notes.txt", "token hf_geheim123 here\n")
      let before = try workspace.snapshot(job)
      let outcome = try workspace.cpwx("archive", "--redact", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.snapshot(job) == before)
      #expect(try workspace.archive().hasSuffix("\(id).redacted.tar.zst"))
      #expect(try workspace.cpwx("archive", "extract", try workspace.archive(), "--to", "shared").code == 0)
      let secret = try workspace.start(["grep", "-rqa", "geheim", "shared"]).wait()
      #expect(secret.code == 1)
      #expect(try workspace.start(["grep", "-rqa", "KNOB=open", "shared"]).wait().code == 0)
      #expect(try workspace.json("archive", "list").array?.first?["status"]?.string == "redacted")
      #expect(try workspace.json("job", "list").array?.first?["archive"]?.isNull == true)
      #expect(try workspace.cpwx("archive", "restore", workspace.path(try workspace.archive())).code == 64)
      for command in ["show", "verify"] {
        let unasked = try workspace.cpwx("archive", command, id)
        #expect(unasked.code == 64 && unasked.errors.contains("/\(id).redacted.tar.zst"), "\(unasked)")
      }
    }
  }

  @Test func `a named pipe and a socket are said and left out`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      _ = try workspace.start(["mkfifo", try workspace.job() + "/pipe"]).wait()
      let bind = "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind('talk')"
      #expect(try workspace.start(["python3", "-c", bind, try workspace.job()]).wait().code == 0)
      let outcome = try workspace.cpwx("archive", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("pipe") && outcome.errors.contains("talk"), "\(outcome.errors)")
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `a tree that is deeper than a shell allows files open is archived, restored and removed`() throws {
    let deep = Stage(
      "one", script: "p=$(printf 'd/%.0s' $(seq 1500)); mkdir -p \"$1/$p\"; cd \"$1/$p\"; echo deep > file")
    try TestWorkspace.with([deep]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let job = try workspace.job()
      for arguments in [["archive"], ["archive", "restore"], ["job", "rm", "--yes"]] {
        let limited = ["sh", "-c", "ulimit -Sn 1024; exec \"$@\"", "sh", CPWX.path] + arguments + ["latest"]
        let outcome = try workspace.start(limited).wait()
        #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
        let isThere = workspace.exists(job + "/" + String(repeating: "d/", count: 1500) + "file")
        #expect(isThere == (arguments.last == "restore"))
      }
    }
  }

  @Test func `the same job gives the same archive, wherever, in whatever language and by how many hands it is made`()
    throws
  {
    try TestWorkspace.withFinishedJob { workspace, id in
      var archives: [Data] = []
      for (zone, language, hands) in [
        ("UTC", "C", "1"), ("Asia/Kolkata", "C.UTF-8", "2"), ("America/New_York", "POSIX", "4"),
      ] {
        let outcome = try workspace.cpwx(
          "archive", "--keep", "-j", hands, id, environment: ["TZ": zone, "LC_ALL": language])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let archive = try workspace.archive()
        archives.append(try workspace.bytes(archive))
        try workspace.remove(archive)
      }
      #expect(Set(archives).count == 1)
    }
  }

  @Test func `several jobs at once are archived in little memory, however large they are`() throws {
    let large = Stage("one", script: "head -c 90000000 /dev/urandom > \"$1/large.bin\"")
    try TestWorkspace.with([large]) { workspace in
      for number in 1...3 { try workspace.film("Film \(number).mp4", holding: "\(number)") }
      #expect(try workspace.cpwx("run", "--jobs", "1").code == 0)
      let outcome = try workspace.cpwx("archive", "--older-than", "0s", "-j", "3")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.jobs.isEmpty)
      #expect(outcome.peakMemory < 160 << 20, "\(outcome.peakMemory >> 20) MiB")
    }
  }

  @Test func `a dry run ends as the run would`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      for (arguments, code) in [([], 1), (["--force", "--exclude", "*.json"], 64), (["--force"], 0)]
        as [([String], Int32)]
      {
        for dry in [["-n"], []] {
          let outcome = try workspace.start([CPWX.path, "archive", "latest"] + arguments + dry).wait()
          #expect(outcome.code == code, "\(arguments) \(dry): \(outcome.errors)")
        }
      }
    }
  }

  @Test func `what is excluded counts as saved, and is told`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let noise = "mkdir -p \"$1/tmp\"; head -c 3000000 /dev/urandom > \"$1/tmp/noise\"; echo x > \"$1/tmp/x\""
      #expect(try workspace.start(["sh", "-c", noise, "sh", try workspace.job()]).wait().code == 0)
      for more in [["-n"], ["--keep"], []] {
        let outcome = try workspace.start([CPWX.path, "archive", id, "--exclude", "tmp", "--format", "json"] + more)
          .wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        let row = try #require(try JSON(parsing: Array(outcome.output.utf8)).array?.first)
        #expect((row["bytes"]?.int ?? .max) < 1_000_000)
        let isKept = more == ["--keep"]
        #expect(row["excluded_files"]?.int == (isKept ? 0 : 2), "\(more)")
        #expect((row["excluded_bytes"]?.int ?? 0) == (isKept ? 0 : 3_000_002), "\(more)")
        if !isKept { #expect((row["saved_bytes"]?.int ?? 0) > 2_900_000, "\(more)") }
        if more.isEmpty { #expect(outcome.errors.contains("3.0 MB of it in 2 excluded files"), "\(outcome.errors)") }
      }
    }
  }
}
