import Foundation
import Jobs
import Testing

/// Links point to what they pointed to, whatever of both has moved.
struct MigrateLinkTests {
  private func link(_ workspace: TestWorkspace, _ path: String, _ target: String) throws {
    let folder = (workspace.path(path) as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: workspace.path(path), withDestinationPath: target)
  }

  @Test func `those in and into folders of other layouts, in logs, and in trees that stay`() throws {
    try TestWorkspace.with { workspace in
      try workspace.film("Film Three (2011).mkv", holding: "film three")
      let prepared = "jobs/2025/11/05/20251105-002"
      try workspace.write("out/2025/11/05/20251105-002/audio/audio.wav", "sound")
      try workspace.write(prepared + "/.env", "B=2\n")
      try link(workspace, prepared + "/media/film.mkv", "../../../../../../in/Film Three (2011).mkv")
      try link(workspace, prepared + "/again", "media/film.mkv")
      chmod(workspace.path(prepared + "/media"), 0o555)
      try workspace.write("logs/2025/11/05/20251105-002/demux.log", "heard")
      try link(workspace, "logs/2025/11/05/20251105-002/sound", "../../../../../out/2025/11/05/20251105-002/audio")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try link(workspace, "out/Sholay_1975/settings", "../../\(prepared)/.env")
      try link(workspace, "out/Sholay_1975/log", "../../logs/2025/11/05/20251105-002/demux.log")
      try link(workspace, "logs/latest.log", "asr_Sholay_1975_20251027_100000.log")
      // Both stay: one was not asked for, one has its place already.
      try workspace.oldFilm("Stays_1999", "Stays", year: 1999)
      try link(workspace, "out/Stays_1999/other", "../Sholay_1975/audio")
      let adopted = "out/2025/11/03/1/20251103-001"
      try workspace.write(
        adopted + "/manifest.json", "{\"timezone\": \"UTC +00:00\", \"job_id\": \"20251103-001\", \"stages\": {}}")
      try link(workspace, adopted + "/other", "../../../../../Sholay_1975/audio")
      let before = try Inventory(workspace.root)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--exclude", "Stays_1999")
      #expect(outcome.code == 0, "\(outcome.errors)\(outcome.output)")
      let (job, sholay) = ("out/2025/11/05/1/20251105-002", workspace.migrated("20251027-001"))
      #expect(try workspace.read(job + "/prepared/media/film.mkv") == "film three")
      #expect(try workspace.read(job + "/prepared/again") == "film three")
      #expect(try workspace.mode(job + "/prepared/media") == 0o555)
      #expect(try workspace.read("logs/2025/11/05/1/20251105-002/sound/audio.wav") == "sound")
      #expect(try workspace.read(sholay + "/settings") == "B=2\n")
      #expect(try workspace.read(sholay + "/log") == "heard")
      #expect(try workspace.read("logs/latest.log").contains("heard"))
      #expect(workspace.exists("out/Stays_1999/other/audio.wav"))
      #expect(workspace.exists(adopted + "/other/audio.wav"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(workspace.root).difference(from: before) == [])
    }
  }

  @Test func `those in the folder of films that lead into trees`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975, fails: false)
      try link(workspace, "in/again/Sholay.mp4", "../../out/Sholay_1975/Sholay_1975_with_subs.mp4")
      let before = try Inventory(workspace.root)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      #expect(try workspace.read("in/again/Sholay.mp4") == "film")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [])
    }
  }

  @Test func `those that go through a link to where the jobs lie`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("store/readme", "")
      try link(workspace, "out", "store")
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 26)
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975, fails: false)
      let video = "Sholay_1975/Sholay_1975_with_subs.mp4"
      try link(workspace, "in/again.mp4", "../out/" + video)
      try link(workspace, "in/whole.mp4", workspace.path("out/" + video))
      try link(workspace, "in/real.mp4", workspace.path("store/" + video))
      try link(workspace, "out/Don_1978/other", workspace.path("out/Sholay_1975/audio"))
      try link(workspace, "out/Don_1978/own", workspace.path("out/Don_1978/audio"))
      let before = try Inventory(workspace.root)
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0, "\(outcome)")
      for name in ["again", "whole", "real"] { #expect(try workspace.read("in/\(name).mp4") == "film", "\(name)") }
      for (name, start) in [("again", "../out/2025/"), ("whole", workspace.path("out/2025/"))] {
        let text = try FileManager.default.destinationOfSymbolicLink(atPath: workspace.path("in/\(name).mp4"))
        #expect(text.hasPrefix(start), "\(text)")
      }
      let don = workspace.migrated("20251026-001")
      #expect(workspace.exists(don + "/other/audio.wav") && workspace.exists(don + "/own/audio.wav"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo)")
      #expect(try Inventory(workspace.root).difference(from: before) == [])
    }
  }

  @Test func `a film in another tree is recorded where it goes, however its path is written, whichever moves first`()
    throws
  {
    for folder in ["./out", "/app/out", "store", "out/2025/../../store"] {
      try TestWorkspace.with { workspace in
        try workspace.write("store/readme", "")
        try link(workspace, "out", "store")
        try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 27)
        try workspace.write("out/Don_1978/Extra (1960).mp4", "extra")
        for (name, day) in [("Anand_1971", 26), ("Sholay_1975", 28)] {
          let film = "\(folder)/Don_1978/Extra (1960).mp4"
          try workspace.write("out/\(name)/audio/audio.wav", "sound")
          try workspace.write(
            "out/\(name)/manifest.json",
            """
            {"created_at": "2025-10-\(day)T10:00:00", "input": {"file": "\(film)"}, "stages": {
              "demux": {"status": "success", "input_files": ["\(film)"]}}}
            """)
        }
        let before = try Inventory(workspace.root)
        #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
        let film = workspace.migrated("20251027-001") + "/Extra (1960).mp4"
        #expect(try workspace.read(film) == "extra")
        for id in ["20251026-001", "20251028-001"] {
          let manifest = try JSON(parsing: workspace.read(workspace.migrated(id) + "/manifest.json").utf8)
          #expect(manifest["input"]?["file"]?.string.map { workspace.path($0) } == film, "\(folder), \(id)")
          let read = manifest["stages"]?["demux"]?["input_files"]?.array?.first?.string
          #expect(read == film, "\(folder), \(id)")
        }
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        #expect(try Inventory(workspace.root).difference(from: before) == [])
      }
    }
  }

  @Test(arguments: ["in", "/app/in", "/home/user/cp-whisperx-app/in"])
  func `of films of one name the recorded one is the job's`(_ folder: String) throws {
    try TestWorkspace.with { workspace in
      for season in [1, 2] { try workspace.write("in/Season \(season)/E01.mkv", "of season \(season)") }
      for season in [1, 2] {
        let film = "\(folder)/Season \(season)/E01.mkv"
        try workspace.write("out/Serial_\(season)/audio/audio.wav", "sound")
        try workspace.write(
          "out/Serial_\(season)/manifest.json",
          """
          {"created_at": "2025-10-2\(season)T10:00:00", "input": {"file": "\(film)"}, "stages": {
            "demux": {"status": "success", "input_files": ["\(film)"]}}}
          """)
      }
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      for season in [1, 2] {
        let film = "in/Season \(season)/E01.mkv"
        let path = workspace.migrated("2025102\(season)-001") + "/manifest.json"
        let manifest = try JSON(parsing: workspace.read(path).utf8)
        #expect(manifest["input"]?["file"]?.string == film)
        let read = manifest["stages"]?["demux"]?["input_files"]?.array?.first?.string
        #expect(read.map { $0 == film || $0 == workspace.path(film) } == true)
      }
    }
  }

  @Test func `of several files of one title the one of the directory's name is its film, and else none`() throws {
    try TestWorkspace.with { workspace in
      for name in ["Dangal (2016)-trailer.mp4", "Dangal (2016).mkv", "Serial.S01E03.mkv", "Serial.S01E04.mkv"] {
        try workspace.write("in/\(name)", name)
      }
      for (name, day) in [("Dangal_2016", 21), ("Serial", 22)] {
        try workspace.write("out/\(name)/audio/audio.wav", "sound")
        let manifest = "{\"created_at\": \"2025-10-\(day)T10:00:00\", \"stages\": {}}"
        try workspace.write("out/\(name)/manifest.json", manifest)
      }
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--format", "json")
      #expect(outcome.code == 0 && outcome.output.contains("several files in in/ may be its film"))
      func input(_ id: String) throws -> JSON? {
        try JSON(parsing: workspace.read(workspace.migrated(id) + "/manifest.json").utf8)["input"]
      }
      #expect(try input("20251021-001")?["file"]?.string == "in/Dangal (2016).mkv")
      let serial = try input("20251022-001")
      #expect(serial?["title"]?.string == "Serial" && serial?["file"]?.string == nil)
    }
  }

  @Test func `documents that are links to devices say nothing`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let dated = "out/2025/10/28/20251028-0001"
      try workspace.write(dated + "/audio/audio.wav", "sound")
      try workspace.write(dated + "/manifest.json", "{\"job_id\": \"20251028-0001\", \"stages\": {}}")
      for folder in ["out/Sholay_1975", dated] { try link(workspace, folder + "/job_info.json", "/dev/zero") }
      try link(workspace, dated + "/job.json", "/dev/zero")
      try link(workspace, "jobs/2025/10/28/jobs.json", "/dev/zero")
      let before = try Inventory(workspace.root)
      // Whoever reads one to its end shall not take all memory of the machine.
      let start = ["sh", "-c", "ulimit -v 8000000; exec \"$0\" migrate \"$1\"", CPWX.path]
      let outcome = try workspace.start(start + ["--from-legacy"]).wait()
      #expect(outcome.code == 0, "\(outcome)")
      #expect(try workspace.read(workspace.migrated("20251027-001") + "/job_info.json").contains("out/Sholay_1975"))
      #expect(try workspace.start(start + ["undo"]).wait().code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [])
      for step in stride(from: 12, to: 40, by: 4) {
        try workspace.remove(".cpwx")
        _ = try workspace.start(start + ["--from-legacy"], environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
        let undo = try workspace.start(start + ["undo"]).wait()
        #expect(undo.code == 0 || undo.errors.contains("no migration"), "step \(step): \(undo)")
        #expect(try Inventory(workspace.root).difference(from: before) == [], "step \(step)")
      }
    }
  }

  @Test func `those to files that keep their names, though these begin with their folder's`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.write("out/audio/audio/audio.wav", "sound")
      try workspace.write("out/final/final_output.mp4", "film")
      try link(workspace, "out/Sholay_1975/asr/sound", "../../audio/audio/audio.wav")
      try link(workspace, "out/Sholay_1975/asr/video", "../../final/final_output.mp4")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let job = workspace.migrated("20251027-001")
      #expect(try workspace.read(job + "/asr/sound") == "sound" && workspace.read(job + "/asr/video") == "film")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try workspace.read("out/Sholay_1975/asr/sound") == "sound")
    }
  }

  @Test(arguments: [70, 900])
  func `those that lie deep, in folders that are closed too`(_ depth: Int) throws {
    try TestWorkspace.with { workspace in
      try workspace.film("Sholay (1975).mp4", holding: "film")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let way = String(repeating: "d/", count: depth)
      let target = String(repeating: "../", count: depth + 2) + "in/Sholay (1975).mp4"
      let make =
        "mkdir -p \"out/Sholay_1975/$1\" && ln -s \"$2\" \"out/Sholay_1975/$1/film\" && chmod 0555 \"out/Sholay_1975/$1\""
      #expect(try workspace.start(["sh", "-c", make, "sh", way, target]).wait().code == 0)
      let list = "find out in -printf '%p %m %n %T@ %l\\n' | sort"
      let before = try workspace.start(["sh", "-c", list]).wait().output
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0 && !outcome.output.contains("cannot be read"), "\(outcome.errors)\(outcome.output)")
      #expect(try workspace.read(workspace.migrated("20251027-001") + "/\(way)film") == "film")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try workspace.start(["sh", "-c", list]).wait().output == before)
    }
  }

  @Test func `one whose way no text tells is told of in the plan`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.write("notes/readme", "")
      try link(workspace, "out/Sholay_1975/around", "../../notes/../in")
      let plan = try workspace.json("migrate", "--from-legacy", "-n")["entries"]?.array ?? []
      let problems = plan.first { $0["path"]?.string == "out/Sholay_1975" }?["problems"]?.array ?? []
      #expect(problems.contains { $0["message"]?.string?.contains("by a way through other folders") == true })
    }
  }

  @Test func `a link that stays and was changed since is not changed back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try link(workspace, "out/mine", "Sholay_1975")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      try workspace.remove("out/mine")
      try link(workspace, "out/mine", "../in")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: workspace.path("out/mine")) == "../in")
    }
  }

  @Test func `one to a tree that is not put back keeps pointing to it`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try link(workspace, "out/mine", "Sholay_1975/audio")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let env = workspace.migrated("20251027-001") + "/job.env"
      let whole = try workspace.read(env)
      try workspace.write(env, whole + "A=1\n")
      #expect(try workspace.cpwx("migrate", "undo").code == 1)
      #expect(workspace.exists("out/mine/audio.wav"))
      try workspace.write(env, whole)
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(workspace.exists("out/mine/audio.wav") && workspace.exists("out/Sholay_1975/audio/audio.wav"))
    }
  }

  @Test(arguments: ["asr/other", "audio/mine", "transcription/transcript.json"])
  func `one in a job that says something else since keeps it from being put back, and so does a file in its place`(
    _ name: String
  ) throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 28)
      try link(workspace, "out/Sholay_1975/asr/other", "../../Don_1978/audio")
      try link(workspace, "out/Sholay_1975/audio/mine", "../../../in")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let place = workspace.migrated("20251027-001") + "/\(name)"
      let old = try FileManager.default.destinationOfSymbolicLink(atPath: place)
      let reason = "out/Sholay_1975: was not put back: its link \(name) has been changed since it was migrated"
      for isFile in [false, true] {
        try workspace.remove(place)
        if isFile { try workspace.write(place, "mine") } else { try link(workspace, place, "nowhere") }
        let undo = try workspace.cpwx("migrate", "undo")
        #expect(undo.code == 1 && undo.errors.contains(reason), "\(undo.errors)")
        #expect(workspace.exists(workspace.migrated("20251027-001") + "/job.env"))
        #expect(workspace.exists("logs/2025/10/27/1/20251027-001/asr_Sholay_1975_20251027_100000.log"))
      }
      try workspace.remove(place)
      try link(workspace, place, old)
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(workspace.exists("out/Sholay_1975/audio/mine") && workspace.exists("out/Don_1978/manifest.json"))
    }
  }

  /// Two films that link to each other, of which one cannot be moved. The other one's documents name its files.
  private func withOneThatStays(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 28)
      try link(workspace, "out/Sholay_1975/asr/other", "../../Don_1978/asr/Don_1978.asr.json")
      try link(workspace, "out/Don_1978/asr/other", "../../Sholay_1975/asr/Sholay_1975.asr.json")
      try link(workspace, "out/mine", "Don_1978/audio")
      let manifest = try workspace.read("out/Sholay_1975/manifest.json")
        .replacing("in/Sholay (1975).mp4", with: "out/Don_1978/audio/audio.wav")
        .replacing("\"outputs\": {}", with: "\"input_files\": [\"/app/out/Don_1978/asr/Don_1978.asr.json\"]")
      try workspace.write("out/Sholay_1975/manifest.json", manifest)
      chmod(workspace.path("out/Sholay_1975/asr"), 0o555)
      chmod(workspace.path("out/Sholay_1975"), 0o555)
      try workspace.write("logs/2025/10/28", "in the way of the log")
      try body(workspace)
    }
  }

  @Test func `those to and in a tree that could not be moved lead to where each is, killed at any step too`() throws {
    try withOneThatStays { workspace in
      let migrate = [CPWX.path, "migrate", "--from-legacy"]
      let before = try Inventory(workspace.root)
      var wanted: Inventory?
      var step = 0
      while true {
        let cut = try workspace.start(migrate, environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
        let outcome = cut.signal == nil ? cut : try workspace.start(migrate).wait()
        #expect(outcome.code == 1 && outcome.errors.contains("out/Don_1978: stays"), "step \(step): \(outcome.errors)")
        let job = workspace.migrated("20251027-001")
        #expect(try workspace.read(job + "/asr/other") == "{\"of\": \"Don\"}", "step \(step)")
        #expect(try workspace.read("out/Don_1978/asr/other") == "{\"of\": \"Sholay\"}", "step \(step)")
        #expect(workspace.exists("out/mine/audio.wav"), "step \(step)")
        let manifest = try JSON(parsing: workspace.read(job + "/manifest.json").utf8)
        let info = try JSON(parsing: workspace.read(job + "/job_info.json").utf8)
        for document in [manifest, info] {
          #expect(document["input"]?["file"]?.string == "out/Don_1978/audio/audio.wav", "step \(step)")
        }
        let read = manifest["stages"]?["asr"]?["input_files"]?.array?.first?.string
        #expect(read == "/app/out/Don_1978/asr/Don_1978.asr.json", "step \(step)")
        let done = try Inventory(job)
        #expect(done.difference(from: wanted ?? done) == [], "step \(step)")
        wanted = wanted ?? done
        // Killed behind its last step, it was finished, and the next run was a migration of its own.
        for _ in 0..<(workspace.exists(".cpwx/migrations/m002") ? 2 : 1) {
          let undo = try workspace.cpwx("migrate", "undo")
          #expect(undo.code == 0, "step \(step): \(undo.errors)")
        }
        #expect(try Inventory(workspace.root).difference(from: before) == [], "step \(step)")
        try workspace.remove(".cpwx")
        if cut.signal == nil, step > 0 { break }
        step += 1
      }
      #expect(step > 30, "only \(step) steps")
    }
  }
}
