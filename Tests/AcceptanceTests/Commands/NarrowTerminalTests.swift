import Jobs
import Pipeline
import Testing
import TextWidth

@testable import cpwx

/// What is seen where a terminal has few columns.
struct NarrowTerminalTests {
  @Test(arguments: [40, 80])
  func `the jobs of every list are whole, and no line is broken`(columns: Int) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for film in ["The Film with a Long Name (2001)", "कार्तिक और क्षत्रिय की कहानी का नाम (2002)"] {
        try workspace.film(film + ".mp4", holding: film)
      }
      #expect(try workspace.cpwx("run", "-q").code == 0)
      let ids = try workspace.json("job", "list").array?.compactMap { $0["job_id"]?.string } ?? []
      let (first, second) = (try #require(ids.last), try #require(ids.first))
      let commands = [
        "job list", "job rm -n \(first) \(second)", "archive -n \(first) \(second)",
        "archive --keep \(first) \(second)",
        "archive list", "archive verify --all", "archive prune --keep-last 0",
        "archive restore --replace \(first) \(second)", "job list --columns job_id,title,input,output_dir,error",
      ]
      for command in commands {
        let lines = try workspace.shown(command, columns: columns)
        for id in [first, second] {
          #expect(lines.contains { $0.hasPrefix(id) }, "\(command): \(lines)")
        }
        let rows = lines.filter { $0.hasPrefix("JOB ") || $0.hasPrefix(first) || $0.hasPrefix(second) }
        #expect(rows.allSatisfy { $0.greatestWidth <= columns }, "\(command): \(rows)")
      }
    }
  }

  @Test(arguments: [40, 200])
  func `what else is told of jobs, archives and the machine fits, too`(columns: Int) throws {
    try TestWorkspace.with([.making("one"), Stage("two", number: 2, script: "echo no words were heard in it; exit 3")])
    {
      workspace in
      try workspace.film("The Film with the Rather Long Name That Somebody Gave It (2001).mp4", holding: "a")
      try workspace.film("कार्तिक और क्षत्रिय की कहानी का नाम (2002).mp4", holding: "b")
      #expect(try workspace.cpwx("run", "-q").code == 1)
      #expect(try workspace.cpwx("archive", "--keep", "--force", "latest~1").code == 0)
      let commands = [
        "doctor", "status", "report", "job show latest", "job why latest", "job stats",
        "manifest validate latest", "manifest show latest", "manifest outputs latest",
        "manifest diff latest~1 latest", "archive list", "archive show latest~1", "migrate --from-legacy -n",
        "migrate status", "job cancel latest",
      ]
      for command in commands {
        let lines = try workspace.shown(command, columns: columns)
        // Commands, and a path that no line holds, are left whole for copying.
        let broken = lines.filter { line in
          line.greatestWidth > columns && !line.contains(": cpwx ")
            && line.split(separator: " ").allSatisfy { $0.count < columns }
        }
        #expect(broken.isEmpty, "\(command)")
      }
    }
  }

  @Test(arguments: [40, 80])
  func `why jobs failed is whole where it was asked for`(columns: Int) throws {
    let reason = "no words were heard in all of the ninety minutes of sound that this film has"
    try TestWorkspace.with([Stage("one", number: 1, script: "echo \(reason); exit 3")]) { workspace in
      try workspace.film("The Film with the Rather Long Name That Somebody Gave It (2001).mp4")
      #expect(try workspace.cpwx("run", "-q").code == 1)
      let lines = try workspace.shown("job list --columns job_id,title,error", columns: columns)
      let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
      #expect(words.contains(reason), "\(lines)")
      #expect(lines.allSatisfy { $0.greatestWidth <= columns }, "\(lines)")
    }
  }

  @Test(arguments: [(34, [29]), (35, [29, 4]), (40, [18, 20]), (60, [26, 4, 26]), (110, [29, 4, 73])])
  func `a column that is left out before a wider one comes back where that one's room holds it`(
    room: Int, widths: [Int]
  ) {
    let columns: [Listing.Column] = [
      .init("TITLE", key: "title", isFlexible: true), .init("YEAR", key: "year").dispensable(3),
      .init("INPUT", key: "input", isFlexible: true).readable(20).dispensable(2),
    ]
    #expect(TableFit(columns, [29, 4, 73], within: room).columns.map { $0.width } == widths)
  }

  @Test(arguments: [(39, [29, 8]), (38, [29]), (20, [20]), (90, [29, 8])])
  func `a column that tells what another does is there where nothing is cut for it`(room: Int, widths: [Int]) {
    let columns: [Listing.Column] = [.init("TITLE", key: "title", isFlexible: true), .init("AGE", key: "age").extra]
    #expect(TableFit(columns, [29, 8], within: room).columns.map { $0.width } == widths)
  }

  @Test func `columns stand under their headings, whatever script is before them`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for title in ["Sholay", "शोले", "花樣年華", "Dil ❤️ 👩‍🚀", "Amélie"] {
        try workspace.film("\(title) (2001).mp4", holding: title)
      }
      #expect(try workspace.cpwx("run", "-q").code == 0)
      let lines = try workspace.cpwx("job", "list", "--columns", "title,status").lines
      let column = try #require(lines.first?.firstRange(of: "STATUS")).lowerBound
      let place = String(lines[0][..<column]).displayWidth
      #expect(lines.count == 6)
      for line in lines.dropFirst() {
        let status = try #require(line.firstRange(of: "completed")).lowerBound
        #expect(String(line[..<status]).displayWidth == place, "\(lines)")
      }
    }
  }

  @Test func `of a path the end is seen`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let listed = try workspace.shown("job list --columns job_id,output_dir,title", columns: 40)
      #expect(listed.last?.contains("/\(id)") == true, "\(listed)")
      #expect(try workspace.cpwx("archive", "--keep", "-q", id).code == 0)
      let files = try workspace.shown("archive show \(id)", columns: 40)
      #expect(files.contains { $0.hasSuffix("/manifest.json") }, "\(files)")
      #expect(files.contains { $0.hasPrefix("Archive    archive/2") }, "\(files)")
    }
  }

  @Test func `why a film is held or left is readable before its size and time are told`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("The Film with the Rather Long Name That Somebody Gave It (2001).mp4")
      #expect(try workspace.cpwx("run", "-q").code == 0)
      let lines = try workspace.shown("run -n", columns: 80)
      let reason = try workspace.json("run", "-n").array?.first?["reason"]?.string ?? ""
      #expect(lines.last?.contains(reason.prefix(25)) == true, "\(lines) \(reason)")
    }
  }

  @Test(arguments: ["1978", "2006"], [60, 80])
  func `two films of one title are told apart before they are run`(year: String, columns: Int) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("The Film with the Rather Long Name That Somebody Gave It (2001).mp4")
      #expect(try workspace.cpwx("run", "-q").code == 0)
      for name in ["a/Don (1978).mp4", "b/Don (\(year)).mp4"] { try workspace.film(name, holding: name) }
      let rows = try workspace.shown("run -n", columns: columns).filter { $0.contains("Don") }
      #expect(rows.count == 2 && Set(rows).count == 2, "\(rows)")
    }
  }

  @Test(arguments: [40, 80, 100, 200])
  func `a reason that has no room beside the rest stands whole below its row, and others beside it`(columns: Int) throws
  {
    let reason = "the model large-v3 needs 10 GB of memory and there are only 4 GB of it on this machine"
    let script = "grep -q Long \"$1/manifest.json\" || exit 4; echo '\(reason)' >&2; exit 3"
    try TestWorkspace.with([Stage("asr", script: script)]) { workspace in
      try workspace.film("The Film with the Rather Long Name That Somebody Gave It (2001).mp4", holding: "a")
      try workspace.film("Short (2002).mp4", holding: "b")
      let lines = try workspace.shown("run", columns: columns)
      let table = lines.suffix(from: lines.lastIndex { $0.hasPrefix("JOB ") } ?? 0)
      let told = table.joined(separator: " ").split(separator: " ").joined(separator: " ")
      #expect(told.contains(reason), "\(lines)")
      #expect(table.allSatisfy { $0.greatestWidth <= columns }, "\(lines)")
      let beside = table.contains { $0.hasPrefix("2") && $0.hasSuffix("exit code 4") }
      #expect(beside == (columns > 40), "\(lines)")
    }
  }

  @Test(arguments: [(40, 90), (60, 20), (80, 20), (200, 60)])
  func `why a film failed is readable in the tables that tell it`(columns: Int, characters: Int) throws {
    let reason = "the model large-v3 needs 10 GB of memory and there are only 4 GB of it on this machine"
    try TestWorkspace.with([Stage("asr", script: "echo '\(reason)' >&2; exit 3")]) { workspace in
      try workspace.film("The Film with the Rather Long Name That Somebody Gave It (2001).mp4")
      for command in ["run", "job show latest", "manifest show latest", "job stats"] {
        let lines = try workspace.shown(command, columns: columns)
        let table = lines.suffix(from: lines.lastIndex { $0.hasPrefix("JOB ") } ?? 0)
        let told = table.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(told.contains(reason.prefix(characters)), "\(command): \(lines)")
        #expect(table.allSatisfy { $0.greatestWidth <= columns }, "\(command): \(lines)")
      }
    }
  }

  @Test(arguments: [20, 39, 79, 99, 400])
  func `the live view shows the stage, how far it is, its time and who waits`(columns: Int) throws {
    let batch = try JSON(
      parsing: """
        {"films": 3, "completed": 1, "failed": 0, "lanes": [{"lane": "gpu", "in_use": 1, "places": 1}], "running": [
          {"job_id": "20251030-001", "title": "कार्तिक और क्षत्रिय की कहानी का बहुत लंबा नाम", "stage": "asr", "stage_number": 7,
            "fraction": 0.42, "lane": "gpu"},
          {"job_id": "20251030-002", "title": "Two", "stage": "asr", "stage_number": 7, "waiting": true, "lane": "gpu"}]}
        """.utf8)
    let lines = ProgressLines(BatchProgress(document: batch), within: columns).lines.map(\.text)
    #expect(columns < 39 || lines.allSatisfy { $0.greatestWidth <= columns }, "\(lines)")
    let text = lines.joined(separator: "\n")
    for part in ["42 %", "asr", "waits for gpu", "1/3 films", "20251030-002"] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(lines.count == (columns < 79 ? lines.count : 3))
  }

  @Test(arguments: [1, 2])
  func `a film that runs is told of by its title, also where it is the only one`(films: Int) throws {
    let batch = try JSON(
      parsing: """
        {"films": \(films), "running": [
          {"job_id": "20251030-001", "title": "Sholay (1975)", "stage": "asr", "stage_number": 7, "fraction": 0.42}]}
        """.utf8)
    let lines = ProgressLines(BatchProgress(document: batch), within: 79).lines.map(\.text)
    #expect(lines.last?.hasPrefix("20251030-001  Sholay (1975)  7 asr") == true, "\(lines)")
  }

  @Test func `help is broken at words, and what belongs together stays in its column`() throws {
    try TestWorkspace.with { workspace in
      for columns in [40, 80] {
        for command in ["", "run", "report", "archive restore", "manifest export", "job list"] {
          let lines = try workspace.shown("\(command) --help", columns: columns)
          #expect(lines.allSatisfy { $0.displayWidth <= columns || !$0.trimmed.contains(" ") }, "\(command): \(lines)")
        }
      }
      let wide = try workspace.shown("archive restore --help", columns: 80)
      #expect(wide.contains("      what is named"), "\(wide)")
    }
  }

  @Test func `a text that is none of a table's is broken at words, colours or not`() {
    #expect("one two three".wrapped(to: 8) == ["one two", "three"])
    #expect("one two three".wrapped(to: 7, hanging: 2) == ["one two", "  three"])
    #expect("  \u{1B}[31mfailed\u{1B}[0m  one".wrapped(to: 13) == ["  \u{1B}[31mfailed\u{1B}[0m  one"])
    #expect("  a  longer-than-that b".wrapped(to: 8, hanging: 4) == ["  a", "    longer-than-that", "    b"])
    #expect("as it  is".wrapped(to: nil) == ["as it  is"])
  }

  @Test func `a path longer than a line is broken where the line is full`() {
    #expect("at /a/long/path.mkv".wrapped(to: 8, breaking: true) == ["at", "/a/long/", "path.mkv"])
  }

  @Test func `errors are broken at words, and commands to be copied are not`() {
    let said = "cpwx: it is held\n  Wait for it\n  Run: cpwx job list".said(within: 10)
    #expect(said == "cpwx: it\n      is\n      held\n  Wait for\n  it\n  Run: cpwx job list")
    #expect("cpwx: it is held".said(within: nil) == "cpwx: it is held")
  }

  @Test func `why jobs failed is told where there is room, and what a job made is named as its folder has it`() throws {
    try TestWorkspace.with([
      Stage("one", outputs: ["sub/one.out"], script: "mkdir \"$1/sub\"; echo 1 > \"$1/sub/one.out\""),
      Stage("two", number: 2, script: "echo no subtitles; exit 3"),
    ]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q").code == 1)
      let wide = try workspace.shown("job list", columns: 200)
      #expect(wide.first?.contains("ERROR") == true && wide.last?.contains("no subtitles") == true, "\(wide)")
      let outputs = try workspace.shown("manifest outputs latest", columns: 80)
      func words(_ line: String?) -> [Substring] { line?.split(separator: " ") ?? [] }
      #expect(words(outputs.first) == ["STAGE", "KEY", "SIZE", "BYTES", "THERE", "PATH"], "\(outputs)")
      #expect(Array(words(outputs.last).suffix(5)) == ["2", "B", "2", "yes", "sub/one.out"], "\(outputs)")
    }
  }

  @Test func `what a dry run of archiving cannot know has no column, and what it expects has one`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let lines = try workspace.shown("archive -n \(id)", columns: 200)
      #expect(lines.contains { $0.contains("ARCHIVE") && !$0.contains("FILE") }, "\(lines)")
    }
  }
}

extension String {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
