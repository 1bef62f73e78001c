internal import Jobs
internal import SeekableTar

extension Redaction {
  /// Masks secrets in whatever of a job is text: its settings, records, logs and results.
  ///
  /// - Parameters:
  ///   - secrets: longest first.
  ///   - unread: told of files that are no text, which stay as they are.
  init(hiding secrets: [String], unread: UnreadFiles) {
    let spelled = Self.spelled(secrets)
    self.init(
      masking: { path, beginning in
        guard Self.isText(path, beginning) else {
          unread.add(path)
          return nil
        }
        var mask = TextMask(spelled)
        if Self.hasLinesOfJSON(path) {
          var lines = LineMask { Self.masked($0, secrets, .compact) ?? $0 }
          return { piece, isLast in mask.mask(lines.mask(piece, isLast: isLast), isLast: isLast) }
        }
        var isFirst = true
        return { piece, isLast in
          defer { isFirst = false }
          guard isFirst, isLast else { return mask.mask(piece, isLast: isLast) }
          return Self.masked(piece, secrets) ?? mask.mask(Self.masked(piece, in: path), isLast: true)
        }
      },
      shownName: { name in
        var mask = SecretMask(secrets)
        let shown = mask.mask(name) + mask.finish()
        return shown == name ? nil : (try? MemberPath(shown)).map { "\($0)" } ?? Secrets.mask
      })
  }

  /// With the secrets as they stand in JSON, in URLs and in XML.
  private static func spelled(_ secrets: [String]) -> [String] {
    var all = Set(secrets)
    for secret in secrets {
      let literal = String(decoding: JSON.string(secret).bytes(.compact), as: UTF8.self)
      let inner = String(literal.dropFirst().dropLast())
      all.formUnion([inner, inner.replacing("/", with: "\\/")])
      let url = percentEncoded(secret)
      for encoded in [url, url.replacing("/", with: "%2F").replacing("@", with: "%40").replacing("~", with: "%7E")] {
        all.formUnion([encoded, encoded.lowercasedEscapes])
      }
      let xml = secret.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      all.formUnion([xml, xml.replacing("\"", with: "&quot;").replacing("'", with: "&apos;")])
    }
    return all.longestFirst
  }

  /// Files that are text even where they hold NULs: a power cut leaves some in logs.
  private static let endings: Set<String> = [
    "env", "json", "jsonl", "ndjson", "log", "out", "err", "txt", "srt", "vtt", "ass", "yaml", "yml", "csv", "tsv",
    "md",
    "ini", "conf", "cfg", "properties", "xml", "nfo", "html", "sh", "py", "toml",
  ]

  private static func hasLinesOfJSON(_ path: MemberPath) -> Bool {
    let name = String(decoding: path.name, as: UTF8.self).lowercased()
    return name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson")
  }

  /// Text holds no NUL; whatever ends like text is taken for it, too: `.env.job_ID`, `manifest.json.damaged-…`, `asr.log.1`.
  private static func isText(_ path: MemberPath, _ beginning: [UInt8]) -> Bool {
    if !beginning.contains(0) { return true }
    // UTF-16, by its mark, or by every second byte: no secret would be found in it.
    if beginning.starts(with: [0xFF, 0xFE]) || beginning.starts(with: [0xFE, 0xFF]) { return false }
    let zeros = beginning.prefix(4).map { $0 == 0 }
    if zeros == [false, true, false, true] || zeros == [true, false, true, false] { return false }
    let name = path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    return name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).dropFirst()
      .contains { endings.contains(String(decoding: $0, as: UTF8.self).lowercased()) }
  }

  /// A document, whose names tell what its values are; `nil` for bytes that are none.
  private static func masked(
    _ bytes: [UInt8], _ secrets: [String], _ layout: JSON.Layout = .indented
  ) -> [UInt8]? {
    guard let document = try? JSON(parsing: bytes) else { return nil }
    let shown = Secrets.masked(document, secrets)
    return shown == document ? bytes : shown.bytes(layout)
  }

  /// Settings, some of whose secrets may be too short to be searched for.
  private static func masked(_ bytes: [UInt8], in path: MemberPath) -> [UInt8] {
    let name = path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    guard name.split(separator: UInt8(ascii: ".")).contains(where: { $0.elementsEqual("env".utf8) }) else {
      return bytes
    }
    var env = EnvFile(parsing: bytes)
    env.maskSecrets()
    return env.bytes
  }
}

extension String {
  /// `%2F` as `%2f`, which other programs write.
  fileprivate var lowercasedEscapes: String {
    var text = ""
    var digits = 0
    for character in self {
      text += digits > 0 ? character.lowercased() : String(character)
      digits = character == "%" ? 2 : max(0, digits - 1)
    }
    return text
  }
}
