import Defaults
import Foundation
import Jobs
import Setup
import SystemPackage
import TestSupport
import Testing

struct `Setting up a workspace` {
  private static let parts = [
    "in/", "out/", "logs/", "archive/", "config/", "shared/", "config/.env", "shared/job_manager.py",
    "shared/manifest.py", "config/Dockerfile", "config/docker-compose.yml",
  ]

  @Test func `makes the folders and a configuration that only its owner reads`() throws {
    let folder = try TemporaryFolder()
    let root = folder.path("new/deep place")
    #expect(try WorkspaceSetup(root).run() == Self.parts)
    #expect(names(in: root) == ["archive", "config", "in", "logs", "out", "shared"])
    #expect(try DurableFile.read(root.pushing("config/.env")) == Defaults.env)
    #expect(try FileStatus(of: root.pushing("config/.env")).permissions == [.ownerReadWrite])
    for module in Defaults.stageSDK {
      #expect(try DurableFile.read(root.pushing("shared").appending(module.name)) == module.bytes)
    }
  }

  @Test func `changes nothing a second time`() throws {
    let folder = try TemporaryFolder()
    _ = try WorkspaceSetup(folder.root).run()
    let before = try Self.parts.map { try FileStatus(of: folder.path($0)) }
    #expect(try WorkspaceSetup(folder.root).run() == [])
    #expect(try Self.parts.map { try FileStatus(of: folder.path($0)) } == before)
  }

  @Test func `keeps what an admin wrote, and makes only what is missing`() throws {
    let folder = try TemporaryFolder()
    let mine = "# mine\r\nSRC_LANG = ta\nnot a setting\n\u{FEFF}"
    let env = try folder.file("config/.env", mine, mode: [.ownerReadWrite, .groupRead])
    try folder.file("config/pipeline.yaml", "stages: []\n")
    try folder.file("docker-compose.yaml", "services: {}\n")
    try folder.file("in/film.mp4", "pictures")
    try folder.file("shared/manifest.py", "# mine\n")
    try folder.folder("elsewhere")
    try FileManager.default.createSymbolicLink(atPath: folder.path("out").string, withDestinationPath: "elsewhere")
    #expect(try WorkspaceSetup(folder.root).run() == ["logs/", "archive/", "shared/job_manager.py"])
    #expect(try folder.text("shared/manifest.py") == "# mine\n")
    #expect(try folder.text("config/.env") == mine)
    #expect(try FileStatus(of: env).permissions == [.ownerReadWrite, .groupRead])
    #expect(try folder.text("config/pipeline.yaml") == "stages: []\n")
    #expect(try folder.text("in/film.mp4") == "pictures")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("out").string) == "elsewhere")
  }

  @Test func `keeps an empty configuration empty`() throws {
    let folder = try TemporaryFolder()
    try folder.file("config/.env")
    _ = try WorkspaceSetup(folder.root).run()
    #expect(try folder.text("config/.env") == "")
  }

  @Test func `stops at a file that stands where a folder must be, and leaves it`() async throws {
    let folder = try TemporaryFolder()
    try folder.file("logs", "a note")
    let error = try await expectError(.io) { _ = try WorkspaceSetup(folder.root).run() }
    #expect(error.subject == folder.path("logs").string)
    #expect(try folder.text("logs") == "a note")
    try await expectError(.io) { _ = try WorkspaceSetup(folder.path("logs")).run() }
  }

  @Test func `takes a path from the current folder for one from the root`() {
    #expect(WorkspaceSetup("films/../here").root == currentFolder().appending("here"))
  }
}
