import Foundation
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Setup

struct `The check of the secrets` {
  private func results(_ site: SetupSite) throws -> [CheckResult] {
    SecretChecks(workspace: try site.workspace(), environment: [:]).run()
  }

  private func setMode(_ mode: Int, _ path: FilePath) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
  }

  @Test(
    arguments: [
      (0o600, false), (0o400, false), (0o700, false), (0o640, true), (0o620, true), (0o604, true), (0o602, true),
      (0o644, true),
    ])
  func `tells of a configuration with a secret that others may read or write`(mode: Int, isOpen: Bool) throws {
    let site = try SetupSite(config: "TMDB_API_KEY=abcdef\n")
    let path = site.folder.path("config/.env")
    try setMode(mode, path)
    let found = try results(site)
    #expect(found.map(\.status) == [isOpen ? .warning : .ok])
    #expect(found[0].message.hasPrefix("\(path) ") == isOpen)
    #expect(!"\(found)".contains("abcdef"))
  }

  @Test(arguments: ["SRC_LANG=hi\n", "TMDB_API_KEY=\n", ""])
  func `lets others read a configuration without any`(config: String) throws {
    let site = try SetupSite(config: config)
    try setMode(0o644, site.folder.path("config/.env"))
    let found = try results(site)
    #expect(found.map(\.status) == [.ok])
    #expect(found.first?.message == "1 file with settings, no secret open to others")
  }

  @Test func `looks into the file of secrets and the settings of running jobs`() throws {
    let site = try SetupSite(config: "SECRETS_PATH=private/keys.json\n")
    try setMode(0o600, site.folder.path("config/.env"))
    let keys = try site.folder.file("private/keys.json", "{\"hf_token\": \"abcdef\"}")
    let job = try site.folder.file("config/.env.job_20251030-001", "HF_TOKEN=abcdef\n")
    for path in [keys, job] { try setMode(0o644, path) }
    #expect(try SecretChecks(workspace: site.workspace(), environment: [:]).openToOthers == [keys, job])
    #expect(try results(site).map(\.status) == [.warning, .warning])
    for path in [keys, job] { #expect(path.restrictToOwner()) }
    #expect(try results(site).map(\.status) == [.ok])
    #expect(try FileStatus(of: keys).permissions == [.ownerReadWrite])
  }

  @Test(
    arguments: [
      ("SECRETS_PATH=/nowhere/keys.json\n", .warning, "cannot be read"),
      ("SECRETS_PATH=config/.env\n", .error, "is no JSON"),
      ("SECRETS_PATH=${PLACE}/keys.json\n", .warning, "/of/the/shell/keys.json cannot be read"),
    ] as [(String, CheckResult.Status, String)])
  func `tells of a file of secrets that tells none`(config: String, status: CheckResult.Status, words: String) throws {
    let site = try SetupSite(config: config)
    let checks = SecretChecks(workspace: try site.workspace(), environment: ["PLACE": "/of/the/shell"])
    let found = checks.run().notWell
    #expect(found.map(\.status) == [status])
    #expect(found.first?.message.contains(words) == true, "\(found)")
  }

  @Test func `is well without the file that the shipped settings name`() throws {
    let site = try SetupSite()
    #expect(!exists(site.folder.path("config/secrets.json")))
    #expect(try results(site).notWell == [])
  }

  @Test func `is well without any of the files`() throws {
    let site = try SetupSite(config: "SECRETS_PATH=config/none.json\n")
    try FileManager.default.removeItem(atPath: site.folder.path("config/.env").string)
    #expect(try results(site).map(\.status) == [.ok])
    #expect(!site.folder.path("none").restrictToOwner())
  }
}
