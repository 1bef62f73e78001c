import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Setup

struct `The check of the programs` {
  private static let needed = ["ffmpeg", "ffprobe", "python3", "curl"]

  private func results(_ site: SetupSite, _ more: [String: String] = [:]) async -> [CheckResult] {
    let bin = site.folder.path("bin").string
    return await ProgramChecks(environment: ["PATH": bin, "HOME": site.folder.root.string].merging(more) { $1 }).run()
  }

  @Test func `shows the first line of each version`() async throws {
    let site = try SetupSite()
    for name in Self.needed { try site.program(name) }
    try site.program("curl", "printf '%0100d\\n' 7")
    let found = await results(site)
    #expect(found.map(\.check) == Self.needed + ["cpwx-stage"])
    #expect(found.notWell == [])
    #expect(found["ffmpeg"]?.message == "ffmpeg 7.0")
    #expect(found["curl"]?.message == String(repeating: "0", count: 60))
  }

  @Test func `tells the version of the first line, cut between words`() async throws {
    let site = try SetupSite()
    let line = "ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024 the FFmpeg developers"
    for name in Self.needed { try site.program(name, "echo '\(line)'") }
    #expect(await results(site)["ffmpeg"]?.message == "ffmpeg version 5.1.6-0+deb12u1")
    try site.program("curl", "echo 'curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13'")
    #expect(await results(site)["curl"]?.message == "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1")
  }

  @Test func `says what each missing one keeps from working, and how to get it`() async throws {
    let site = try SetupSite()
    let found = await results(site)
    for (name, status, package): (String, CheckResult.Status, String) in [
      ("ffmpeg", .error, "ffmpeg"), ("ffprobe", .error, "ffmpeg"), ("python3", .error, "python3-venv"),
      ("curl", .warning, "curl"),
    ] {
      #expect(found[name]?.status == status)
      #expect(found[name]?.message.hasPrefix("not found: ") == true)
      #expect(found[name]?.remedy == "Install it: apt-get install \(package)")
    }
  }

  @Test func `tells one that is there and fails from one that is not there`() async throws {
    let site = try SetupSite()
    try site.program("ffmpeg", "exit 127")
    try site.folder.file("bin/curl", "no program")
    let found = await results(site)
    #expect(found["ffmpeg"]?.status == .error)
    #expect(found["ffmpeg"]?.message.hasPrefix("fails with exit status 127: ") == true)
    #expect(found["curl"]?.status == .warning)
  }
}

struct `The check of the stage program` {
  @Test func `finds it beside cpwx`() async throws {
    let site = try SetupSite()
    let found = await ProgramChecks(environment: ["PATH": site.folder.path("bin").string]).run()
    #expect(found["cpwx-stage"]?.status == .ok)
    #expect(found["cpwx-stage"]?.message.hasSuffix("/cpwx-stage") == true)
  }

  @Test func `finds it among the engines, then in PATH, and takes nothing that cannot be run`() throws {
    let site = try SetupSite()
    let (engines, bin) = (site.folder.path("engines"), site.folder.path("bin"))
    let checks = ProgramChecks(environment: ["PATH": "/nowhere:\(bin)", "CPWX_ENGINES": engines.string])
    func found() -> CheckResult { checks.stageProgram(beside: site.folder.path("alone")) }
    #expect(found().status == .error)
    #expect(found().message.contains("no stage that ships can run"))
    try site.folder.file("bin/cpwx-stage", "text")
    try site.folder.folder("engines/bin/cpwx-stage")
    #expect(found().status == .error)
    try site.program("cpwx-stage")
    #expect(found().message == bin.appending("cpwx-stage").string)
    try FileManager.default.removeItem(atPath: engines.pushing("bin/cpwx-stage").string)
    try site.folder.file("engines/bin/cpwx-stage", mode: [.ownerReadWriteExecute])
    #expect(found().message == engines.pushing("bin/cpwx-stage").string)
  }
}
