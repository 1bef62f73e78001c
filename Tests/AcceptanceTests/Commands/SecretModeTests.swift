import Foundation
import Jobs
import Testing

/// `cpwx doctor` over files that hold secrets and are open to others.
struct SecretModeTests {
  /// Everything but the engines, which are not this test's and take their time.
  private static let noEngines = ["CPWX_ENGINES": "/dev/null/none"]

  private func secretWarnings(_ workspace: TestWorkspace) throws -> [String] {
    let outcome = try workspace.cpwx("doctor", "--format", "json")
    let checks = try #require(try JSON(parsing: outcome.output.utf8).array)
    return checks.filter { $0["check"]?.string == "secrets" && $0["status"]?.string == "warning" }
      .compactMap { "\($0["message"]?.string ?? "") → \($0["remedy"]?.string ?? "")" }
  }

  private func setMode(_ mode: Int, _ path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// Files as a job has them; `mode` is its job.env's.
  private func makeJob(_ number: Int, mode: Int, in workspace: TestWorkspace) throws -> String {
    let digits = String(String(1000 + number).dropFirst())
    let job = "out/2025/10/30/1/20251030-\(digits)"
    try workspace.write(job + "/job.env", "HF_TOKEN=kestrel-9341\n")
    try setMode(mode, workspace.path(job + "/job.env"))
    return job + "/job.env"
  }

  @Test func `many open job env files are one line, with how many and what to do`() throws {
    try TestWorkspace.with { workspace in
      for number in 1...300 { _ = try makeJob(number, mode: number <= 200 ? 0o644 : 0o600, in: workspace) }
      let warnings = try secretWarnings(workspace)
      #expect(warnings.count == 1)
      #expect(warnings.first?.contains("200 of 300") == true, "\(warnings)")
      #expect(warnings.first?.contains("chmod 600") == true && warnings.first?.contains("doctor --fix") == true)
    }
  }

  @Test(arguments: [60, 80])
  func `a terminal has the command that closes them on a line of its own, for copying`(columns: Int) throws {
    try TestWorkspace.with { workspace in
      _ = try makeJob(1, mode: 0o644, in: workspace)
      let lines = try workspace.shown("doctor", columns: columns, environment: Self.noEngines)
      let command = "find '\(workspace.root)/out' -name '*.env' -type f -perm /077 -exec chmod 600 {} +"
      #expect(lines.contains { String($0.drop { $0 == " " }) == command }, "\(lines)")
    }
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o601, 0o644])
  func `any right of others is too much`(mode: Int) throws {
    try TestWorkspace.with { workspace in
      _ = try makeJob(1, mode: mode, in: workspace)
      #expect(try secretWarnings(workspace).count == 1)
    }
  }

  @Test(arguments: [0o600, 0o400])
  func `the owner's rights are none of it`(mode: Int) throws {
    try TestWorkspace.with { workspace in
      _ = try makeJob(1, mode: mode, in: workspace)
      #expect(try secretWarnings(workspace).isEmpty)
    }
  }

  @Test func `copies in config, the file that SECRETS_PATH names, and a lone URL password count as well`() throws {
    let config = ["SECRETS_PATH=keys/all.json", "HOOK=https://bob:heron-55@hooks.example"]
    try TestWorkspace.with(config: config) { workspace in
      for number in 1...20 {
        try workspace.write("config/.env.job_20251030-0\(number)", "A=1\n")
        try setMode(number == 1 ? 0o600 : 0o644, workspace.path("config/.env.job_20251030-0\(number)"))
      }
      try workspace.write("keys/all.json", #"{"hf_token": "json-value"}"#)
      try setMode(0o640, workspace.path("keys/all.json"))
      try setMode(0o644, workspace.path("config/.env"))
      let warnings = try secretWarnings(workspace)
      #expect(warnings.count == 3, "\(warnings)")
      #expect(warnings.contains { $0.contains("19 of 20") })
      #expect(warnings.contains { $0.contains("keys/all.json") })
      #expect(warnings.contains { $0.contains("config/.env ") })
    }
  }

  @Test func `--fix closes them all, and nothing that a job only points at`() throws {
    try TestWorkspace.with(config: ["HF_TOKEN=kestrel-9341", "SECRETS_PATH=keys.json"]) { workspace in
      let open = try makeJob(1, mode: 0o644, in: workspace)
      let tighter = try makeJob(2, mode: 0o400, in: workspace)
      try workspace.write("keys.json", "{}")
      try workspace.write("config/.env.job_20251030-001", "HF_TOKEN=kestrel-9341\n")
      try workspace.write("out/2025/10/30/1/20251030-003/manifest.json", "{}")
      try workspace.write("precious", "")
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path("out/2025/10/30/1/20251030-003/job.env"),
        withDestinationPath: workspace.path("precious"))
      // What a migration keeps of older settings.
      let folder = "out/2025/10/30/1/20251030-001/"
      let older = ["job.legacy.env", ".20251030-0001.env", "prepared/.20251030-0001.env"].map { folder + $0 }
      for path in older { try workspace.write(path, "HF_TOKEN=kestrel-9341\n") }
      let closed = [open, "config/.env", "keys.json", "config/.env.job_20251030-001"] + older
      for path in closed + ["precious"] { try setMode(0o644, workspace.path(path)) }
      let outcome = try workspace.cpwx("doctor", "--fix", environment: Self.noEngines)
      for path in closed { #expect(try workspace.mode(path) == 0o600, "\(path): \(outcome.errors)") }
      #expect(try workspace.mode(tighter) == 0o400)
      #expect(try workspace.mode("precious") == 0o644)
      #expect(outcome.errors.contains("4 *.env files"), "\(outcome.errors)")
      #expect(try secretWarnings(workspace).isEmpty)
    }
  }

  @Test func `a secret too short to be searched for is told of by its name`() throws {
    let config = ["HF_TOKEN=ab", "X_PASSWORD=7", "Y_KEY=", "Z_SECRET=long enough", "SECRETS_PATH=keys.json"]
    try TestWorkspace.with(config: config) { workspace in
      try workspace.write("keys.json", #"{"tmdb_api_key": "q", "lang": "en", "pyannote_token": "long enough"}"#)
      for path in ["config/.env", "keys.json"] { try setMode(0o600, workspace.path(path)) }
      let warnings = try secretWarnings(workspace)
      #expect(warnings.count == 1, "\(warnings)")
      let warning = try #require(warnings.first)
      for name in ["HF_TOKEN", "X_PASSWORD", "tmdb_api_key"] { #expect(warning.contains(name)) }
      for name in ["Y_KEY", "Z_SECRET", "lang", "pyannote_token", "ab,"] { #expect(!warning.contains(name)) }
    }
  }
}
