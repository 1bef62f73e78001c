import SystemPackage
import Testing

@testable import Jobs

struct `A new job` {
  private static let base = """
    # The base configuration
    JOB_ID=                    # Auto-generated
    export USER_ID=1 # whose
    TITLE='a "b" c'
    OUTPUT_ROOT="./out"
    LOG_ROOT = ./logs
    NOTE="two
    lines"
    what is this
    TMDB_API_KEY=abcdef
    """

  private func create(
    _ site: TemporaryWorkspace, userID: Int = 1, overlay: EnvFile? = nil
  ) throws -> (paths: JobPaths, info: JobInfo) {
    try JobManager(try site.workspace) { moment("2025-10-30T15:44:30.123456") }.createJob(
      userID: userID, overlay: overlay)
  }

  @Test func `is described by the documented fields, in their order`() throws {
    let site = try TemporaryWorkspace()
    let job = try create(site)
    let zone = moment("2025-10-30T15:44:30.123456").timezone
    let expected = """
      {
        "job_id": "20251030-001",
        "user_id": 1,
        "created_at": "2025-10-30T15:44:30.123456",
        "output_dir": "out/2025/10/30/1/20251030-001",
        "log_dir": "logs/2025/10/30/1/20251030-001",
        "env_file": "config/.env.job_20251030-001",
        "env_backup": "out/2025/10/30/1/20251030-001/job.env",
        "timezone": "\(zone)"
      }

      """
    #expect(try site.text("out/2025/10/30/1/20251030-001/job_info.json") == expected)
    #expect(try JobInfo(reading: job.paths.info) == job.info)
  }

  @Test func `is described with what others wrote there as well, in its order`() throws {
    let site = try TemporaryWorkspace()
    let job = try create(site)
    let own = "{\n  \"ticket\": {\n    \"b\": 1.50,\n    \"a\": []\n  },\n"
    let text = own + (try site.text("out/2025/10/30/1/20251030-001/job_info.json").dropFirst(2))
    try DurableFile.write(Array(text.utf8), to: job.paths.info)
    let info = try JobInfo(reading: job.paths.info)
    #expect(info.document.bytes() == Array(text.utf8))
    #expect(info.created == job.info.created)
    #expect(info.document.object?.names.first == "ticket")
  }

  @Test func `has its description made anew where that is gone or empty, and only there`() throws {
    let site = try TemporaryWorkspace()
    let film: JSON = ["file": .string("in/film.mp4")]
    let manager = JobManager(try site.workspace)
    let job = try manager.createJob(by: "asha@films", settings: EnvFile(), input: film)
    #expect(try !manager.restoreJobInfo(job.paths, input: .null))
    for text in [nil, ""] as [String?] {
      if let text { try DurableFile.write(Array(text.utf8), to: job.paths.info) } else { unlink(job.paths.info) }
      #expect(try manager.restoreJobInfo(job.paths, input: .null))
      #expect(try JobInfo(reading: job.paths.info) == job.info)
    }
    // Without its manifest it is as old as its settings.
    unlink(job.paths.manifest)
    unlink(job.paths.info)
    #expect(try manager.restoreJobInfo(job.paths, input: film))
    let info = try JobInfo(reading: job.paths.info)
    #expect(info.input == film)
    #expect(info.created.map { $0.microseconds } == (try FileStatus(of: job.paths.env).modified) / 1000)
    try DurableFile.write(Array("{\"cut".utf8), to: job.paths.info)
    #expect(try !manager.restoreJobInfo(job.paths, input: film))
  }

  @Test func `tells who made it, and so does its history`() throws {
    let site = try TemporaryWorkspace()
    let manager = JobManager(try site.workspace)
    let job = try manager.createJob(by: "asha@films", input: ["file": .string("in/film.mp4")])
    #expect(job.info.createdBy == "asha@films")
    let manifest = try Manifest(reading: job.paths.manifest)
    let made = try #require(manifest.history.first)
    #expect(made == JobEvent(at: made.at, who: "asha@films", .created))
    #expect(try manager.createJob().info.createdBy == nil)
  }

  @Test func `has its folders, and its settings twice, for nobody else to read`() throws {
    let site = try TemporaryWorkspace()
    let job = try create(site, userID: 2)
    #expect(isDirectory(site.path("out/2025/10/30/2/20251030-001")))
    #expect(isDirectory(site.path("logs/2025/10/30/2/20251030-001")))
    for path in [job.paths.env, job.paths.temporaryEnv] {
      #expect(try FileStatus(of: path).permissions == [.ownerReadWrite])
    }
    #expect(try DurableFile.read(job.paths.env) == DurableFile.read(job.paths.temporaryEnv))
    #expect(names(in: site.path("out/2025/10/30/2")) == ["20251030-001"])
    #expect(names(in: job.paths.output) == ["job.env", "job_info.json"])
  }

  @Test(arguments: ["\n", "\r\n"])
  func `copies the configuration byte for byte but for four values`(newline: String) throws {
    let base = Self.base.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: newline)
    let site = try TemporaryWorkspace(env: Array(base.utf8) + [0xFF, 0xFE])
    let job = try create(site, userID: 3)
    let place = "2025/10/30/3/20251030-001"
    let expected =
      base.replacing("JOB_ID= ", with: "JOB_ID=20251030-001 ").replacing("USER_ID=1", with: "USER_ID=3")
      .replacing("\"./out\"", with: "\"out/\(place)\"").replacing("./logs", with: "logs/\(place)")
    #expect(try DurableFile.read(job.paths.env) == Array(expected.utf8) + [0xFF, 0xFE])
  }

  @Test func `sets its four values wherever they stand, as readers differ in which counts`() throws {
    let lines = ["USER_ID=7", "JOB_ID=a", "OUTPUT_ROOT=x", "KNOB=1", "KNOB=2", "LOG_ROOT=y # here"]
    let doubled = lines.map { $0 + "\n" } + ["USER_ID=8\n", "JOB_ID='b'\n", "export OUTPUT_ROOT=./z\n", "LOG_ROOT=w\n"]
    let site = try TemporaryWorkspace(env: Array(doubled.joined().utf8))
    let place = "2025/10/30/3/20251030-001"
    let job = try create(site, userID: 3)
    let text = String(decoding: try DurableFile.read(job.paths.env), as: UTF8.self)
    #expect(
      text.split(separator: "\n").map(String.init)
        == [
          "USER_ID=3", "JOB_ID=20251030-001", "OUTPUT_ROOT=\(place)", "KNOB=1", "KNOB=2", "LOG_ROOT=\(place) # here",
          "USER_ID=3", "JOB_ID='20251030-001'", "export OUTPUT_ROOT=\(place)", "LOG_ROOT=\(place)",
        ].map { $0.replacing("OUTPUT_ROOT=", with: "OUTPUT_ROOT=z/").replacing("LOG_ROOT=", with: "LOG_ROOT=w/") })
  }

  @Test func `without a configuration has the four settings alone`() throws {
    let site = try TemporaryWorkspace(env: nil)
    let job = try create(site)
    let place = "2025/10/30/1/20251030-001"
    let expected = "JOB_ID=20251030-001\nUSER_ID=1\nOUTPUT_ROOT=out/\(place)\nLOG_ROOT=logs/\(place)\n"
    #expect(try DurableFile.read(job.paths.env) == Array(expected.utf8))
  }

  @Test func `takes a film's own settings as they are written`() throws {
    let site = try TemporaryWorkspace(env: Array("LANG=hi\nPLACE=x\nBASE=/b\n".utf8))
    let job = try create(site, overlay: EnvFile("PLACE=${BASE}/c # here\nNEW='n'\n"))
    let env = EnvFile(parsing: try DurableFile.read(job.paths.env))
    #expect(env["PLACE"] == "${BASE}/c")
    #expect(Dictionary(env.values(), uniquingKeysWith: { $1 })["NEW"] == "n")
    #expect(env.bytes.starts(with: Array("LANG=hi\nPLACE=${BASE}/c\nBASE=/b\nNEW='n'\n".utf8)))
  }

  @Test func `fills in a film's own settings from each other`() throws {
    let site = try TemporaryWorkspace(env: Array("LANG=hi\nPLACE=x\n".utf8))
    let job = try create(site, overlay: EnvFile("MINE=ta\nLANG=${MINE}\nPLACE='${MINE}'\n"))
    let env = EnvFile(parsing: try DurableFile.read(job.paths.env))
    let values = Dictionary(env.values(), uniquingKeysWith: { $1 })
    #expect(values["LANG"] == "ta")
    #expect(values["PLACE"] == "${MINE}")
    // What the configuration makes of a setting goes with it.
    var config = EnvFile("MINE=\nLANG=hi\nNAME=${LANG}.srt\n")
    config.overlay(EnvFile("MINE=ta\nLANG=${MINE}\n"))
    #expect(config.values().map { $0.value } == ["ta", "ta", "ta.srt"])
  }

  @Test func `begins with the documented manifest when its film is known`() throws {
    let site = try TemporaryWorkspace()
    let workspace = try site.workspace
    let film: JSON = ["file": .string("in/movie.mp4"), "title": .string("Movie Name"), "year": .int(2023)]
    let job = try JobManager(workspace).createJob(input: film)
    let manifest = try Manifest(reading: job.paths.manifest)
    let documented = [
      "version", "created_at", "job_id", "user_id", "job_env_file", "input", "output_dir", "stages", "pipeline",
      "timing",
    ]
    #expect(manifest.document.object?.names.filter { documented.contains($0) } == documented)
    #expect(manifest.findings(in: job.paths.output) == [])
    #expect(manifest.status(isRunning: false) == .pending)
    #expect(manifest.year == 2023)
  }

  @Test func `loses its settings in config when it ends, and gets them back when it goes on`() throws {
    let site = try TemporaryWorkspace()
    let manager = JobManager(try site.workspace)
    let paths = try manager.createJob().paths
    #expect(manager.cleanupJobEnv(paths))
    #expect(!exists(paths.temporaryEnv) && exists(paths.env))
    try manager.restoreJobEnv(paths)
    #expect(try DurableFile.read(paths.temporaryEnv) == DurableFile.read(paths.env))
    #expect(try FileStatus(of: paths.temporaryEnv).permissions == [.ownerReadWrite])
  }

  @Test func `keeps settings in config that stand nowhere else`() throws {
    let site = try TemporaryWorkspace()
    let manager = JobManager(try site.workspace)
    let paths = try manager.createJob().paths
    try DurableFile.write(Array("EDITED=1\n".utf8), to: paths.temporaryEnv)
    #expect(!manager.cleanupJobEnv(paths))
    #expect(exists(paths.temporaryEnv))
  }

  @Test func `needs a user that is no negative number`() throws {
    let site = try TemporaryWorkspace()
    #expect { try create(site, userID: -1) } throws: { ($0 as? JobError)?.code == .usage }
    #expect(!exists(site.path("out")))
  }
}
