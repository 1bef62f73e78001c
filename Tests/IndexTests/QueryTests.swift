import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Index

@Suite struct `Jobs looked for` {
  private func site() throws -> IndexedWorkspace {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", title: "Sholay", year: 1975, seconds: 50)
    try site.job(
      "20260101-002", user: "2", title: "Amélie Poulain", year: 2001, status: "failed", stages: [("asr", "failed")],
      error: "CUDA out of memory", seconds: 10)
    try site.job("20260102-001", title: "शोले", year: 1975, seconds: 30)
    try site.job(
      "20260103-001", user: "10", title: "東京物語", year: 1953, status: "failed", stages: [("silero-vad", "failed")],
      seconds: 30)
    return site
  }

  private static let fitting: [(String, [String])] = [
    ("status=failed", ["20260103-001", "20260101-002"]), ("status!=failed", ["20260102-001", "20260101-001"]),
    ("user=2", ["20260101-002"]), ("user=1,10", ["20260103-001", "20260102-001", "20260101-001"]),
    ("year=1975", ["20260102-001", "20260101-001"]), ("year>=2000", ["20260101-002"]),
    ("title~amelie", ["20260101-002"]), ("title~poul am", ["20260101-002"]), ("stage=asr", ["20260101-002"]),
    ("stage=silero_vad", ["20260103-001"]), ("stage~silero_v", ["20260103-001"]), ("stage~O-VAD", ["20260103-001"]),
    ("error~cuda", ["20260101-002"]),
    ("error~memory CUDA", ["20260101-002"]), ("error~cuda nowhere", []),
    ("since=2026-01-02", ["20260103-001", "20260102-001"]), ("until=2026-01-01", []),
    ("id=20260101-001", ["20260101-001"]), ("input~sholay mkv", ["20260101-001"]),
    ("input~in/sho", ["20260101-001"]), ("input~SHO in/", ["20260101-001"]), ("input~out/sho", []),
    ("title~in/sholay", []),
    ("sha256=20260101001", ["20260101-001"]), ("sha256=20260101001,20260102", ["20260102-001", "20260101-001"]),
    ("sha256!=202601010", ["20260103-001", "20260102-001"]), ("id>=20260102", ["20260103-001", "20260102-001"]),
    ("id<=20260101-0001", ["20260101-001"]), ("id>=20260104", []),
  ]

  @Test(arguments: fitting)
  func `are those that a filter fits`(filter: String, expected: [String]) throws {
    #expect(try site().ids(filter) == expected)
  }

  @Test func `are as old as the clocks say that they were made by, whatever their zones`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", made: "23:30:00", in: "IST +05:30")
    try site.job("20260101-002", made: "13:30:00", in: "EST -05:00")
    try site.job("20260102-001", made: "03:00:00", in: "+05:45")
    try site.job("20251231-001", made: "23:50:00", in: "-12:00")
    let all = ["20260102-001", "20260101-002", "20260101-001", "20251231-001"]
    #expect(try site.ids("since=2026-01-01T18:15:00Z") == ["20260102-001", "20260101-002"])
    #expect(try site.ids("until=2026-01-01T18:15:00Z") == ["20260101-001", "20251231-001"])
    #expect(try site.ids("since=2026-01-01T11:50:00Z") == all)
    #expect(try site.ids("since=2026-01-01T11:50:01Z") == all.dropLast())
    #expect(try site.ids("since=2026-01-02T03:00:00+05:45", "until=2026-01-01T16:15:00-05:00") == ["20260102-001"])
  }

  @Test func `come in the order in which they were completed, whatever their zones`() throws {
    let site = try IndexedWorkspace()
    // Each at eleven, by its own clock.
    try site.job("20260101-001", in: "EST -05:00")
    try site.job("20260101-002", in: "UTC +00:00")
    try site.job("20260101-003", in: "IST +05:30")
    let expected = ["20260101-001", "20260101-002", "20260101-003"]
    #expect(try site.ids(order: .completed) == expected)
    #expect(try site.ids(order: .completed, ascending: true) == expected.reversed())
  }

  @Test(arguments: [true, false])
  func `come in the order of their titles' words, whatever their case and accents`(ascending: Bool) throws {
    let site = try IndexedWorkspace()
    let titles = [
      "Zorro", "amelie", "Amélie", "Élan", "Amelie", "Été", "zoo", "АННА", "анна", "Борис", "\u{45}\u{301}den", "Don",
    ]
    for (number, title) in titles.enumerated() { try site.job("20260101-\(101 + number)", title: title) }
    func named(_ ids: [String]) -> [String] { ids.compactMap { Int($0.suffix(3)).map { titles[$0 - 101] } } }
    let expected = [
      "amelie", "Amélie", "Amelie", "Don", "\u{45}\u{301}den", "Élan", "Été", "zoo", "Zorro", "АННА", "анна", "Борис",
    ]
    for length in [nil, 2] {
      let found = named(try site.pages(of: length, [], order: .title, ascending: ascending))
      #expect(found == (ascending ? expected : expected.reversed()))
    }
    // A title that has become another stands where that does; what asks for one means it to the letter.
    try site.job("20260101-101", title: "ça va")
    #expect(named(try site.ids(order: .title, ascending: true))[3] == "Zorro")
    #expect(named(try site.ids("title=amelie")) == ["amelie"])
    #expect(try site.ids("title=ça va") == ["20260101-101"] && site.ids("title=Zorro") == [])
  }

  @Test func `are as old as their days where they do not tell, and ordered by number where they are a thousand`() throws
  {
    let site = try IndexedWorkspace()
    try site.job("20260101-999")
    try site.file("out/2026/01/01/1/20260101-1000/manifest.json", #"{"status": "completed", "stages": []}"#)
    try site.file("out/2026/01/02/1/20260102-001/manifest.json", #"{"version": "1.0"#)
    #expect(try site.ids("since=2026-01-01") == ["20260102-001", "20260101-1000", "20260101-999"])
    #expect(try site.ids("since=2026-01-02") == ["20260102-001"])
    #expect(try site.ids("until=2026-01-01T23:00:00") == ["20260101-1000", "20260101-999"])
    // A date is the moment it begins.
    #expect(try site.ids("until=2026-01-02") == ["20260101-1000", "20260101-999"])
    #expect(try site.ids("until=2026-01-01") == [])
    #expect(try site.ids("id>=20260101-1000") == ["20260102-001", "20260101-1000"])
    #expect(try site.ids("id<=20260101-999") == ["20260101-999"])
  }

  @Test func `are named by a whole title that has commas`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", title: "Me, Myself & Irene")
    try site.job("20260101-002", title: "Me")
    #expect(try site.ids("title=Me, Myself & Irene") == ["20260101-002", "20260101-001"])
    #expect(try site.ids("title!=Me, Myself & Irene") == [])
  }

  @Test func `are found by words, hash and place at once`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", title: "20260101 Facade")
    #expect(try site.find("20260101") == ["20260101-001"])
    try site.job("20260101-002", title: "Sholay")
    #expect(try site.find("20260101") == ["20260101-002", "20260101-001"])
    #expect(try site.find("facade") == ["20260101-001"])
    for path in ["in/Sholay.mkv", "./in/../in/Sholay.mkv", site.path("in/Sholay.mkv").string] {
      #expect(try site.find(path) == ["20260101-002"], "\(path)")
    }
    #expect(try site.find("out/Sholay.mkv") == [])
  }

  @Test func `must fit all filters`() throws {
    #expect(try site().ids("status=failed", "user=2") == ["20260101-002"])
    #expect(try site().ids("status=failed", "user=1") == [])
  }

  @Test(arguments: [
    "", "status", "colour=red", "status=fialed", "year=soon", "since=whenever", "user>=2", "=x", "status=",
    "title~", "sha256=xyz", "year>=1990,2002", "id>=2026", "id<=20260101-001,20260101-002",
  ])
  func `are not looked for by a filter that is none`(filter: String) async throws {
    try await expectError(.usage) { _ = try JobFilter(filter) }
  }

  @Test func `are found by words in any order and script, by input and by content`() throws {
    let site = try site()
    #expect(try site.find("poulain AMELIE") == ["20260101-002"])
    #expect(try site.find("शोले") == ["20260102-001"])
    #expect(try site.find("京物") == ["20260103-001"])
    #expect(try site.find("shol") == ["20260101-001"])
    #expect(try site.find("20260102001abc") == ["20260102-001"])
    #expect(try site.find("nothing like it") == [])
    #expect(try site.find("\" OR title:*") == [])
  }

  @Test(arguments: [true, false])
  func `are paged by any order where most of them are asked for, and where few are`(ascending: Bool) throws {
    let site = try IndexedWorkspace()
    for number in 101...315 {
      let title = number % 40 == 0 ? "Day" : "Night \(number)"
      let (user, status) = (number % 50 == 0 ? "2" : "1", number % 60 == 0 ? "failed" : "completed")
      let seconds = Double(number * 7919 % 97)
      let stages = [("demux", status == "failed" ? "failed" : "success")]
      try site.job("20260101-\(number)", user: user, title: title, status: status, stages: stages, seconds: seconds)
    }
    let asked = [
      "title~night", "user=1", "title~night user=1", "status=completed user=1", "status=completed,failed", "user=2",
    ]
    for filters in asked.map({ $0.split(separator: " ").map(String.init) }) {
      for order in [JobQuery.Order.duration, .created] {
        let all = try site.pages(of: nil, filters, order: order, ascending: ascending)
        #expect(filters == ["user=2"] ? all.count == 4 : all.count > 200)
        #expect(try site.pages(of: 30, filters, order: order, ascending: ascending) == all, "\(filters) \(order)")
      }
    }
  }

  /// Looked for one by one on the way along an order, and all at once.
  @Test(arguments: [true, false])
  func `have the same words in their titles in any order, in any script, be they many or few`(ascending: Bool) throws {
    let site = try IndexedWorkspace()
    let titles = [
      "Amélie 2", "AMELIA", "L'Avventura", "शोले", "शोर", "東京物語", "Москва", "Night & Day", "Night 🎬 Day", "Knight", "",
    ]
    for number in 101...260 {
      let title = number % 5 == 0 ? titles[number / 5 % titles.count] : "Other \(number)"
      let seconds = number % 3 == 0 ? nil : Double(number * 7919 % 23)
      try site.job("20260101-\(number)", user: number % 2 == 0 ? "2" : "1", title: title, seconds: seconds)
    }
    let words = ["amel", "l'avv", "शो", "京物", "моск", "night and", "🎬", "nothing"]
    for filters in words.map({ ["title~\($0)"] }) + [["title~other", "user=2"]] {
      let all = Set(try site.pages(of: nil, filters, order: .created, ascending: ascending))
      for order in [JobQuery.Order.duration, .year] {
        let ordered = try site.pages(of: nil, filters, order: order, ascending: ascending)
        #expect(Set(ordered) == all && ordered.count == all.count, "\(filters) \(order)")
        // A page of one may not be met soon where few have a word; one of thirty is.
        for length in all.count > 10 ? [30] : [1, 100] {
          #expect(try site.pages(of: length, filters, order: order, ascending: ascending) == ordered, "\(filters)")
        }
      }
    }
    #expect(try site.pages(of: 1, ["title~शो"], order: .duration, ascending: ascending).count == 6)
  }

  @Test(arguments: [true, false])
  func `are paged by any order where none is completed, be they many of those or few`(ascending: Bool) throws {
    let site = try IndexedWorkspace()
    for number in 101...200 {
      let status = number % 10 == 0 ? "interrupted" : number % 2 == 0 ? "failed" : "completed"
      let (user, seconds) = (number % 7 == 0 ? "2" : "1", number % 6 == 0 ? nil : Double(number * 7919 % 23))
      try site.job(
        "20260101-\(number)", user: user, title: "Night \(number % 23)", status: status,
        stages: [("demux", "success"), ("asr", status == "completed" ? "success" : status)], seconds: seconds)
    }
    let asked = [("status=failed", 40), ("status=interrupted", 10), ("status=failed,interrupted", 50)]
    for (filter, count) in asked {
      for order in JobQuery.Order.allCases {
        let all = try site.pages(of: nil, [filter], order: order, ascending: ascending)
        #expect(all.count == count)
        #expect(try site.pages(of: 12, [filter], order: order, ascending: ascending) == all, "\(filter) \(order)")
        let ofUser = try site.pages(of: nil, [filter, "user=1"], order: order, ascending: ascending)
        #expect(try site.pages(of: 12, [filter, "user=1"], order: order, ascending: ascending) == ofUser)
      }
    }
  }

  @Test func `are reckoned over by the nearest rank and the true middle, however their times lie`() {
    var random = SplitMix64(seed: 3)
    for count in 0..<120 {
      let values = (0..<count).map { _ in Double(random.upTo(count % 7 == 0 ? 2 : 1000)) }
      for percent in [0, 50, 95, 100] {
        var unsorted = values
        #expect(unsorted.takePercentile(percent) == values.sorted().percentile(percent))
        #expect(unsorted.sorted() == values.sorted())
      }
      var unsorted = values
      let sorted = values.sorted()
      #expect(unsorted.takeMedian() == (count == 0 ? nil : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2))
    }
  }

  @Test func `have their stages' times told, in either spelling of a name`() throws {
    let site = try site()
    try site.job("20260104-001", stages: [("demux", "success"), ("silero_vad", "success")])
    let all = try site.look { try $0.statistics([]) }
    #expect(all.jobs == 5 && all.successRate == 3.0 / 5)
    #expect(Set(all.stages.map(\.name)) == ["demux", "asr", "silero_vad", "mux"])
    let vad = all.stages.first { $0.name == "silero_vad" }
    #expect(vad?.succeeded == 1 && vad?.failed == 1 && vad?.median == 2.5 && vad?.longestJob == "20260104-001")
    #expect(all.causes.map(\.text) == ["boom", "CUDA out of memory"])
    #expect(all.causes.map(\.latestJob) == ["20260103-001", "20260101-002"])
    let some = try site.look { try $0.statistics([JobFilter("year=1975"), JobFilter("status=completed")]) }
    #expect(some.jobs == 3 && some.successRate == 1 && some.causes.isEmpty)
    #expect(some.stages.first { $0.name == "demux" }?.succeeded == 3)
  }

  @Test func `fail of one cause in either spelling of a stage's name`() throws {
    let site = try site()
    try site.job("20260104-001", status: "failed", stages: [("silero_vad", "failed")])
    let causes = try site.look { try $0.statistics([]) }.causes
    #expect(causes.map(\.stage) == ["silero_vad", "asr"] && causes.map(\.jobs) == [2, 1])
    #expect(causes.first?.latestJob == "20260104-001")
  }

  @Test func `count a stage's failures also where it may fail and the job came through`() throws {
    let site = try IndexedWorkspace()
    func file(_ id: String, _ tmdb: String) throws {
      try site.file(
        "out/2026/01/01/1/\(id)/manifest.json",
        #"{"stages": {"tmdb": {\#(tmdb)}, "mux": {"status": "success"}}, "pipeline": {"status": "completed"}}"#)
    }
    let failure = #""reason": "optional, and failed: exit code 3", "error": "no network""#
    try file("20260101-001", #""status": "skipped", \#(failure)"#)
    try file("20260101-002", #""status": "skipped", "reason": "STEP_TMDB_METADATA=false""#)
    try file("20260101-003", #""status": "success", "duration_seconds": 2"#)
    let all = try site.look { try $0.statistics([]) }
    let tmdb = all.stages.first { $0.name == "tmdb" }
    #expect(tmdb?.failed == 1 && tmdb?.succeeded == 1)
    #expect(all.successRate == 1 && all.causes.isEmpty)
  }

  @Test(arguments: JobQuery.Order.allCases, [true, false])
  func `stand on one page each, in any order`(order: JobQuery.Order, ascending: Bool) throws {
    let site = try site()
    try site.file("out/2026/01/04/1/20260104-001/x", "")
    try site.file("out/2026/01/04/1/20260104-002/x", "")
    let all = try site.ids(order: order, ascending: ascending)
    #expect(Set(all).count == 6)
    var paged: [String] = []
    var query = JobQuery()
    (query.order, query.ascending, query.limit) = (order, ascending, 1)
    while let job = try site.look({ try $0.page(query) }).first {
      paged.append(job.jobID)
      query.after = job.folder
      guard paged.count < 10 else { break }
    }
    #expect(paged == all)
  }
}
