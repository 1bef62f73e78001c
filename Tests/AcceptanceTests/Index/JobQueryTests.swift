import Foundation
import Jobs
import Testing
import TextWidth

/// `cpwx job list|find|why|stats|reindex`: what admins ask about their jobs.
struct JobQueryTests {
  /// Two films that came through, one of which took two runs, and one that failed.
  private func night(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with([
      .making("demux"), Stage("asr", script: "test ! -e bad || { echo 'no memory at 0x7f12'; exit 3; }"),
    ]) {
      workspace in
      try workspace.film("Amélie (2001).mkv", holding: "one")
      try workspace.write("bad", "")
      try workspace.cpwx("run")
      try workspace.remove("bad")
      try workspace.film("शोले (1975).mkv", holding: "two")
      try workspace.cpwx("run")
      try workspace.write("bad", "")
      try workspace.film("東京物語 (1953).mkv", holding: "three")
      try workspace.cpwx("run", "--user", "2", "in/東京物語 (1953).mkv")
      try body(workspace)
    }
  }

  private func ids(_ workspace: TestWorkspace, _ arguments: String...) throws -> [String] {
    let outcome = try workspace.start([CPWX.path, "job"] + arguments + ["--format", "ndjson"]).wait()
    #expect(outcome.errors == "")
    return try outcome.lines.map { try JSON(parsing: $0.utf8)["job_id"]?.string?.suffix(3).description ?? "" }
  }

  @Test func `list filters, sorts, cuts pages and chooses columns`() throws {
    try night { workspace in
      #expect(try ids(workspace, "list") == ["003", "002", "001"])
      #expect(try ids(workspace, "list", "status=failed") == ["003"])
      #expect(try ids(workspace, "list", "user=1", "year<=1980") == ["002"])
      #expect(try ids(workspace, "list", "stage=asr", "since=1h") == ["003"])
      #expect(try ids(workspace, "list", "--sort", "year") == ["001", "002", "003"])
      #expect(try ids(workspace, "list", "--sort", "title", "--reverse") == ["003", "002", "001"])
      #expect(try ids(workspace, "list", "--limit", "2") == ["003", "002"])
      #expect(try ids(workspace, "list", "--limit", "2", "--after", "latest~1") == ["001"])
      let table = try workspace.cpwx("job", "list", "--columns", "title,STATUS", "--limit", "1").lines
      #expect(table == ["TITLE     STATUS", "東京物語  failed"])
      let csv = try workspace.cpwx("job", "list", "--columns", "title,year", "--format", "csv").lines
      #expect(csv == ["title,year", "東京物語,1953", "शोले,1975", "Amélie,2001"])
    }
  }

  @Test func `jobs are as old as they are, whatever the zone of who made them and of who asks`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", environment: ["TZ": "UTC"]).code == 0)
      for zone in ["UTC", "Asia/Kolkata", "America/New_York"] {
        func count(_ filter: String) throws -> Int {
          try workspace.cpwx("job", "list", filter, "--format", "ndjson", environment: ["TZ": zone]).lines.count
        }
        #expect(try count("since=1h") == 1, "\(zone)")
        #expect(try count("until=1h") == 0, "\(zone)")
      }
      let row = try JSON(parsing: try workspace.cpwx("job", "list", "--format", "json").output.utf8).array?.first
      #expect(row?["timezone"]?.string == "UTC +00:00")
      let id = row?["job_id"]?.string ?? ""
      #expect(try workspace.cpwx("archive", id, environment: ["TZ": "UTC"]).code == 0)
      for (zone, option, listed) in [
        ("Asia/Kolkata", "--since", 1), ("America/New_York", "--until", 0), ("America/New_York", "--since", 1),
      ] {
        let found = try workspace.cpwx(
          "archive", "list", option, "1h", "--format", "ndjson", environment: ["TZ": zone])
        #expect(found.lines.count == listed, "\(zone) \(option)")
      }
    }
  }

  @Test(arguments: [
    ["list", "statsu=failed"], ["list", "status=fialed"], ["list", "--sort", "size"], ["list", "--columns", "tilte"],
    ["list", "--limit=-1"], ["list", "--limit", "-1"], ["find", "--limit", "-1", "film"],
    ["list", "--after", "nothing"], ["stats", "x"],
  ])
  func `a mistake in a question is told of, with what was meant`(arguments: [String]) throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.start([CPWX.path, "job"] + arguments).wait()
      #expect(outcome.code == 64)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains(/Did you mean|such job|number from 0|is no filter|to sort by/))
    }
  }

  @Test func `colour comes on demand, and never into pipes by itself`() throws {
    try night { workspace in
      let red = "\u{1B}[31mfailed\u{1B}[0m"
      let plain = try workspace.cpwx("job", "list").output
      let painted = try workspace.cpwx("job", "list", "--color", "always").output
      #expect(plain.contains("failed") && !plain.contains(red))
      #expect(painted.contains(red))
    }
  }

  @Test(arguments: [
    (140, "JOB USER STATUS TITLE YEAR STAGE CREATED AGE ERROR"), (78, "JOB USER STATUS TITLE YEAR STAGE CREATED"),
    (60, "JOB STATUS TITLE STAGE CREATED"),
    (40, "JOB STATUS TITLE STAGE"), (30, "JOB STATUS TITLE"),
  ])
  func `a table fits the terminal, and spares what can be spared first`(width: Int, headings: String) throws {
    try night { workspace in
      func lines(_ arguments: String) throws -> [String] {
        let command = "stty cols \(width); exec '\(CPWX.path)' job \(arguments)"
        let shown = try workspace.start(
          ["script", "-qec", command, "/dev/null"], environment: ["TERM": "xterm", "NO_COLOR": "1"]
        ).wait()
        #expect(shown.code == 0)
        return shown.output.split(whereSeparator: \.isNewline).map(String.init)
      }
      for list in [try lines("list"), try lines("list --columns user,job,created,input,error"), try lines("stats")] {
        #expect(
          list.allSatisfy { $0.displayWidth <= width || $0.hasPrefix("Jobs ") || $0.hasPrefix("Success ") }, "\(list)")
      }
      let usual = try lines("list")
      #expect(usual.count == 4)
      #expect(usual[0].split(separator: " ").joined(separator: " ") == headings)
      let asked = try lines("list --columns job,user,year,created")[0]
      #expect(asked.split(separator: " ").count == 4, "what is asked for is not left out")
    }
  }

  @Test func `how long ago a job was made is told beside when, to people alone`() throws {
    try TestWorkspace.with { workspace in
      let id = "20110115-001"
      try workspace.write(
        "out/2011/01/15/1/\(id)/manifest.json", #"{"job_id": "\#(id)", "created_at": "2011-01-15T10:00:00.000000"}"#)
      let table = try workspace.cpwx("job", "list").lines
      #expect(table.first?.contains("CREATED           AGE") == true, "\(table)")
      #expect(table.last?.contains(/2011-01-15 10:00  \d+ days ago/) == true, "\(table)")
      #expect(try workspace.cpwx("job", "list", "--format", "plain").output.contains(/\nAGE: \d+ days ago\n/))
      let csv = try workspace.cpwx("job", "list", "--columns", "job,age", "--format", "csv").lines
      #expect(csv == ["job_id,created_at", "\(id),2011-01-15T10:00:00.000000"])
    }
  }

  @Test func `columns stand under each other, whatever the scripts and pictures in titles`() throws {
    // Each with the columns that it takes on a terminal, counted by hand.
    let titles = [
      ("Plain", 5), ("東京物語", 8), ("शोले", 2), ("कार्तिक आर्यन", 7), ("🎬 Cut", 6), ("👨‍👩‍👧 Home", 7), ("Ame\u{301}lie", 6),
      ("I ❤️ NY", 7), ("Jai 🇮🇳", 6), ("👍🏽", 2), ("ｶﾅ", 2), ("한국", 4),
    ]
    try TestWorkspace.with { workspace in
      for (number, title) in titles.enumerated() {
        let id = "20260115-\(101 + number)"
        try workspace.write(
          "out/2026/01/15/1/\(id)/manifest.json",
          #"{"job_id": "\#(id)", "input": {"file": "in/\#(number).mkv", "title": "\#(title.0)", "year": 2001}}"#)
      }
      let table = try workspace.cpwx("job", "list", "--columns", "title,status", "--sort", "created", "--reverse").lines
      #expect(table.count == titles.count + 1)
      #expect(table.first == "TITLE     STATUS")
      for ((title, width), line) in zip(titles, table.dropFirst()) {
        #expect(line == title + String(repeating: " ", count: 8 - width + 2) + "pending")
      }
    }
  }

  @Test func `csv is read back as it was written, whatever a title holds`() throws {
    let titles = [
      "two\nlines", "cut\rshort", "both\r\nends", "one, two", "said \"so\"", "said \"\u{301}so", "a,\u{301}b", "\"", "",
    ]
    try TestWorkspace.with { workspace in
      for (number, title) in titles.enumerated() {
        let id = "20260115-\(101 + number)"
        let manifest: JSON = [
          "job_id": .string(id), "timezone": .string("UTC +00:00"),
          "input": ["file": .string("in/\(number).mkv"), "title": .string(title)],
        ]
        try workspace.write("out/2026/01/15/1/\(id)/manifest.json", manifest.text(.compact))
      }
      let reader = """
        import csv, json
        rows = list(csv.DictReader(open(0, newline="", encoding="utf-8"), strict=True))
        print(json.dumps([row["title"] for row in rows if row["status"] == "pending"]))
        """
      let pipe = "\"$0\" job list --reverse --format csv | python3 -c \"$1\""
      let read = try workspace.start(["sh", "-c", pipe, CPWX.path, reader]).wait()
      #expect(read.code == 0, "\(read.errors)")
      #expect(try JSON(parsing: read.output.utf8).array?.compactMap(\.string) == titles, "\(read.output)")
    }
  }

  @Test func `find looks for words of any script, file names and contents`() throws {
    try night { workspace in
      #expect(try ids(workspace, "find", "AMELIE") == ["001"])
      #expect(try ids(workspace, "find", "शोले") == ["002"])
      #expect(try ids(workspace, "find", "1953", "物語", "mkv") == ["003"])
      let hash = try workspace.manifest(of: workspace.jobs[1])["input"]?["sha256"]?.string ?? ""
      #expect(try ids(workspace, "find", hash) == ["002"])
      #expect(try workspace.cpwx("job", "find", "nothing").code == 1)
    }
  }

  @Test func `at a terminal it is said that more were found than are shown`() throws {
    try night { workspace in
      #expect(try ids(workspace, "find", "mkv", "--limit", "2") == ["003", "002"])
      let some = try workspace.shown("job find mkv --limit 2", columns: 100)
      #expect(some.count == 4 && some.last == "There are more: --limit 0 for all.", "\(some)")
      for limit in ["3", "0", "9223372036854775807"] {
        let all = try workspace.shown("job find mkv --limit \(limit)", columns: 100)
        #expect(all.count == 4 && all.last?.contains("Am") == true, "\(limit): \(all)")
      }
    }
  }

  @Test func `why says what happened, what was run again, and what comes next`() throws {
    try night { workspace in
      let why = try workspace.cpwx("job", "why", "latest~2").output
      #expect(why.contains("ran (no job of this film yet), was taken up again (") && why.contains(" and completed;"))
      #expect(why.contains("asr failed: ") && why.contains("asr ran again (attempt 2): it failed"))
      #expect(why.contains("a run now would leave it as it is"))
      #expect(try workspace.cpwx("job", "why", "latest").output.contains("a run now would try it again"))
      try workspace.film("New (2020).mp4", holding: "four")
      #expect(try workspace.cpwx("job", "why", "in/New (2020).mp4").output.contains("a run now would make a job of it"))
      #expect(try workspace.cpwx("run", "--min-free", "9999T").code == 75)
      let held = try workspace.cpwx("job", "why", "in/New (2020).mp4").output
      #expect(
        held.contains("was held by the batch of ") && held.contains("a run now would make a job of it"), "\(held)")
      let none = try workspace.cpwx("job", "why", "in/Nothing.mp4")
      #expect(none.code == 64 && none.errors.contains("no such file"))
      let json = try JSON(parsing: workspace.cpwx("job", "why", "latest", "--format", "json").output.utf8)
      #expect(json["decision"]?.string == "retry")
      #expect(json["history"]?.array?.isEmpty == false)
    }
  }

  @Test func `why tells of a film that is gone and of damaged records, without reading all jobs`() throws {
    try night { workspace in
      let input = try workspace.manifest(of: workspace.jobs[1])["input"]?["file"]?.string ?? ""
      try workspace.remove(input)
      let gone = try workspace.cpwx("job", "why", "latest~1")
      #expect(gone.code == 0 && gone.output.contains("a run now could not go on with it"), "\(gone)")
      #expect(!gone.errors.contains("files are read for this look"))
      #expect(try workspace.cpwx("job", "why", input).output.contains("completed"))
      try workspace.write(workspace.jobs[2] + "/manifest.json", #"{"version": "1.0"#)
      #expect(try workspace.cpwx("job", "why", "latest").output.contains("is damaged"))
    }
  }

  @Test func `why says of a film what a dry run of the night says`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film("Sholay (1975).mkv")
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.write("in/.cpwxignore", "Ign*\n")
      func why(_ subject: String, in place: String? = nil) throws -> String {
        let outcome = try workspace.start([CPWX.path, "job", "why", subject], in: place).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      }
      #expect(try why("./Sholay (1975).mkv", in: workspace.path("in")).contains("a run now would leave it as it is"))
      try workspace.film("Ignored.mkv", holding: "other")
      #expect(try why("in/Ignored.mkv").contains("leave it as it is: ignored by in/.cpwxignore"))
      try workspace.film(".hid.mkv", holding: "hidden")
      #expect(try why("in/.hid.mkv").contains("leave it as it is: hidden"))
      try workspace.film("Part.mkv.part", holding: "half")
      #expect(try why("in/Part.mkv.part").contains("wait for the file: a copy under way"))
      try workspace.declare([Stage("one", script: "echo otherwise")])
      let plan = try workspace.cpwx("run", "-n")
      #expect(plan.output.contains("skip"))
      #expect(try why("latest").contains("leave it as it is"))
      try workspace.move(film, to: "in/New.mkv")
      #expect(try why("in/New.mkv").contains("leave it as it is"))
    }
  }

  @Test func `stats count, time and group failures by cause`() throws {
    try night { workspace in
      let json = try JSON(parsing: workspace.cpwx("job", "stats", "--format", "json").output.utf8)
      #expect(json["jobs"]?.int == 3)
      #expect(json["by_status"] == ["completed": .int(2), "failed": .int(1)])
      #expect(json["stages"]?.array?.map { $0["stage_name"]?.string } == ["demux", "asr"])
      #expect(json["stages"]?.array?.last?["failed"]?.int == 1)
      #expect(json["failures"]?.array?.first?["jobs"]?.int == 1)
      #expect(json["failures"]?.array?.first?["stage"]?.string == "asr")
      let mine = try JSON(parsing: workspace.cpwx("job", "stats", "user=1", "--format", "json").output.utf8)
      #expect(mine["jobs"]?.int == 2)
      #expect(try workspace.cpwx("job", "stats").output.contains("66.7 % of the jobs that ended"))
    }
  }
}
