import Foundation
import Testing

/// Job numbers: one writer at a time over all processes and users, and none given twice.
struct AllocationTests {
  private static let jobsPerLoop = 250

  @Test func `eight loops and three runs at once get every number exactly once`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let loop = """
        i=0
        while [ $i -lt \(Self.jobsPerLoop) ]; do "$0" job create --user "$1" || exit 1; i=$((i + 1)); done
        """
      let loops = try (0..<8).map { index in
        try workspace.start(["sh", "-c", loop, CPWX.path, String(index % 3 + 1)])
      }
      let runs = try (1...3).map { user in
        let film = try workspace.film("Film \(user).mp4", holding: "film \(user)")
        return try workspace.startCPWX("run", "-q", film, "--user", String(user))
      }
      // A busy disk takes a second for some of them, and each waits for the one before.
      let outcomes = try loops.map { try $0.wait(atMost: 3000) }
      for outcome in outcomes { #expect(outcome.code == 0, "\(outcome.errors)") }
      for run in runs { #expect(try run.wait(atMost: 3000).code == 0) }

      let printed = outcomes.flatMap(\.lines)
      #expect(printed.count == 8 * Self.jobsPerLoop)
      #expect(Set(printed).count == printed.count)
      let onDisk = workspace.jobs.map { ($0 as NSString).lastPathComponent }
      #expect(onDisk.count == printed.count + 3)
      #expect(Set(onDisk).isSuperset(of: printed))
      for (day, ids) in Dictionary(grouping: onDisk, by: { $0.prefix(8) }) {
        #expect(ids.compactMap { Int($0.dropFirst(9)) }.sorted() == Array(1...ids.count), "a gap on \(day)")
      }
    }
  }

  @Test func `two loops at midnight get every number of both days exactly once`() throws {
    try TestWorkspace.with { workspace in
      let script = """
        loop() {
          made=0
          while [ $made -lt 12 ]; do
            id=$("$0" job create) || exit 1
            echo "$id"
            case $id in 20251031-*) made=$((made + 1)) ;; esac
          done
        }
        loop & first=$!
        loop && wait $first
        """
      // Ten minutes before the end of 2025-10-30, until there are jobs of that day: a slow disk takes seconds for one.
      let before = 1_761_868_200 - Int(Date().timeIntervalSince1970)
      for (name, offset) in [("clock", before), ("behind", before + 1200)] {
        try workspace.write(name, (offset < 0 ? "" : "+") + "\(offset)\n")
      }
      let clock = ["FAKETIME_TIMESTAMP_FILE=\(workspace.path("clock"))", "FAKETIME_NO_CACHE=1", "NO_FAKE_STAT=1"]
      let faketime = ["faketime", "-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME"] + clock
      let loops = try workspace.start(
        faketime + ["sh", "-c", script, CPWX.besideTests], environment: ["TZ": "UTC"])
      workspace.atEnd { kill(-loops.pid, SIGKILL) }
      #expect(eventually { loops.outputSoFar.split(separator: "\n").count >= 6 })
      #expect(rename(workspace.path("behind"), workspace.path("clock")) == 0)
      let outcome = try loops.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let printed = outcome.lines
      let days = Dictionary(grouping: printed) { $0.prefix(8) }
      #expect(days.keys.sorted() == ["20251030", "20251031"])
      for (day, ids) in days {
        #expect(ids.compactMap { Int($0.dropFirst(9)) }.sorted() == Array(1...ids.count), "a gap on \(day)")
      }
      let folders = workspace.jobs.map { $0.dropFirst(workspace.path("out/").count) }
      #expect(
        folders.sorted()
          == printed.map { "2025/10/\($0.dropFirst(6).prefix(2))/1/\($0)" }.map { Substring($0) }.sorted())
    }
  }

  @Test func `a number is not given again when its job's folder and logs are gone`() throws {
    try TestWorkspace.with { workspace in
      try workspace.cpwx("job", "create")
      let second = try workspace.cpwx("job", "create").lines[0]
      let folder = try #require(workspace.jobs.last)
      #expect(folder.hasSuffix(second))
      try workspace.remove(folder)
      try workspace.remove("logs" + folder.dropFirst(workspace.path("out").count))
      try workspace.remove("config/.env.job_\(second)")
      let third = try workspace.cpwx("job", "create").lines[0]
      #expect(third == second.dropLast(1) + "3")
    }
  }

  @Test(arguments: ["out/%/9/@-041", "logs/%/9/@-041", "archive/%/9/@-041.cpwxa", "config/.env.job_@-041"])
  func `numbers that only the trees remember are not given again`(place: String) throws {
    try TestWorkspace.with { workspace in
      let first = try workspace.cpwx("job", "create").lines[0]
      let day = String(first.prefix(8))
      let folders = "\(day.prefix(4))/\(day.dropFirst(4).prefix(2))/\(day.suffix(2))"
      try workspace.write(place.replacing("%", with: folders).replacing("@", with: day) + "/keep", "")
      #expect(try workspace.cpwx("job", "create").lines == ["\(day)-042"])
    }
  }

  @Test func `a run sees the jobs that other programs make meanwhile, on a day of thousands of jobs too`() throws {
    let other = Stage(
      "other",
      script: """
        case "$1" in
          *-16003) mkdir "$(echo "$1" | sed 's/16003$/16900/')" ;;
          *-16901) mkdir "$(echo "$1" | sed 's,/out/,/logs/,; s/16901$/16950/')" ;;
        esac
        """)
    try TestWorkspace.with([other]) { workspace in
      let day = try workspace.cpwx("job", "create").lines[0].prefix(8)
      let user = (workspace.jobs[0] as NSString).deletingLastPathComponent
      let logs = user.replacing("/out/", with: "/logs/")
      for number in 1001...16000 { #expect(mkdir("\(logs)/\(day)-\(number)", 0o755) == 0) }
      for number in 1...5 { try workspace.film("Film \(number).mp4", holding: "film \(number)") }
      #expect(try workspace.cpwx("run", "-q", "in", "--jobs", "1").code == 0)
      let made = workspace.jobs.filter { workspace.exists("\($0)/job_info.json") }
      #expect(
        made.compactMap { $0.split(separator: "-").last } == ["001", "16001", "16002", "16003", "16901", "16951"])
    }
  }

  @Test func `numbers grow past 999 and stay in order`() throws {
    try TestWorkspace.with { workspace in
      let day = try workspace.cpwx("job", "create").lines[0].prefix(8)
      let user = (workspace.jobs[0] as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(
        atPath: user + "/\(day)-999", withIntermediateDirectories: true)
      #expect(try workspace.cpwx("job", "create").lines == ["\(day)-1000"])
      #expect(try workspace.cpwx("job", "path", "latest").output.hasSuffix("/\(day)-1000\n"))
    }
  }
}
