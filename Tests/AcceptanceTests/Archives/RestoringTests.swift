import Foundation
import Jobs
import Testing

/// What `cpwx archive restore`, `extract`, `show` and `verify` do with archives that are whole, damaged or foreign.
struct RestoringTests {
  private func archived(_ body: (TestWorkspace, _ id: String, _ job: String) throws -> Void) throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      try workspace.write(job + "/subtitles/film.srt", "1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n")
      let noise = "head -c 700000 /dev/urandom > \"$1/noise.bin\""
      #expect(try workspace.start(["sh", "-c", noise, "sh", job]).wait().code == 0)
      #expect(try workspace.cpwx("archive", id).code == 0)
      try body(workspace, id, job)
    }
  }

  @Test func `nothing that is there is restored over, unless it is moved aside`() throws {
    try archived { workspace, id, job in
      try workspace.write(job + "/mine.txt", "mine")
      let refused = try workspace.cpwx("archive", "restore", id)
      #expect(refused.code == 74)
      #expect(refused.errors.contains("is there already"), "\(refused.errors)")
      #expect(try workspace.read(job + "/mine.txt") == "mine")
      #expect(!workspace.exists(job + "/one.out"))
      let replaced = try workspace.cpwx("archive", "restore", "--replace", id)
      #expect(replaced.code == 0, "\(replaced.errors)")
      #expect(workspace.exists(job + "/one.out"))
      #expect(!workspace.exists(job + "/mine.txt"))
      let aside = workspace.tree("out").filter { $0.hasSuffix("/mine.txt") }
      #expect(aside.count == 1 && replaced.errors.contains(aside[0].replacing("/mine.txt", with: "")))
    }
  }

  @Test func `names in another program's archive are the bytes that they are`() throws {
    try TestWorkspace.with { workspace throws in
      // Composed, and decomposed: two files, one of them with another name and a link.
      let make = """
        mkdir d; printf 1 > "$(printf 'd/\\303\\251')"; printf 2 > "$(printf 'd/e\\314\\201')"
        ln "$(printf 'd/e\\314\\201')" d/hard; ln -s "$(printf 'e\\314\\201')" d/soft
        tar --format=pax --zstd -cf foreign.tar.zst d
        """
      #expect(try workspace.start(["sh", "-c", "cd \"$0\"; " + make, workspace.root]).wait().code == 0)
      #expect(try workspace.cpwx("archive", "verify", "foreign.tar.zst").code == 0)
      let outcome = try workspace.cpwx("archive", "extract", "foreign.tar.zst", "--to", "there")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let same = try workspace.start(["diff", "-r", workspace.path("d"), workspace.path("there/d")]).wait()
      #expect(same.code == 0, "\(same.output)")
      #expect(try workspace.read("there/d/soft") == "2")
      let one = try workspace.cpwx("archive", "extract", "foreign.tar.zst", "d/e\u{301}", "--to", "one")
      #expect(one.code == 0, "\(one.errors)")
      #expect(try workspace.read("one/d/e\u{301}") == "2")
      #expect(!workspace.exists("one/d/\u{E9}"))
    }
  }

  @Test func `a member whose name is no text is named as it is shown`() throws {
    try TestWorkspace.withFinishedJob { workspace, id throws in
      let make = "printf odd > \"$(printf 'x\\377y')\""
      #expect(try workspace.start(["sh", "-c", "cd \"$0\"; " + make, try workspace.job()]).wait().code == 0)
      #expect(try workspace.cpwx("archive", id).code == 0)
      #expect(try workspace.cpwx("archive", "show", id).output.contains("x\\xffy"))
      #expect(try workspace.cpwx("archive", "extract", id, "x\\xffy", "-O").output == "odd")
    }
  }

  @Test func `a job that is named twice is restored once`() throws {
    try archived { workspace, id, job in
      let archive = "archive" + job.dropFirst((workspace.root + "/out").count) + ".tar.zst"
      let outcome = try workspace.cpwx("archive", "restore", "--replace", id, archive, id, "--format", "json")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try JSON(parsing: outcome.output.utf8).array?.count == 1, "\(outcome.output)")
      #expect(workspace.exists(job + "/one.out"))
      #expect(!workspace.tree("out").contains { $0.contains(".replaced-") })
    }
  }

  @Test func `into another folder it restores without touching the job's place`() throws {
    try archived { workspace, id, job throws in
      #expect(try workspace.cpwx("archive", "restore", id, "--to", "look").code == 0)
      #expect(!workspace.exists(job))
      #expect(workspace.exists("look" + job.dropFirst(workspace.root.count) + "/one.out"))
      #expect(try workspace.json("job", "list").array?.first?["archive_state"]?.string == "archived")
      #expect(workspace.leftovers.isEmpty)
      #expect(try workspace.cpwx("archive", "restore", id, "--to", "look").code == 74)
    }
  }

  @Test func `a job whose logs lie on another disk comes back with them`() throws {
    try TestWorkspace.withArchiveOfTwoDisks { workspace, id, job, logs, before in
      #expect(!workspace.exists(job) && !workspace.exists(logs))
      let outcome = try workspace.cpwx("archive", "restore", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.snapshot(job, logs) == before)
      #expect(workspace.leftovers.isEmpty, "\(workspace.leftovers)")
    }
  }

  @Test func `folders that their owner may not write in come back, and come out into others`() throws {
    try archived { workspace, id, job in
      #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      try workspace.write(job + "/closed/note.txt", "note")
      let closing = "chmod 444 closed/note.txt; chmod 555 closed ."
      #expect(try workspace.start(["sh", "-c", closing], in: job).wait().code == 0)
      let before = try workspace.snapshot(job)
      // As anybody who is not root.
      let held = geteuid() == 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []
      for arguments in [
        [id, "--force"], ["restore", id], ["extract", id, "one.out", "--to", "some"],
        ["extract", id, "closed", "--to", "some"],
      ] {
        let outcome = try workspace.start(held + [CPWX.path, "archive"] + arguments).wait()
        #expect(outcome.code == 0, "\(arguments): \(outcome)")
      }
      #expect(try workspace.snapshot(job) == before)
      #expect(workspace.tree("some").contains { $0.hasSuffix("/closed/note.txt") })
      #expect(workspace.leftovers.isEmpty, "\(workspace.leftovers)")
      let again = try workspace.start(held + [CPWX.path, "archive", "restore", id, "--replace"]).wait()
      #expect(again.code == 0, "\(again)")
      #expect(try workspace.snapshot(job) == before)
      #expect(try workspace.start(["chmod", "-R", "u+w", "out", "some"]).wait().code == 0)
    }
  }

  @Test func `a folder that is there and closed is not extracted into, and nothing else comes then, either`() throws {
    try archived { workspace, id, job in
      #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      for name in ["closed/note.txt", "closed/other.txt"] { try workspace.write("\(job)/\(name)", name) }
      #expect(try workspace.start(["chmod", "555", job + "/closed"]).wait().code == 0)
      #expect(try workspace.cpwx("archive", id, "--force").code == 0)
      let held = geteuid() == 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []
      func extract(_ members: String...) throws -> Outcome {
        try workspace.start(held + [CPWX.path, "archive", "extract", id, "--to", "some"] + members).wait()
      }
      #expect(try extract("closed").code == 0)
      let closed = "some/" + (try #require(workspace.tree("some").first { $0.hasSuffix("/closed") }))
      let empty = "chmod 755 \"$1\"; rm \"$1\"/*; chmod 555 \"$1\""
      #expect(try workspace.start(["sh", "-c", empty, "sh", closed]).wait().code == 0)
      let refused = try extract("closed/note.txt", "one.out", "subtitles")
      #expect(refused.code == 74 && refused.errors.contains("/closed: is closed"), "\(refused)")
      #expect(!workspace.tree("some").contains { $0.hasSuffix("/one.out") || $0.hasSuffix(".srt") })
      #expect(workspace.tree(closed).isEmpty && workspace.leftovers.isEmpty, "\(workspace.leftovers)")
      #expect(try workspace.mode(closed) == 0o555)
      // Into one that is open it comes, also where the archive has it closed.
      #expect(try workspace.start(["chmod", "755", closed]).wait().code == 0)
      let extracted = try extract("closed", "one.out", "subtitles")
      #expect(extracted.code == 0, "\(extracted)")
      #expect(workspace.tree(closed) == ["note.txt", "other.txt"])
      #expect(try workspace.start(["chmod", "-R", "u+w", "out", "some"]).wait().code == 0)
    }
  }

  @Test func `members are taken out by path, by pattern and to standard output, over nothing`() throws {
    try archived { workspace, id, job in
      let srt = try workspace.cpwx("archive", "extract", id, "subtitles/film.srt", "-O")
      #expect(srt.code == 0)
      #expect(srt.output.contains("नमस्ते"))
      for spelling in ["./subtitles/film.srt", "/subtitles/film.srt", "./subtitles/*.srt", "/sub*/film.srt"] {
        #expect(try workspace.cpwx("archive", "extract", id, spelling, "-O").output == srt.output, "\(spelling)")
      }
      #expect(try workspace.cpwx("archive", "extract", id, "--to", "").code == 64)
      #expect(try workspace.cpwx("archive", "restore", id, "--to", "").code == 64)
      #expect(try workspace.cpwx("archive", id, "--exclude", "").code == 64)
      #expect(try workspace.cpwx("archive", "extract", id, "*.out", "subtitles", "--to", "some").code == 0)
      let files = workspace.tree("some").filter { $0.hasSuffix(".out") || $0.hasSuffix(".srt") }
      #expect(files.count == 3, "\(files)")
      #expect(!workspace.tree("some").contains { $0.hasSuffix("manifest.json") })
      let again = try workspace.cpwx("archive", "extract", id, "*.out", "--to", "some")
      #expect(again.code == 74)
      #expect(again.errors.contains("is there already"))
      #expect(try workspace.cpwx("archive", "extract", id, "nothing.like.it", "-O").code == 64)
      #expect(try workspace.cpwx("archive", "extract", id, "./*.srt", "-O").code == 64)
      #expect(workspace.leftovers.isEmpty)
    }
  }

  @Test func `who reads a member may have enough of it, whether the signal of that is ignored or not`() throws {
    try archived { workspace, id, job in
      for first in ["", "trap '' PIPE; "] {
        let script = first + "\"$1\" archive extract \"$2\" noise.bin -O | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}"
        let outcome = try workspace.start(["bash", "-c", script, "bash", CPWX.path, id]).wait()
        #expect(outcome.output == "141\n" && outcome.errors.isEmpty, "\(first): \(outcome)")
      }
    }
  }

  @Test func `damage is named by member, exits with 65, and what is good is salvaged`() throws {
    try archived { workspace, id, job in
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 0)
      #expect(try workspace.cpwx("archive", "verify", "--all", "--sample", "5%").code == 0)
      let path = try workspace.archive()
      var bytes = try workspace.bytes(path)
      // The noise does not compress: it is nearly all of the file.
      bytes[bytes.count / 2] ^= 0x10
      try workspace.write(path, bytes)
      let verified = try workspace.cpwx("archive", "verify", id, "--format", "json")
      #expect(verified.code == 65)
      #expect(verified.errors.contains("noise.bin"), "\(verified.errors)")
      let row = try #require(try JSON(parsing: Array(verified.output.utf8)).array?.first)
      #expect(row["status"]?.string == "damaged")
      #expect(row["damaged"]?.array?.count == 1)
      let refused = try workspace.cpwx("archive", "restore", id)
      #expect(refused.code == 65)
      #expect(refused.errors.contains("noise.bin") && refused.errors.contains("--salvage"), "\(refused.errors)")
      #expect(!workspace.exists(job))
      let salvaged = try workspace.cpwx("archive", "restore", "--salvage", id)
      #expect(salvaged.code == 65)
      #expect(salvaged.errors.contains("lost") && salvaged.errors.contains("noise.bin"), "\(salvaged.errors)")
      #expect(workspace.exists(job + "/one.out") && workspace.exists(job + "/manifest.json"))
      #expect(!workspace.exists(job + "/noise.bin"))
      #expect(workspace.leftovers.isEmpty)
    }
  }

  @Test func `an archive that was cut short is damaged, listed so, and gives back its beginning`() throws {
    try archived { workspace, id, job in
      let path = try workspace.archive()
      let bytes = try workspace.bytes(path)
      try workspace.write(path, bytes.prefix(bytes.count - 900))
      #expect(try workspace.json("archive", "list").array?.first?["status"]?.string == "damaged")
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 65)
      #expect(try workspace.cpwx("archive", "restore", id).code == 65)
      let salvaged = try workspace.cpwx("archive", "restore", "--salvage", id)
      #expect(salvaged.code == 65, "\(salvaged.errors)")
      #expect(workspace.exists(job + "/manifest.json"), "\(salvaged.errors)")
    }
  }

  @Test func `archives of other programs are shown, verified and extracted, hostile ones refused`() throws {
    try archived { workspace, _, _ in
      try workspace.write("tree/a/b.txt", "text")
      let pack = ["tar", "--zstd", "-C", workspace.path("tree"), "-cf", workspace.path("good.tar.zst"), "a"]
      #expect(try workspace.start(pack).wait().code == 0)
      let shown = try workspace.cpwx("archive", "show", "good.tar.zst", "--format", "json")
      #expect(shown.code == 0, "\(shown.errors)")
      #expect(shown.output.contains("\"a/b.txt\""))
      #expect(try workspace.cpwx("archive", "verify", "good.tar.zst").code == 0)
      #expect(try workspace.cpwx("archive", "extract", "good.tar.zst", "--to", "there").code == 0)
      #expect(try workspace.read("there/a/b.txt") == "text")
      let evil = pack.dropLast() + ["--absolute-names", "--transform", "s,^a,../../evil,", "a"]
      #expect(try workspace.start(evil.map { $0.replacing("good.tar", with: "evil.tar") }).wait().code == 0)
      for command in [["verify", "evil.tar.zst"], ["extract", "evil.tar.zst", "--to", "trap/deep"]] {
        let outcome = try workspace.start([CPWX.path, "archive"] + command).wait()
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("../../evil"), "\(outcome.errors)")
      }
      #expect(!workspace.tree().contains { $0.contains("evil/") || $0.hasSuffix("evil") })
      #expect(workspace.leftovers.isEmpty)
    }
  }

  @Test func `no part of an archived job comes into the workspace's own folder of jobs`() throws {
    try archived { workspace, id, job in
      let archive = try workspace.archive()
      for arguments in [[id, "one.out"], ["./" + archive, "one.out"], [id, "subtitles", "--to", workspace.root]] {
        let outcome = try workspace.start([CPWX.path, "archive", "extract"] + arguments).wait()
        #expect(outcome.code == 64, "\(arguments): \(outcome)")
        #expect(outcome.errors.contains("would pass for the job"), "\(outcome.errors)")
        #expect(!workspace.exists(job))
      }
      // Its film is still that of a completed job, and the job comes back whole.
      #expect(try workspace.json("run", "-n").array?.first?["decision"]?.string == "skip")
      #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      // What a job that is there has lost comes back to it.
      try workspace.remove(job + "/one.out")
      #expect(try workspace.cpwx("archive", "extract", id, "one.out").code == 0)
      #expect(workspace.exists(job + "/one.out"))
      #expect(workspace.leftovers.isEmpty, "\(workspace.leftovers)")
    }
  }

  @Test func `a member that is named and not there is told, and nothing is left behind for it`() throws {
    try archived { workspace, id, _ in
      for form in [["--to", "some"], ["-O"]] {
        let outcome = try workspace.start([CPWX.path, "archive", "extract", id, "manifest.json", "nope"] + form).wait()
        #expect(outcome.code == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("nope: nothing in "), "\(outcome.errors)")
      }
      #expect(workspace.tree("some").contains { $0.hasSuffix("manifest.json") })
      #expect(try workspace.cpwx("archive", "extract", id, "nope", "--to", "other/deep").code == 64)
      #expect(!workspace.exists("other"))
      let pack = ["tar", "--zstd", "-cf", workspace.path("empty.tar.zst"), "-T", "/dev/null"]
      #expect(try workspace.start(pack).wait().code == 0)
      let empty = try workspace.cpwx("archive", "extract", "empty.tar.zst", "--to", "other")
      #expect(empty.code == 64 && empty.errors.contains("empty.tar.zst: holds nothing"), "\(empty.errors)")
      // What a process that is gone has left goes with the next.
      try workspace.write("some/.cpwx-extract-999999999-abc/x", "x")
      #expect(try workspace.cpwx("archive", "extract", id, "one.out", "--to", "some").code == 0)
      #expect(workspace.leftovers.isEmpty, "\(workspace.leftovers)")
    }
  }

  @Test func `a copy elsewhere whose links lead out is good, and not extracted; one under another's name is not good`()
    throws
  {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      #expect(try workspace.start(["ln", "-s", "/etc/passwd", job + "/link"]).wait().code == 0)
      #expect(try workspace.cpwx("archive", id).code == 0)
      let archive = try workspace.archive()
      #expect(try workspace.cpwx("archive", "verify", id).code == 0)
      #expect(try workspace.cpwx("archive", "extract", id, "--to", "ours").code == 0)
      try workspace.write("copy.tar.zst", try workspace.bytes(archive))
      let copy = try workspace.cpwx("archive", "verify", "copy.tar.zst", "--format", "json")
      #expect(copy.code == 0 && copy.errors.isEmpty, "\(copy)")
      let row = try JSON(parsing: Array(copy.output.utf8)).array?.first
      #expect(row?["status"]?.string == "good" && row?["reason"]?.isNull == true, "\(copy.output)")
      let outcome = try workspace.cpwx("archive", "extract", "copy.tar.zst", "--to", "theirs")
      #expect(outcome.code == 65, "\(outcome.errors)")
      #expect(outcome.errors.contains("/link: a symbolic link to an absolute path"), "\(outcome.errors)")
      #expect(!workspace.exists("theirs"))
      let other = archive.replacing("-001.tar", with: "-077.tar")
      try workspace.write(other, try workspace.bytes(archive))
      let verified = try workspace.cpwx("archive", "verify", "--all")
      #expect(verified.code == 65)
      #expect(verified.errors.contains("not of the job that it is called after"), "\(verified.errors)")
    }
  }

  @Test func `what is asked for in vain is told for what it is`() throws {
    try archived { workspace, id, _ in
      let missing = try workspace.cpwx("archive", "verify", "nosuch.tar.zst")
      #expect(missing.code == 64 && missing.errors.contains("no such file"), "\(missing.errors)")
      #expect(try workspace.cpwx("archive", "verify", "--all", "--sample", "0").code == 64)
      #expect(try workspace.cpwx("archive", "verify", "--all", "--sample", "0%").code == 64)
      let bare = try workspace.cpwx("archive", "verify", "--all", "--sample", "5")
      #expect(bare.code == 64 && bare.errors.contains("as in: --sample 5%"), "\(bare.errors)")
      try workspace.write(id, "")
      #expect(try workspace.cpwx("archive", "verify", id).code == 0)
      #expect(try workspace.cpwx("archive", "restore", id, "--to", "look").code == 0)
      let again = try workspace.json("archive", "restore", id, "--to", "look").array?.first
      #expect(again?["status"]?.string == "failed" && again?["output_dir"]?.isNull == true, "\(again ?? .null)")
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `a signal ends extracting and restoring at once, and nothing of it stays`(signal: Int32) throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let noise = "for n in 1 2 3 4; do head -c 60000000 /dev/urandom > \"$1/noise$n\"; done"
      #expect(try workspace.start(["sh", "-c", noise, "sh", try workspace.job()]).wait().code == 0)
      #expect(try workspace.cpwx("archive", id).code == 0)
      for command in [["extract", id, "--to", "there"], ["restore", id]] {
        // Whoever is to stop it comes first, however busy the machine is.
        let program = try workspace.start(["nice", "-n", "19", CPWX.path, "archive"] + command)
        #expect(eventually { workspace.tree().contains { $0.hasSuffix("/noise1") } })
        program.send(signal)
        let outcome = try program.wait()
        #expect(outcome.code == (signal == SIGINT ? 130 : 143), "\(command): \(outcome)")
        #expect(outcome.errors.contains("Stopped."), "\(outcome.errors)")
        #expect(workspace.leftovers.isEmpty && !workspace.exists("there"), "\(workspace.leftovers)")
        #expect(workspace.jobs.isEmpty)
      }
    }
  }
}
