import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

struct TMDBStageTests {
  /// Runs the stage against the server and returns what it wrote.
  private func lookUp(
    _ title: String, _ year: String? = nil, key: String, _ more: [String: String] = [:],
    check: @Sendable (TemporaryJob, HTTPServer) async throws -> Void
  ) async throws {
    let job = try TemporaryJob()
    try await HTTPServer.with(job.workspace) { server in
      let settings = ["TMDB_BASE_URL": server.base, "TMDB_API_KEY": key, "TMDB_LANGUAGE": "hi-IN"].merging(more) { $1 }
      let lines = settings.map { "\($0.key)=\($0.value)\n" }.joined()
      try job.write(lines, to: job.workspace.pushing("config/.env.job_20251030-001"))
      try await TMDBStage.run([job.folder.string, title] + (year.map { [$0] } ?? []), environment: job.environment)
      try await check(job, server)
    }
  }

  @Test(arguments: ["good", "flaky", "aaa.bbb.ccc"])
  func `the film is found, also at the second attempt and with the longer key`(key: String) async throws {
    try await lookUp("Sholay", "1976", key: key) { job, server in
      let facts = try job.json("metadata/tmdb_data.json")
      #expect(facts["source"] == .string("tmdb"))
      #expect(facts["cast"]?.array?.first?["character"] == .string("Gabbar Singh"))
      #expect(try job.text("prompts/tmdb_prompt.txt") == "Sholay (1975). Gabbar Singh, Amjad Khan.\n")
      let asked = String(decoding: try DurableFile.read(server.log), as: UTF8.self)
      #expect(asked.contains("language=hi-IN") && asked.contains("append_to_response=credits"))
      #expect(asked.contains("Bearer aaa.bbb.ccc") == (key == "aaa.bbb.ccc"))
    }
  }

  @Test func `a film that TMDB does not know is described by its file name`() async throws {
    try await lookUp("-Ünknown \"film\" & more", "2001", key: "good") { job, _ in
      let facts = try job.json("metadata/tmdb_data.json")
      #expect(facts["source"] == .string("file name"))
      #expect(facts["title"] == .string("-Ünknown \"film\" & more"))
      #expect(facts["year"] == .int(2001))
    }
  }

  @Test(arguments: ["busy", "html"])
  func `a service that gives no answer does not stop the job`(key: String) async throws {
    try await lookUp("Sholay", key: key) { job, _ in
      let facts = try job.json("metadata/tmdb_data.json")
      #expect(facts["source"] == .string("file name"))
      #expect(facts["notes"]?.array?.first?.string?.hasPrefix("TMDB could not be asked") == true)
    }
  }

  @Test(arguments: ["HTTPS_PROXY", "https_proxy"])
  func `TMDB is asked through the proxy that is set`(key: String) async throws {
    let job = try TemporaryJob()
    try await HTTPServer.with(job.workspace) { server in
      try job.write(
        "TMDB_BASE_URL=http://nowhere.invalid/3\nTMDB_API_KEY=good\n\(key)=http://127.0.0.1:\(server.port)\n",
        to: job.workspace.pushing("config/.env.job_20251030-001"))
      try await TMDBStage.run([job.folder.string, "Sholay", "1975"], environment: job.environment)
      #expect(try job.json("metadata/tmdb_data.json")["source"] == .string("tmdb"))
      let asked = String(decoding: try DurableFile.read(server.log), as: UTF8.self)
      #expect(asked.hasPrefix("http://nowhere.invalid/3/search/movie?"))
    }
  }

  @Test func `no network falls back, and says so`() async throws {
    let job = try TemporaryJob(["TMDB_API_KEY": "good", "TMDB_BASE_URL": "http://127.0.0.1:1"])
    try await TMDBStage.run([job.folder.string, "Sholay", ""], environment: job.environment)
    #expect(try job.json("metadata/tmdb_data.json")["source"] == .string("file name"))
  }

  @Test func `a refused key fails the stage without telling the key, and leaves what is known`() async throws {
    let job = try TemporaryJob()
    try await HTTPServer.with(job.workspace) { server in
      try job.write(#"{"tmdb_api_key": "refused"}"#, to: job.workspace.pushing("config/secrets.json"))
      try job.write(
        "TMDB_BASE_URL=\(server.base)\nSECRETS_PATH=./config/secrets.json\n",
        to: job.workspace.pushing("config/.env.job_20251030-001"))
      let error = try await expectError(.configuration) {
        try await TMDBStage.run([job.folder.string, "Sholay", "1975"], environment: job.environment)
      }
      #expect(error.description.contains("TMDB refuses the key: Invalid API key"))
      #expect(try job.json("metadata/tmdb_data.json")["source"] == .string("file name"))
      #expect(try job.record("tmdb").status == .failed)
    }
  }

  @Test func `what lies beside the film tells of it`() async throws {
    let job = try TemporaryJob(film: "in/Film: 1.mkv")
    try job.write("x", to: job.workspace.pushing("in/Film: 1.mkv"))
    try job.write("https://link", to: job.workspace.pushing("in/Film: 1.nfo"))
    try job.write(#"{"title": "From JSON", "year": "1999"}"#, to: job.workspace.pushing("in/Film: 1.json"))
    try await TMDBStage.run([job.folder.string, "Film"], environment: job.environment)
    #expect(try job.json("metadata/tmdb_data.json")["title"] == .string("From JSON"))
    try job.write(FilmFactsTests.nfo, to: job.workspace.pushing("in/Film: 1.nfo"))
    try await TMDBStage.run([job.folder.string, "Film"], environment: job.environment)
    #expect(try job.json("metadata/tmdb_data.json")["source"] == .string("nfo"))
    #expect(try job.record("tmdb").status == .success)
  }

  @Test func `what lies beside a film is found by its absolute path also where the job has no settings`() async throws {
    let place = try TemporaryFolder()
    let film = place.path("Film.mkv")
    let job = try TemporaryJob(film: film)
    try job.write("x", to: film)
    try job.write(#"{"title": "From JSON"}"#, to: place.path("Film.json"))
    var environment = job.environment
    environment["CONFIG_PATH"] = nil
    try await TMDBStage.run([job.folder.string, "Film"], environment: environment)
    #expect(try job.json("metadata/tmdb_data.json")["title"] == .string("From JSON"))
  }

  @Test func `a JSON beside the film is read in the encodings that other systems write`() async throws {
    let job = try TemporaryJob(film: "in/Film.mkv")
    try job.write("x", to: job.workspace.pushing("in/Film.mkv"))
    let wide = #"{"title": "Amélie"}"#.utf16.reduce(into: [0xFF, 0xFE] as [UInt8]) { bytes, unit in
      bytes += [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
    for bytes in [wide, Array(#"{"title": "Am"#.utf8) + [0xE9] + Array(#"lie"}"#.utf8)] {
      try DurableFile.write(bytes, to: job.workspace.pushing("in/Film.json"))
      try await TMDBStage.run([job.folder.string, "Film"], environment: job.environment)
      #expect(try job.json("metadata/tmdb_data.json")["title"] == .string("Amélie"))
    }
  }

  @Test func `a movie nfo tells of the one film of its folder, or of the one of its title`() async throws {
    let job = try TemporaryJob(film: "in/Sholay (1975).mkv")
    for name in ["Sholay (1975).mkv", "Sholay (1975)-trailer.mkv", "._Sholay (1975).mkv", "Sample.mkv", "notes.txt"] {
      try job.write("x", to: job.workspace.pushing("in").appending(name))
    }
    try job.write("<movie><title>Fire</title></movie>", to: job.workspace.pushing("in/movie.nfo"))
    func source(_ title: String) async throws -> JSON? {
      try await TMDBStage.run([job.folder.string, title], environment: job.environment)
      return try job.json("metadata/tmdb_data.json")["source"]
    }
    #expect(try await source("Sholay") == .string("nfo"))
    try job.write("x", to: job.workspace.pushing("in/Fire (1996).mkv"))
    #expect(try await source("Sholay") == .string("file name"))
    let notes = try job.json("metadata/tmdb_data.json")["notes"]?.array ?? []
    #expect(notes.contains { $0.string?.hasSuffix("it tells of Fire, and more than one film is here") == true })
    #expect(try await source("FIRE!") == .string("nfo"))
  }

  @Test func `what is passed over is told with the reason and with what was taken instead`() async throws {
    let job = try TemporaryJob(film: "in/Sholay.mkv")
    try job.write("x", to: job.workspace.pushing("in/Sholay.mkv"))
    try job.write("<movie><title>&x;</title></movie>", to: job.workspace.pushing("in/Sholay.nfo"))
    try job.write("{}", to: job.workspace.pushing("in/Sholay.json"))
    let result = try await runStage(["tmdb", job.folder.string, "Sholay", "1975"], job.environment)
    #expect(result.status == 0)
    let told = [
      "in/Sholay.nfo was passed over: its title holds &x;, an entity that is not known",
      "in/Sholay.json was passed over: it tells no title of a film", "Sholay (1975), from file name",
    ]
    for part in told { #expect(result.errors.contains(part), "\(result.errors)") }
    let facts = try #require(try job.record("tmdb").fields["metadata"])
    #expect(facts["source"] == .string("file name"))
    let notes = (facts["notes"]?.array ?? []).compactMap(\.string)
    for part in told.dropLast() { #expect(notes.contains { $0.hasSuffix(part) }, "\(notes)") }
    #expect(try job.json("metadata/tmdb_data.json")["title"] == .string("Sholay"))
  }

  @Test func `SIGTERM ends a request that hangs, and the record says interrupted`() async throws {
    let job = try TemporaryJob()
    try await HTTPServer.with(job.workspace) { server in
      try job.write(
        "TMDB_BASE_URL=\(server.base)\nTMDB_API_KEY=slow\n", to: job.workspace.pushing("config/.env.job_20251030-001"))
      // Once it has asked; a process that is still being loaded takes no signal as its end.
      let call = """
        "$0" tmdb "$1" Sholay & for look in $(seq 6000); do [ -s "$2" ] && break; sleep 0.05; done
        kill -TERM $!; wait $!
        """
      let outcome = try await Program(
        "sh", ["-c", call, stageProgram.string, job.folder.string, server.log.string],
        environment: job.environment.mapValues { Optional($0) }
      ).run()
      #expect(outcome.status == 143)
      #expect(try job.record("tmdb").error == "interrupted by signal 15")
    }
  }
}
