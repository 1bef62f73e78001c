internal import Jobs
internal import SeekableTar

extension Redaction {
  /// Masks secrets in whatever of a job is text: its settings, records, logs and results.
  init(hiding secrets: [String]) {
    self.init(applies: { Self.isText($0) }, replace: { path, bytes in Self.masked(bytes, in: path, secrets) })
  }

  private static let endings: Set<String> = [
    "env", "json", "ndjson", "log", "txt", "srt", "vtt", "ass", "yaml", "yml", "csv", "tsv", "md", "ini", "conf", "cfg",
    "xml", "nfo", "html", "sh", "py", "toml",
  ]

  private static func isText(_ path: MemberPath) -> Bool {
    let name = path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    // Names without an ending, and hidden ones, are mostly notes and settings.
    guard parts.count > 1, let last = parts.last else { return true }
    let ending = String(decoding: last, as: UTF8.self).lowercased()
    // `.env.job_ID`, `manifest.json.damaged-…`, `asr.log.1`
    return endings.contains(ending)
      || parts.dropFirst().contains { endings.contains(String(decoding: $0, as: UTF8.self).lowercased()) }
  }

  private static func masked(_ bytes: [UInt8], in path: MemberPath, _ secrets: [String]) -> [UInt8] {
    if let document = try? JSON(parsing: bytes) {
      let shown = Secrets.masked(document, secrets)
      return shown == document ? bytes : shown.bytes()
    }
    var bytes = bytes
    if path.bytes.suffix(4).elementsEqual(".env".utf8) {
      var env = EnvFile(parsing: bytes)
      for key in env.keys {
        guard let value = env[key], !value.isEmpty, Secrets.isSecret(key) else { continue }
        env[key] = Secrets.mask
      }
      bytes = env.bytes
    }
    if let text = String(validating: bytes, as: UTF8.self) { return Array(Secrets.masked(text, secrets).utf8) }
    return secrets.reduce(bytes) { $0.replacing(Array($1.utf8), with: Array(Secrets.mask.utf8)) }
  }
}
