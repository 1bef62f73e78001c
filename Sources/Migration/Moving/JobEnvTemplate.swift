internal import Jobs

/// The settings that a migrated job gets: those of the workspace, or those that its tree has of its own. Secrets are left
/// out, and the file says which.
struct JobEnvTemplate: Sendable {
  private var env: EnvFile
  /// Keys of secrets.
  private var left: [String] = []

  init(of source: EnvFile) {
    env = EnvFile(parsing: Self.withoutCommentedSecrets(source.bytes))
    let values = Dictionary(env.values(), uniquingKeysWith: { $1 })
    for key in env.keys where Secrets.isSecret(key, env[key] ?? "") || Secrets.isSecret(key, values[key] ?? "") {
      // Every assignment of it, not only the one that counts.
      env[key] = nil
      left.append(key)
    }
  }

  /// As a journal keeps it, so that a migration that was cut off goes on with it. No secret is in it.
  var document: JSON { ["env": RawPath(env.bytes).document, "left": .strings(left)] }

  init?(_ document: JSON?) {
    guard let bytes = RawPath(document?["env"])?.bytes else { return nil }
    env = EnvFile(parsing: bytes)
    left = (document?["left"]?.array ?? []).compactMap(\.string)
  }

  func bytes(for paths: JobPaths, in workspace: Workspace) -> [UInt8] {
    var env = env
    env.setOwn(of: paths, in: workspace)
    let start = env.bytes
    guard !left.isEmpty else { return start }
    let mark = "# Left out by cpwx migrate, because they are secret: a run takes them from config/.env.\n"
    let gap = start.last.map { $0 == 0x0A ? "" : "\n" } ?? ""
    return start + Array((gap + mark + left.map { "\($0)=\n" }.joined()).utf8)
  }

  /// Assignments that are commented out keep no secret, either.
  private static func withoutCommentedSecrets(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if !result.isEmpty || line.startIndex > 0 { result.append(0x0A) }
      let text = String(decoding: line, as: UTF8.self)
      let inner = text.drop { $0 == " " || $0 == "\t" }
      if inner.hasPrefix("#"), let equals = inner.firstIndex(of: "=") {
        let key = inner[..<equals].drop { "# \t".contains($0) }.split(separator: " ").last.map(String.init) ?? ""
        let value = String(inner[inner.index(after: equals)...])
        if Secrets.isSecret(key, value) {
          result += Array(text[..<equals].utf8) + Array("=".utf8)
          continue
        }
      }
      result += line
    }
    return result
  }
}
