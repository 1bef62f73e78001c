import Foundation
import Index
import Jobs
import Synchronization
import SystemPackage
import Testing

@testable import cpwx

/// What the index says of archives, kept up or made anew.
struct ArchiveIndexTests {
  private func dump(_ workspace: TestWorkspace) throws -> [String] {
    #expect(try workspace.cpwx("job", "list").code == 0)
    let tables = ["jobs", "stages", "history", "inputs", "counts", "archives", "words"]
    return try tables.flatMap { table in
      let outcome = try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", "SELECT * FROM \(table)"]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome.lines.map { "\(table): \($0)" }.sorted()
    }
  }

  private func someArchived(_ body: (TestWorkspace, [String]) throws -> Void) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for title in ["Sholay (1975)", "शोले (1975)", "Anand (1971)", "Deewaar (1975)"] {
        try workspace.film(title + ".mp4", holding: title)
      }
      #expect(try workspace.cpwx("run").code == 0)
      let ids = workspace.jobs.map { String($0.split(separator: "/").last ?? "") }
      _ = try dump(workspace)
      #expect(try workspace.cpwx("archive", ids[0], ids[1]).code == 0)
      #expect(try workspace.cpwx("archive", "--keep", ids[2]).code == 0)
      #expect(try workspace.cpwx("archive", "--redact", ids[3]).code == 0)
      try body(workspace, ids)
    }
  }

  @Test func `how old archives are is told to people, beside the date`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      try workspace.complete(workspace.job(), daysAgo: 40.5)
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      for command in [["list"], ["prune", "--keep-last", "1"]] {
        let table = try workspace.start([CPWX.path, "archive"] + command).wait().lines
        #expect(table.first?.contains("DATE        AGE") == true, "\(table)")
        #expect(table.last?.contains("  40 days ago  ") == true, "\(table)")
        let rows = try workspace.start([CPWX.path, "archive"] + command + ["--format", "json"]).wait()
        #expect(try JSON(parsing: rows.output.utf8).array?.first?["age"] == nil)
      }
    }
  }

  @Test func `is written with a later job when it could not be for a while, and that is told once`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      let told = Mutex<[String]>([])
      let refresh = try workspace.refresh { text in told.withLock { $0.append(text) } }
      defer { refresh.close() }
      refresh.run()
      #expect(try workspace.indexedJobs() == "1\n")
      try workspace.move(".cpwx/index.lock", to: "index.lock")
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path(".cpwx/index.lock"), withDestinationPath: "nowhere/index.lock")
      try workspace.remove(workspace.job())
      for _ in 0..<2 { refresh.run() }
      #expect(try workspace.indexedJobs() == "1\n")
      let texts = told.withLock { $0.filter { $0.contains("the index could not be written") } }
      #expect(texts.count == 1, "\(texts)")
      try workspace.remove(".cpwx/index.lock")
      try workspace.move("index.lock", to: ".cpwx/index.lock")
      refresh.run()
      #expect(try workspace.indexedJobs() == "0\n")
    }
  }

  @Test func `is opened after a while when it could not be, and that is told once`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      #expect(try workspace.json("job", "list").array?.count == 1)
      let told = Mutex<[String]>([])
      let refresh = try workspace.refresh { text in told.withLock { $0.append(text) } }
      defer { refresh.close() }
      let obstacle = ".cpwx/index.sqlite-journal"
      try FileManager.default.createDirectory(
        atPath: workspace.path(obstacle), withIntermediateDirectories: false)
      refresh.run()
      try workspace.remove(workspace.job())
      try workspace.remove(obstacle)
      let end = ContinuousClock.now + .seconds(120)
      while try workspace.indexedJobs() == "1\n", ContinuousClock.now < end { refresh.run() }
      #expect(try workspace.indexedJobs() == "0\n")
      #expect(told.withLock { $0.count } == 1, "\(told.withLock { $0 })")
    }
  }

  @Test func `made anew it equals the one that was kept, row for row`() throws {
    try someArchived { workspace, ids in
      let kept = try dump(workspace)
      #expect(kept.filter { $0.hasPrefix("archives: ") }.count == 4)
      #expect(kept.filter { $0.hasPrefix("jobs: ") }.count == 4)
      #expect(try workspace.cpwx("job", "reindex").output == "4 jobs indexed\n")
      let anew = try dump(workspace)
      #expect(anew == kept, "\(anew.difference(from: kept).map { "\($0)" }.joined(separator: "\n"))")
      try workspace.remove(".cpwx/index.sqlite")
      #expect(try dump(workspace) == kept)
      #expect(try workspace.cpwx("archive", "restore", ids[0]).code == 0)
      #expect(try workspace.cpwx("archive", "prune", "--yes", ids[1]).code == 0)
      let moved = try dump(workspace)
      #expect(moved.filter { $0.hasPrefix("jobs: ") }.count == 3)
      #expect(try workspace.cpwx("job", "reindex").code == 0)
      #expect(try dump(workspace) == moved)
    }
  }

  @Test func `is made anew without the films and sounds in archives being read`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      func run(_ script: String, _ path: String) throws {
        let outcome = try workspace.start(["sh", "-ec", script, "sh", path]).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
      func lists() throws -> [JSON] { try [workspace.json("archive", "list"), workspace.json("job", "list")] }
      try run("head -c 3000000 /dev/urandom > \"$1/noise.bin\"", workspace.job())
      #expect(try workspace.cpwx("archive", id).code == 0)
      let kept = try lists()
      #expect(kept.map { $0.array?.count } == [1, 1])
      // In the midst of what does not compress.
      let spoil = "dd if=/dev/zero of=\"$1\" bs=1000000 seek=1 count=1 conv=notrunc"
      try run("touch -r \"$1\" time; \(spoil); touch -r time \"$1\"", workspace.archive())
      #expect(try workspace.cpwx("job", "reindex").output == "1 job indexed\n")
      #expect(try lists() == kept)
      try workspace.remove(".cpwx/index.sqlite")
      #expect(try lists() == kept)
      let verified = try workspace.cpwx("archive", "verify", id)
      #expect(verified.code == 65 && verified.output.contains("noise.bin"), "\(verified)")
    }
  }

  @Test func `every state change says who made it, an archive by its file's owner`() throws {
    try someArchived { workspace, ids in
      func ask(_ question: String) throws -> [String] {
        try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", question]).wait().lines
      }
      #expect(try workspace.cpwx("job", "list").code == 0)
      let own = try workspace.start(["id", "-un"]).wait().lines
      #expect(try ask("SELECT who FROM events WHERE event = 'archived'") == own + own + own)
      #expect(try ask("SELECT event, count(*) FROM events WHERE coalesce(who, '') = '' GROUP BY event") == [])
      if getuid() == 0 {
        let archive = try #require(workspace.tree("archive").first { $0.hasSuffix("/\(ids[0]).tar.zst") })
        #expect(chown(workspace.path("archive/" + archive), 1, 1) == 0)
        #expect(try workspace.cpwx("archive", "list").code == 0)
        #expect(try ask("SELECT count(DISTINCT who) FROM events WHERE event = 'archived'") == ["2"])
      }
    }
  }

  @Test func `archives are listed by words, user, date and size, and found when the index is lost`() throws {
    try someArchived { workspace, ids in
      func listed(_ arguments: String...) throws -> [String] {
        let outcome = try workspace.start([CPWX.path, "archive", "list", "--format", "json"] + arguments).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try JSON(parsing: Array(outcome.output.utf8)).array?.compactMap { $0["title"]?.string } ?? []
      }
      try workspace.remove(".cpwx/index.sqlite")
      #expect(try listed().count == 4)
      #expect(try listed("sholay") == ["Sholay"])
      #expect(try listed("शोले") == ["शोले"])
      #expect(try listed(ids[2]) == ["Anand"] || listed(ids[2]).count == 1)
      #expect(try listed("--user", "2").isEmpty)
      #expect(try listed("--since", "1d").count == 4)
      #expect(try listed("--until", "1d").isEmpty)
      #expect(try listed("--sort", "film").first == "Anand")
      #expect(try workspace.cpwx("archive", "list", "--sort", "colour").code == 64)
    }
  }

  @Test(arguments: [false, true])
  func `archives come in the order that is asked for, and the other way round`(isReversed: Bool) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      // In the order of the jobs; by name, by end and by size it is another each time.
      let films = [
        ("Deewaar", "2025-03-01", 50_000), ("Anand", "2025-01-01", 150_000), ("Sholay", "2025-02-01", 100_000),
      ]
      for (title, _, _) in films {
        try workspace.film("\(title) (1975).mp4", holding: title)
        #expect(try workspace.cpwx("run").code == 0)
      }
      for (job, film) in zip(workspace.jobs, films) {
        var manifest = try workspace.manifest(of: job)
        manifest["timing"]?["completed_at"] = .string(film.1 + "T12:00:00.000000")
        try workspace.write(job + "/manifest.json", Data(manifest.bytes()))
        let noise = "head -c \(film.2) /dev/urandom > \"$1/noise\""
        #expect(try workspace.start(["sh", "-c", noise, "sh", job]).wait().code == 0)
      }
      #expect(try workspace.cpwx("archive", "--older-than", "0s").code == 0)
      let orders = [
        "job": ["Sholay", "Anand", "Deewaar"], "film": ["Anand", "Deewaar", "Sholay"],
        "date": ["Deewaar", "Sholay", "Anand"], "size": ["Anand", "Sholay", "Deewaar"],
      ]
      for (key, titles) in orders {
        let arguments = [CPWX.path, "archive", "list", "--format", "json", "--sort", key]
        let outcome = try workspace.start(arguments + (isReversed ? ["--reverse"] : [])).wait()
        let found = try JSON(parsing: Array(outcome.output.utf8)).array?.compactMap { $0["title"]?.string }
        #expect(found == (isReversed ? titles.reversed() : titles), "\(key): \(outcome.errors)")
      }
    }
  }

  @Test(arguments: ["job list", "archive list"])
  func `an archive that is cut short in place is noticed by lists of jobs`(first: String) throws {
    try someArchived { workspace, ids in
      func status() throws -> [String?] {
        try workspace.json("job", "list", "--sort", "created", "--reverse").array?.map { $0["status"]?.string } ?? []
      }
      #expect(try status() == ["completed", "completed", "completed", "completed"])
      let path = try #require(workspace.archives.first { $0.contains(ids[0]) })
      let file = try FileHandle(forWritingTo: URL(filePath: workspace.path(path)))
      try file.truncate(atOffset: 100)
      try file.close()
      #expect(try workspace.start([CPWX.path] + first.split(separator: " ").map(String.init)).wait().code == 0)
      #expect(try status() == ["damaged", "completed", "completed", "completed"])
      #expect(try workspace.cpwx("job", "show", ids[0]).output.contains("damaged"))
      #expect(try workspace.cpwx("job", "why", ids[0]).output.contains("is damaged"))
    }
  }

  @Test func `archives that come and go by other hands are noticed`() throws {
    try someArchived { workspace, ids in
      #expect(try workspace.json("job", "list").array?.count == 4)
      let path = try #require(workspace.archives.first { $0.contains(ids[0]) })
      try workspace.move(path, to: "elsewhere.tar.zst")
      #expect(try workspace.json("job", "list").array?.count == 3)
      #expect(try workspace.json("archive", "list").array?.count == 3)
      try workspace.move("elsewhere.tar.zst", to: path)
      #expect(try workspace.json("job", "list").array?.count == 4)
      #expect(try workspace.cpwx("job", "show", ids[0]).output.contains(path))
    }
  }
}

extension TestWorkspace {
  /// What keeps its index up to date while archives are made.
  fileprivate func refresh(_ tell: @escaping @Sendable (String) -> Void) throws -> IndexRefresh {
    IndexRefresh(of: try Workspace(at: FilePath(root), environment: [:]), notice: IndexNotice(tell))
  }

  /// What the index has, without a look at the jobs.
  fileprivate func indexedJobs() throws -> String {
    try start(["sqlite3", "-readonly", ".cpwx/index.sqlite", "SELECT count(*) FROM jobs"]).wait().output
  }
}
