import Engines
import Foundation
import Jobs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Setup

struct `A checkup` {
  private func environment(_ site: SetupSite) -> [String: String] {
    ["PATH": site.folder.path("bin").string, "HOME": site.folder.root.string]
  }

  private func checkup(_ site: SetupSite) -> Checkup {
    let environment = environment(site)
    return Checkup(
      workspace: Result { try Workspace.find(site.folder.root, environment: environment) }, environment: environment)
  }

  @Test func `goes through everything in one order`() async throws {
    let site = try SetupSite()
    let found = await checkup(site).run().map(\.check)
    #expect(
      found == [
        "ffmpeg", "ffprobe", "python3", "curl", "cpwx-stage", "engines", "folder in", "folder out",
        "folder logs", "folder config", "folder archive", "disk", "config", "pipeline", "secrets",
      ])
  }

  @Test func `without a workspace looks at the rest, and says how to make one`() async throws {
    let site = try SetupSite()
    let environment = environment(site)
    for place in [site.folder.path("none"), site.folder.path("config/.env")] {
      let found = await Checkup(
        workspace: Result { try Workspace.find(place, environment: environment) }, environment: environment
      ).run()
      #expect(found.map(\.check) == ["ffmpeg", "ffprobe", "python3", "curl", "cpwx-stage", "engines", "workspace"])
      #expect(found["workspace"]?.status == .warning)
      #expect(found["workspace"]?.remedy?.contains("cpwx init") == true)
    }
  }

  @Test func `fails without the workspace that was named`() async throws {
    let site = try SetupSite()
    let environment = environment(site)
    let found = await Checkup(
      workspace: Result { try Workspace.find(site.folder.path("none"), environment: environment) }, isNamed: true,
      environment: environment
    ).run()
    #expect(found["workspace"]?.status == .error)
  }

  @Test func `fails for a configuration that may not be read, and says so`() async {
    await #expect(processExitsWith: .success) {
      let site = try SetupSite()
      _ = chmod(site.folder.path("config/.env").string, 0)
      seteuid(65_534)
      defer { seteuid(getuid()) }
      let workspace = Result { try Workspace.find(site.folder.root, environment: [:]) }
      let result = await Checkup(workspace: workspace, environment: ["PATH": "/nowhere"]).run()["workspace"]
      #expect(result?.status == .error)
      #expect(result?.message.contains("cannot be read") == true)
      #expect(result?.message.lowercased().contains("permission denied") == true)
      #expect(result?.remedy?.contains("init") == false)
    }
  }

  @Test func `looks at the engines that the configuration names, as the stages do`() async throws {
    let site = try SetupSite(config: "CPWX_ENGINES=${PLACE}\nENGINE_ASR=${CHOICE:-whisperx}\nWHISPER_LANGUAGE=\n")
    let engines = try EnginesOfShell(in: site.folder)
    var environment = environment(site)
    environment["PLACE"] = engines.home.root.string
    environment["CPWX_ENGINES"] = "/nowhere"
    environment["PATH", default: ""] += ":/usr/bin:/bin"
    environment["ENGINE_DIARIZATION"] = "nobody"
    let found = await Checkup(
      workspace: Result { [environment] in try site.workspace(environment) }, environment: environment
    )
    .run()
    #expect(found["engines"]?.message == "installed in \(engines.home.root)")
    #expect(found["engine for asr"]?.message.hasPrefix("whisperx") == true)
    #expect(found["engine for diarization"]?.status == .error)
  }
}

struct `Mending a workspace` {
  private func mend(_ site: SetupSite, _ engines: EnginesOfShell) async throws -> [String] {
    let log = Mutex<[String]>([])
    let workspace = try site.workspace()
    // The place that the configuration names counts.
    let environment = ["CPWX_ENGINES": "/proc/none"]
    try await Checkup(workspace: .success(workspace), environment: environment).fix { line in
      log.withLock { $0.append(line) }
    }
    return log.withLock { $0 }
  }

  @Test func `makes the missing folders, closes what holds secrets, and then has nothing to do`() async throws {
    let site = try SetupSite()
    let engines = try EnginesOfShell(in: site.folder)
    let config = """
      TMDB_API_KEY=abcdef
      OUTPUT_ROOT=elsewhere/results
      ARCHIVE_ROOT=disk/archive
      CPWX_ENGINES=\(engines.home.root)

      """
    let env = try site.folder.file("config/.env", config)
    _ = chmod(env.string, 0o644)
    try FileManager.default.removeItem(atPath: site.folder.path("logs").string)
    let first = try await mend(site, engines)
    #expect(
      Set(first).isSuperset(of: [
        "made logs/", "made \(site.folder.path("elsewhere/results"))", "\(env): now readable by its owner alone",
        "the speech engines in \(engines.home.root) are up to date",
      ]))
    let folders = try site.folderChecks().filter { $0.check.hasPrefix("folder") }
    #expect(folders.count == 5 && folders.allSatisfy { $0.status == .ok || $0.check == "folder archive" })
    // A disk may be to be mounted there.
    #expect(folders.last?.status == .warning && !exists(site.folder.path("disk")))
    #expect(try FileStatus(of: env).permissions == [.ownerReadWrite])
    #expect(try site.folder.text("config/.env") == config)
    #expect(exists(engines.home.programs.appending("cpwx-stage")))
    #expect(try await mend(site, engines).filter { $0.hasPrefix("made") || $0.contains("owner alone") } == [])
  }

  @Test func `leaves engines alone that another setup has in hand`() async throws {
    let site = try SetupSite()
    let engines = try EnginesOfShell(in: site.folder)
    try site.folder.file("config/.env", "CPWX_ENGINES=\(engines.home.root)\n")
    let lock = try FileLock.take(engines.home.root.appending(".setup.lock"), subject: "test")
    try await expectError(.locked) { _ = try await mend(site, engines) }
    _ = consume lock
  }
}
