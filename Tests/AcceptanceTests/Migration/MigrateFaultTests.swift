import CLinux
import Foundation
import Jobs
import Testing

/// A migration, and its undoing, are cut off at each step that reaches the disk; the next run ends as an undisturbed one.
struct MigrateFaultTests {
  private func withTrees(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with { workspace in
      try workspace.film("Sholay (1975).mp4")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let sholay = workspace.path("out/Sholay_1975")
      try FileManager.default.createSymbolicLink(
        atPath: "\(sholay)/film.mp4", withDestinationPath: "../../in/Sholay (1975).mp4")
      chmod("\(sholay)/asr", 0o555)
      chmod(sholay, 0o555)
      try body(workspace)
    }
  }

  private func killed(_ workspace: TestWorkspace, at step: Int, _ arguments: String...) throws -> Bool {
    let program = try workspace.start([CPWX.path] + arguments, environment: ["CPWX_FAULT_STEP": "\(step)"])
    return try program.wait().signal == SIGKILL
  }

  /// Every folder's own time, below out and logs, is new in a tree that was just made.
  private func state(_ workspace: TestWorkspace) throws -> Inventory {
    try Inventory(workspace.root, folderTimes: false)
  }

  /// Kills a migration at each step, and has it finished.
  private func killAtEachStep(_ workspace: TestWorkspace, _ arguments: [String] = []) throws {
    let command = [CPWX.path, "migrate", "--from-legacy"] + arguments
    let before = try Inventory(workspace.root)
    #expect(try workspace.start(command).wait().code == 0)
    let wanted = try state(workspace)
    var step = 1
    while true {
      // Back to the old trees, and to a state without a memory of the numbers.
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [], "before step \(step)")
      try workspace.remove(".cpwx")
      let cut = try workspace.start(command, environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
      guard cut.signal == SIGKILL else { break }
      let outcome = try workspace.start(command).wait()
      #expect(outcome.code == 0, "step \(step): \(outcome.errors)")
      #expect(try state(workspace).difference(from: wanted) == [], "step \(step)")
      step += 1
    }
    #expect(step > 30, "only \(step) steps")
  }

  @Test func `killed at any step, a migration ends as if nothing had been`() throws {
    try withTrees { try killAtEachStep($0) }
  }

  @Test func `a plan that is only looked at leaves no file, wherever it is cut off`() throws {
    try withTrees { workspace in
      let temporary = (workspace.root as NSString).deletingLastPathComponent + "/temporary"
      try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
      let before = try Inventory(workspace.root)
      for step in 1...100 {
        let plan = try workspace.cpwx(
          "migrate", "--from-legacy", "-n", environment: ["CPWX_FAULT_STEP": "\(step)", "TMPDIR": temporary])
        #expect(workspace.tree(temporary) == [], "cut off before step \(step)")
        #expect(try Inventory(workspace.root).difference(from: before) == [], "cut off before step \(step)")
        if plan.signal == SIGKILL { continue }
        #expect(plan.code == 0 && plan.output.contains("Sholay_1975"), "\(plan)")
        break
      }
    }
  }

  @Test func `a plan that lost its end is kept, and nothing is begun over what it moved`() throws {
    try withTrees { workspace in
      let command = [CPWX.path, "migrate", "--from-legacy"]
      #expect(try workspace.start(command, environment: ["CPWX_FAULT_STEP": "25"]).wait().signal == SIGKILL)
      let folder = workspace.path(".cpwx/migrations/m001")
      #expect(FileManager.default.fileExists(atPath: folder + "/journal.ndjson"))
      let whole = try workspace.read(".cpwx/migrations/m001/plan.ndjson")
      try workspace.write(".cpwx/migrations/m001/plan.ndjson", String(whole.dropLast(9)))
      let cut = try state(workspace)
      for arguments in [["--from-legacy"], ["--from-legacy", "-n"], ["undo"]] {
        let outcome = try workspace.start([CPWX.path, "migrate"] + arguments).wait()
        #expect(outcome.code == 65 && outcome.errors.contains("its plan lost its end"), "\(outcome.errors)")
      }
      #expect(try state(workspace).difference(from: cut) == [])
      #expect(try workspace.cpwx("migrate", "status").output.contains("plan damaged"))
      try workspace.write(".cpwx/migrations/m001/plan.ndjson", whole)
      #expect(try workspace.start(command).wait().code == 0)
    }
  }

  @Test func `a plan that was cut off before anything was done makes way, and is told of`() throws {
    try withTrees { workspace in
      try workspace.write(".cpwx/migrations/m001/plan.ndjson", "{\"path\":\"out/Sholay_1975\",\"kind\":\"mov")
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0 && outcome.errors.contains("m001 was cut off while its plan was written"))
    }
  }

  /// One job of each layout that lies by its day and has settings of its own.
  private func makeOtherLayouts(_ workspace: TestWorkspace) throws {
    for user in [1, 2] {
      let job = "out/2025/09/10/\(user)/20250910-0001"
      try workspace.write(job + "/job.json", "{\"input_media\": \"/x/Prep Film (2011).mp4\"}")
      try workspace.write(job + "/.20250910-0001.env", "A=\(user)\n")
      try workspace.write(job + "/Prep Film (2011).mp4", "film")
    }
    let recorded = "/app/jobs/2025/09/11/20250911-0001/Jobs Film (2011).mp4"
    try workspace.write(
      "out/2025/09/11/20250911-0001/manifest.json", "{\"stages\": {}, \"input\": {\"file\": \"\(recorded)\"}}")
    try workspace.write("out/2025/09/11/20250911-0001/audio/audio.wav", "sound")
    for number in [1, 2] {
      let job = "jobs/2025/09/11/20250911-000\(number)"
      try workspace.write(job + "/Jobs Film (201\(number)).mp4", "film")
      try workspace.write(job + "/.20250911-000\(number).env", "USER_ID=3\n")
    }
    try workspace.write("out/2025/09/12/bob/3/job.json", "{\"job_id\": \"job-20250912-bob-0003\"}")
    try workspace.write("out/2025/09/12/bob/3/job.env", "B=3\n")
  }

  @Test func `so do those of layouts that have settings of their own`() throws {
    try TestWorkspace.with { workspace in
      try makeOtherLayouts(workspace)
      // Two users' jobs of one id: the second one's documents are written anew.
      for user in [1, 2] {
        let job = "out/2025/06/05/\(user)/20250605-001"
        try workspace.write(job + "/manifest.json", "{\"job_id\": \"20250605-001\"}")
        try workspace.write(job + "/job_info.json", "{\"job_id\": \"20250605-001\", \"note\": \"kept\"}")
        let env = ["JOB_ID=20250605-001", "C=\(user)", "OUTPUT_ROOT=/app/\(job)", "SECRETS_PATH=/app/config/s.json"]
        try workspace.write(job + "/job.env", env.map { $0 + "\n" }.joined())
      }
      try killAtEachStep(workspace)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let second = "out/2025/06/05/2/20250605-002"
      #expect(
        try workspace.read(second + "/job.env") == "JOB_ID=20250605-002\nC=2\nOUTPUT_ROOT=\(second)\n"
          + "SECRETS_PATH=\(workspace.path("config/s.json"))\nUSER_ID=2\nLOG_ROOT=logs/2025/06/05/2/20250605-002\n")
      let info = try JSON(parsing: workspace.read(second + "/job_info.json").utf8)
      #expect(info["job_id"]?.string == "20250605-002" && info["note"]?.string == "kept")
      #expect(try workspace.cpwx("job", "show", "20250605-001").code == 0)
      #expect(try workspace.read("out/2025/09/10/2/20250910-002/job.env").hasPrefix("A=2\n"))
      #expect(try workspace.read("out/2025/09/11/3/20250911-0001/job.env").hasPrefix("USER_ID=3\n"))
    }
  }

  /// What is copied each on its own: trees, logs, folders of logs, what was prepared, and links in all of them.
  private func withAnotherDisk(_ body: (TestWorkspace, String) throws -> Void) throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountDisk(at: disk, size: "4m")
      try workspace.write("old/out/Don_1978/audio/audio.wav", "sound")
      try workspace.write("old/logs/asr_Don_1978_20251027_100000.log", "heard")
      try workspace.write("old/out/2025/09/11/20250911-0001/audio/audio.wav", "sound")
      try workspace.write("old/logs/2025/09/11/20250911-0001/demux.log", "heard")
      try workspace.write("old/jobs/2025/09/11/20250911-0001/.env", "A=1\n")
      for (path, target) in [
        ("out/Don_1978/log", "../../logs/2025/09/11/20250911-0001/demux.log"),
        ("logs/2025/09/11/20250911-0001/sound", "../../../../../out/Don_1978/audio"),
        ("jobs/2025/09/11/20250911-0001/sound", "../../../../../out/Don_1978/audio"), ("out/mine", "Don_1978/audio"),
      ] {
        try FileManager.default.createSymbolicLink(atPath: "\(disk)/\(path)", withDestinationPath: target)
      }
      for name in ["out/notes.txt", "logs/notes.txt"] { try workspace.write(name, "of no film") }
      try body(workspace, disk)
    }
  }

  @Test func `and so do those of another file system`() throws {
    try withAnotherDisk { try killAtEachStep($0, [$1]) }
  }

  @Test func `a film there that is called like a year leaves nothing of itself behind`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountDisk(at: disk, size: "4m")
      for file in ["audio/audio.wav", "vad/silero_segments.json"] {
        try workspace.write("old/out/2012/\(file)", "{\"of\": 2012}")
        try workspace.age(workspace.path("old/out/2012/\(file)"), by: 86_400 * 400)
      }
      try workspace.write("out/notes.txt", "of no film")
      try killAtEachStep(workspace, [disk])
    }
  }

  /// Kills an undo at each step, and has it finished.
  private func killUndoAtEachStep(_ workspace: TestWorkspace, _ arguments: [String] = []) throws {
    let before = try Inventory(workspace.root)
    var step = 1
    while true {
      #expect(try workspace.start([CPWX.path, "migrate", "--from-legacy"] + arguments).wait().code == 0)
      let wasKilled = try killed(workspace, at: step, "migrate", "undo")
      if wasKilled {
        let outcome = try workspace.cpwx("migrate", "undo")
        #expect(outcome.code == 0 || outcome.errors.contains("no migration"), "step \(step): \(outcome.errors)")
      }
      #expect(try Inventory(workspace.root).difference(from: before) == [], "step \(step)")
      try workspace.remove(".cpwx")
      if !wasKilled { break }
      step += 1
    }
    #expect(step > 30, "only \(step) steps")
  }

  @Test func `a tree whose documents are links keeps those, killed at any step of either way`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let manifest = try workspace.read("out/Sholay_1975/manifest.json")
      try workspace.write("shared/a.json", manifest.replacing("{\"version\"", with: "{\"own\": 1, \"version\""))
      try workspace.write("shared/b.json", "{\"note\": \"kept\"}")
      try workspace.remove("out/Sholay_1975/manifest.json")
      for (name, target) in [
        ("manifest.json", "../../shared/a.json"), ("job_info.json", "../../shared/b.json"),
        ("job.env", "../../config/.env"),
      ] {
        try FileManager.default.createSymbolicLink(
          atPath: workspace.path("out/Sholay_1975/\(name)"), withDestinationPath: target)
      }
      let before = try Inventory(workspace.root)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let wanted = try state(workspace)
      let job = workspace.migrated("20251027-001")
      #expect(try workspace.read(job + "/manifest.legacy.json") == workspace.read("shared/a.json"))
      #expect(try JSON(parsing: workspace.read(job + "/manifest.json").utf8)["own"]?.int == 1)
      #expect(try JSON(parsing: workspace.read(job + "/job_info.json").utf8)["note"]?.string == "kept")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [])
      // Each document is written in three steps: every other step is at each of them.
      try killBothWays(workspace, every: 2, from: before, to: wanted)
    }
  }

  @Test func `documents that are links into other trees say what they said, whichever is moved first, killed or not`()
    throws
  {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Don_1978", "Don", year: 1978)
      let manifest = try workspace.read("out/Don_1978/manifest.json")
      try workspace.write(
        "out/Don_1978/manifest.json", manifest.replacing("{\"version\"", with: "{\"own\": 1, \"version\""))
      try workspace.write("out/Don_1978/note.json", "{\"note\": \"kept\"}")
      try workspace.write("out/Don_1978/settings", "DEVICE=cuda\n")
      for film in ["Anand_1971", "Sholay_1975"] {
        try workspace.write("out/\(film)/audio/audio.wav", "sound")
        try makeLink(workspace, "out/\(film)/manifest.json", to: "../Don_1978/manifest.json")
        try makeLink(workspace, "out/\(film)/job_info.json", to: "../Don_1978/note.json")
      }
      let dated = "out/2025/10/28/20251028-0001"
      try workspace.write(dated + "/audio/audio.wav", "sound")
      try makeLink(workspace, dated + "/.20251028-0001.env", to: "../../../../Don_1978/settings")
      let before = try Inventory(workspace.root)
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0, "\(outcome)")
      let wanted = try state(workspace)
      for name in ["Anand_1971", "Sholay_1975"] {
        let job = try #require(
          workspace.jobs.first { (try? workspace.read($0 + "/job_info.json").contains(name)) == true })
        #expect(try JSON(parsing: workspace.read(job + "/manifest.json").utf8)["own"]?.int == 1, "\(name)")
        #expect(try JSON(parsing: workspace.read(job + "/job_info.json").utf8)["note"]?.string == "kept", "\(name)")
      }
      #expect(workspace.jobs.count { (try? workspace.read($0 + "/job.env").contains("DEVICE=cuda\n")) == true } == 1)
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [])
      try killBothWays(workspace, every: 7, from: before, to: wanted)
    }
  }

  @Test func `outputs and films that links lead to, or other trees have, are recorded whichever is moved first`()
    throws
  {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Don_1978", "Don", year: 1978)
      try workspace.write("out/Don_1978/Extra (1960).mp4", "extra")
      try workspace.film("Extra (1960).mp4")
      for film in ["Anand_1971", "Sholay_1975"] {
        try workspace.write(
          "out/\(film)/manifest.json",
          """
          {"created_at": "2025-10-27T10:00:00.000001", "input": {"file": "out/Don_1978/Extra (1960).mp4"}, "stages": {
            "demux": {"status": "success", "input_files": ["out/Don_1978/Extra (1960).mp4"]},
            "silero_vad": {"status": "success", "outputs": {"own": {"path": "out/\(film)/vad/own", "size_bytes": 3}}}}}
          """)
        try workspace.write("out/\(film)/audio/note", "")
        try makeLink(workspace, "out/\(film)/audio/audio.wav", to: "../../Don_1978/audio/audio.wav")
        try makeLink(workspace, "out/\(film)/vad", to: "../Don_1978/vad")
      }
      // What is not in that other tree any more is looked for in in/, as ever.
      try workspace.film("Gone (1950).mp4")
      try workspace.write("out/Guide_1965/audio/audio.wav", "sound")
      try workspace.write(
        "out/Guide_1965/manifest.json",
        "{\"created_at\": \"2025-10-27T09:00:00\", \"input\": {\"file\": \"out/Don_1978/Gone (1950).mp4\"}}")
      let id = "20251028-0001"
      let prepared = "jobs/2025/10/28/\(id)/Film (1990).mp4"
      try workspace.film("Film (1990).mp4")
      try workspace.write("out/2025/10/28/\(id)/audio/audio.wav", "sound")
      try workspace.write(
        "out/2025/10/28/\(id)/manifest.json",
        """
        {"job_id": "\(id)", "input": {"file": "\(prepared)"}, "stages": {
          "demux": {"status": "success", "input_files": ["\(prepared)"]}}}
        """)
      try makeLink(workspace, prepared, to: "../../../../../in/Film (1990).mp4")
      let before = try Inventory(workspace.root)
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0, "\(outcome)")
      let wanted = try state(workspace)
      func job(_ name: String) throws -> String {
        try #require(workspace.jobs.first { (try? workspace.read($0 + "/job_info.json").contains(name)) == true })
      }
      let film = try job("out/Don_1978") + "/Extra (1960).mp4"
      #expect(try workspace.read(film) == "extra")
      for name in ["out/Anand_1971", "out/Sholay_1975"] {
        let manifest = try JSON(parsing: workspace.read(job(name) + "/manifest.json").utf8)
        #expect(manifest["input"]?["file"]?.string.map { workspace.path($0) } == film, "\(name)")
        let (demux, vad) = (manifest["stages"]?["demux"], manifest["stages"]?["silero_vad"]?["outputs"])
        #expect(demux?["input_files"]?.array?.first?.string == film, "\(name)")
        #expect(demux?["outputs"]?["audio"]?["size_bytes"]?.int == "{\"of\": \"Don\"}".utf8.count, "\(name)")
        #expect(vad?["segments"]?["size_bytes"]?.int == "{\"of\": \"Don\"}".utf8.count, "\(name)")
        #expect(vad?["own"]?["size_bytes"]?.int == 3, "\(name)")
      }
      let guide = try JSON(parsing: workspace.read(job("out/Guide_1965") + "/manifest.json").utf8)
      #expect(guide["input"]?["file"]?.string == "in/Gone (1950).mp4")
      let dated = try job("out/2025/10/28/\(id)\"")
      let manifest = try JSON(parsing: workspace.read(dated + "/manifest.json").utf8)
      let read = manifest["stages"]?["demux"]?["input_files"]?.array?.first?.string
      #expect(read == dated + "/prepared/Film (1990).mp4")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [])
      try killBothWays(workspace, every: 7, from: before, to: wanted)
    }
  }

  private func makeLink(_ workspace: TestWorkspace, _ path: String, to target: String) throws {
    let folder = (workspace.path(path) as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: workspace.path(path), withDestinationPath: target)
  }

  /// Kills a migration and its undoing at every so manieth step, and has each finished.
  private func killBothWays(
    _ workspace: TestWorkspace, every stride: Int, from before: Inventory, to wanted: Inventory
  ) throws {
    var step = 1
    while true {
      try workspace.remove(".cpwx")
      let wasCut = try killed(workspace, at: step, "migrate", "--from-legacy")
      if wasCut { #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0, "step \(step)") }
      let difference = try state(workspace).difference(from: wanted)
      #expect(difference == [], "step \(step)")
      let wasUndoCut = try killed(workspace, at: step, "migrate", "undo")
      if wasUndoCut {
        let undo = try workspace.cpwx("migrate", "undo")
        #expect(undo.code == 0 || undo.errors.contains("no migration"), "step \(step): \(undo.errors)")
      }
      #expect(try Inventory(workspace.root).difference(from: before) == [], "undo, step \(step)")
      if !wasCut, !wasUndoCut { break }
      step += stride
    }
    #expect(step > 30, "only \(step) steps")
  }

  @Test func `killed at any step, an undo ends as if nothing had been`() throws {
    try withTrees { try killUndoAtEachStep($0) }
  }

  @Test func `so does one that goes back to another file system`() throws {
    try withAnotherDisk { try killUndoAtEachStep($0, [$1]) }
  }

  @Test func `one that was killed anywhere is put back whole by an undo, from another file system too`() throws {
    try withAnotherDisk { workspace, disk in
      let before = try Inventory(workspace.root)
      var step = 1
      while true {
        let cut = try workspace.start(
          [CPWX.path, "migrate", "--from-legacy", disk], environment: ["CPWX_FAULT_STEP": "\(step)"]
        ).wait()
        let undo = try workspace.cpwx("migrate", "undo")
        #expect(undo.code == 0 || undo.errors.contains("no migration"), "step \(step): \(undo.errors)")
        #expect(try Inventory(workspace.root).difference(from: before) == [], "step \(step)")
        if workspace.exists(".cpwx") { try workspace.remove(".cpwx") }
        if cut.signal == nil { break }
        step += 1
      }
    }
  }

  @Test func `trees of another file system are copied with all that they have, and go back`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountDisk(at: disk, size: "16m")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let sparse = try workspace.start(["truncate", "-s", "8M", "out/Sholay_1975/sparse.bin"]).wait()
      #expect(sparse.code == 0)
      #expect(link(workspace.path("out/Sholay_1975/audio/audio.wav"), workspace.path("out/Sholay_1975/twice.wav")) == 0)
      #expect(try workspace.start(["cp", "-a", "--sparse=always", "out", "logs", disk]).wait().code == 0)
      try workspace.remove("out")
      try workspace.remove("logs")
      let before = try Inventory(disk)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", disk)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = workspace.migrated("20251027-001")
      var (first, second, sparseStatus) = (stat(), stat(), stat())
      lstat(job + "/audio/audio.wav", &first)
      lstat(job + "/twice.wav", &second)
      lstat(job + "/sparse.bin", &sparseStatus)
      #expect(first.st_ino == second.st_ino && first.st_nlink == 2)
      #expect(sparseStatus.st_size == 8 << 20 && sparseStatus.st_blocks < 64)
      #expect(!workspace.exists("old/out/Sholay_1975"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(disk).difference(from: before) == [])
    }
  }

  @Test func `a file that has a name outside of what is copied is told of, and each name keeps its content`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountDisk(at: disk, size: "4m")
      try workspace.write("old/out/Don_1978/audio/audio.wav", "sound")
      try workspace.write("old/out/Anand_1971/audio/audio.wav", "sound")
      #expect(link(disk + "/out/Don_1978/audio/audio.wav", disk + "/kept.wav") == 0)
      #expect(link(disk + "/out/Anand_1971/audio/audio.wav", disk + "/out/Anand_1971/twice.wav") == 0)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", disk)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let said = outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(
        said.contains("does not keep the names in other places of \(disk)/out/Don_1978/audio/audio.wav"), "\(said)")
      #expect(!said.contains("Anand"))
      #expect(try workspace.read("old/kept.wav") == "sound")
      #expect(try workspace.jobs.map { try workspace.read($0 + "/audio/audio.wav") } == ["sound", "sound"])
    }
  }

  @Test func `killed between groups of trees, a migration and its undoing end as if nothing had been`() throws {
    try TestWorkspace.with { workspace in
      for number in 1...300 {
        let film = "out/Film_Number_\(number)_\(1950 + number % 70)"
        try workspace.write(film + "/manifest.json", "{\"created_at\": \"2025-10-27T10:00:00.000000\", \"stages\": {}}")
        try workspace.write(film + "/audio/audio.wav", "\(number)")
      }
      let command = [CPWX.path, "migrate", "--from-legacy"]
      let before = try Inventory(workspace.root)
      #expect(try workspace.start(command).wait().code == 0)
      let wanted = try state(workspace)
      #expect(wanted.difference(from: before) != [])
      // 256 trees are a group, which is brought to the disk while the next is moved; a tree takes twelve steps.
      for step in stride(from: 450, to: 3_600, by: 600) {
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        try workspace.remove(".cpwx")
        _ = try killed(workspace, at: step, "migrate", "--from-legacy")
        let outcome = try workspace.start(command).wait()
        #expect(outcome.code == 0, "step \(step): \(outcome.errors)")
        #expect(try state(workspace).difference(from: wanted) == [], "step \(step)")
        _ = try killed(workspace, at: step, "migrate", "undo")
        let undo = try workspace.cpwx("migrate", "undo")
        #expect(undo.code == 0 || undo.code == 64, "step \(step): \(undo.errors)")
        #expect(try Inventory(workspace.root).difference(from: before) == [], "undo, step \(step)")
        #expect(try workspace.start(command).wait().code == 0)
      }
    }
  }

  @Test func `names that are as long as names may be go to another file system, and back`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountDisk(at: disk, size: "4m")
      let (film, link) = (String(repeating: "é", count: 125), String(repeating: "ü", count: 127))
      try workspace.write("old/out/\(film)/audio/audio.wav", "sound")
      try workspace.write("old/out/Don_1978/audio/audio.wav", "sound")
      try workspace.write("old/logs/readme", "")
      try FileManager.default.createSymbolicLink(
        atPath: "\(disk)/out/\(film)/\(link)", withDestinationPath: "../Don_1978/audio")
      let before = try Inventory(disk)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", disk)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(!workspace.exists("old/out/\(film)"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(disk).difference(from: before) == [])
    }
  }
}
