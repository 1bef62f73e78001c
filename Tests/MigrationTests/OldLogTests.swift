import Jobs
import Migration
import TestSupport
import Testing

/// Which job the flat logs belong to.
struct OldLogTests {
  private func paths(_ plan: [MigrationEntry]) -> [String] { plan.map(\.path).filter { $0.hasPrefix("logs/") } }

  @Test func `what stands in a log tells whose it is, where its name tells of no directory that is there`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Log_C", manifest: OldWorkspace.manifest(input: "in/Log C (2001).mp4"))
    try workspace.film("Film_2001")
    let (film, both) = ("Input: /app/in/Log C (2001).mp4", "out/Log_C/audio and out/Film_2001/audio")
    try workspace.folder.file("logs/demux_20250611_230000.log", "[INFO] \(film)\n")
    try workspace.folder.file("logs/pipeline_Gone_1999_20250611_230000.log", "[INFO] \(film) (begun)\n")
    try workspace.folder.file("logs/native_pipeline_20250512_110000.log", "Pipeline out/Film_2001\n")
    try workspace.folder.file("logs/mux_20250512_110000.log", both)
    let plan = try workspace.plan()
    #expect(plan.first { $0.path == "out/Log_C" }?.document["logs"]?.int == 2)
    #expect(plan.first { $0.path == "out/Film_2001" }?.document["logs"]?.int == 1)
    #expect(paths(plan) == ["logs/mux_20250512_110000.log"])
  }

  @Test func `a directory's name is known in a log whatever signs are in it`() throws {
    let workspace = try OldWorkspace()
    for name in ["What", "What's_Up,_Doc?_1972", "What's_Up", "A B 2001", "Odd]_1999"] {
      try workspace.film(name, manifest: OldWorkspace.manifest())
    }
    try workspace.folder.file("logs/demux_20250611_230000.log", "writing out/What's_Up,_Doc?_1972/audio\n")
    try workspace.folder.file("logs/asr_20250611_230000.log", "[INFO] \"out/A B 2001\" is done\n")
    try workspace.folder.file("logs/mux_20250611_230000.log", "[native.mux.Odd]_1999] done\n")
    try workspace.folder.file("logs/tmdb_20250611_230000.log", "out/What's_Up, and that is all\n")
    let plan = try workspace.plan()
    func logs(_ name: String) -> Int? { plan.first { $0.path == "out/\(name)" }?.document["logs"]?.int }
    #expect(logs("What's_Up,_Doc?_1972") == 1 && logs("A B 2001") == 1 && logs("Odd]_1999") == 1)
    #expect(logs("What's_Up") == 1 && logs("What") == 0)
  }

  @Test func `a log that says nothing goes by its stage's time`() throws {
    let workspace = try OldWorkspace()
    for (name, hour) in [("One_2001", "10"), ("Two_2002", "12")] {
      let demux =
        "{\"status\": \"success\", \"started_at\": \"2025-10-27T\(hour):00:01\", \"completed_at\": \"2025-10-27T\(hour):05:00\"}"
      try workspace.film(name, manifest: "{\"created_at\": \"2025-10-27T09:00:00\", \"stages\": {\"demux\": \(demux)}}")
    }
    for moment in ["100000", "120300", "110000"] { try workspace.folder.file("logs/demux_20251027_\(moment).log", "-") }
    try workspace.folder.file("logs/asr_20251027_100000.log", "-")
    let plan = try workspace.plan()
    #expect(plan.first { $0.path == "out/One_2001" }?.document["logs"]?.int == 1)
    #expect(plan.first { $0.path == "out/Two_2002" }?.document["logs"]?.int == 1)
    #expect(paths(plan) == ["logs/asr_20251027_100000.log", "logs/demux_20251027_110000.log"])
  }

  @Test func `logs that were put aside, and those in folders, go with the others`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001")
    let names = [
      "asr_Film_2001_20250512_110000.log", "asr_Film_2001_20250512_110000.log.1",
      "asr_Film_2001_20250512_110000.log.2.gz", "asr_Film_2001_20250512_110000_1.log",
      "asr-Film_2001-20250512_110000.log", "sub/asr_Film_2001_20250512_120000.log",
    ]
    for name in names { try workspace.folder.file("logs/\(name)") }
    try workspace.folder.file("logs/sub/asr_Film_2001_20250512_110000.log")
    try workspace.folder.file("logs/sub/notes.txt")
    let plan = try workspace.plan()
    #expect(plan.first { $0.path == "out/Film_2001" }?.document["logs"]?.int == names.count)
    #expect(paths(plan) == ["logs/sub/asr_Film_2001_20250512_110000.log", "logs/sub/notes.txt"])
  }

  @Test func `logs of jobs that were not chosen are no leftovers`() throws {
    let workspace = try OldWorkspace()
    for name in ["Sholay_1975", "Don_1978", "Hindi/Anand_1971"] {
      try workspace.film(name, manifest: OldWorkspace.manifest())
      try workspace.folder.file("logs/asr_\(name.split(separator: "/").last ?? "")_20251027_150100.log")
    }
    try workspace.folder.file("logs/asr_Nobody_20251027_150100.log")
    let only = try workspace.plan(MigrationOptions(only: ["Sho*"]))
    #expect(only.map(\.path) == ["out/Sholay_1975"] && only[0].document["logs"]?.int == 1)
    let rest = try workspace.plan(MigrationOptions(exclude: ["Don*", "Hindi"]))
    #expect(rest.map(\.path) == ["out/Sholay_1975", "logs/asr_Nobody_20251027_150100.log"])
    #expect(try workspace.plan(MigrationOptions(only: ["Anand_1971"])).map(\.path) == ["out/Hindi/Anand_1971"])
    #expect(try workspace.plan(MigrationOptions(only: ["nosuch"])).isEmpty)
  }
}
