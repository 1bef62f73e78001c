/// Which settings are secret, and the mask that stands for their values wherever people look.
public enum Secrets {
  /// What a masked value reads as.
  public static let mask = "********"

  /// Values shorter than this are not searched for in logs: masking every `1` would leave nothing to read.
  public static let shortestSearched = 4

  private static let words: Set = [
    "TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIALS", "WEBHOOK",
  ]

  /// Whether a key names a secret: `TMDB_API_KEY`, `HF_TOKEN`, and whatever ends alike.
  public static func isSecret(_ key: String) -> Bool {
    let parts = key.split(separator: "_", omittingEmptySubsequences: false)
    guard let last = parts.last?.uppercased(), !last.isEmpty else { return false }
    return words.contains(last) || parts.count > 1 && last.hasSuffix("S") && words.contains(String(last.dropLast()))
  }

  /// Whether a setting gives something away: by its name, or by a password in a URL.
  public static func isSecret(_ key: String, _ value: String) -> Bool {
    !value.isEmpty && (isSecret(key) || !URLPassword.all(in: value).isEmpty)
  }

  /// The secret values of an env file, of the JSON file that SECRETS_PATH names, and of the environment around them:
  /// each line of each one in all its forms, and the passwords of URLs, longest first.
  public static func values(of env: EnvFile, secretsFile: JSON?, outer: [String: String] = [:]) -> [String] {
    var found: Set<String> = []
    func take(_ value: String, whole: Bool) {
      for line in whole ? value.split(whereSeparator: \.isNewline) : [] { found.formUnion(forms(of: String(line))) }
      for password in URLPassword.all(in: value) { found.formUnion(password.searched) }
    }
    for (key, value) in env.values(outer: outer) { take(value, whole: isSecret(key)) }
    for (key, value) in outer { take(value, whole: isSecret(key)) }
    for key in env.keys { take(env[key] ?? "", whole: isSecret(key)) }
    for text in secretsFile.map(texts) ?? [] { take(text, whole: true) }
    return found.filter { $0.utf8.count >= shortestSearched }.longestFirst
  }

  /// `text` with each of `values`, which come longest first, and the password of each URL masked.
  public static func masked(_ text: String, _ values: [String]) -> String {
    // Most texts hold none, and looking is much cheaper than replacing.
    var looked = text
    let mayHold = looked.withUTF8 { bytes in unsafe bytes.holds("://") || values.contains { unsafe bytes.holds($0) } }
    if !mayHold { return text }
    // Byte for byte: an accent that follows makes no other value of it.
    var mask = SecretMask(values)
    return String(decoding: mask.mask(Array(maskedURLs(text).utf8)) + mask.finish(), as: UTF8.self)
  }

  private static func texts(in value: JSON) -> [String] {
    switch value {
    case .array(let elements): elements.flatMap(texts)
    case .object(let object): object.members.flatMap { texts(in: $0.value) }
    default: value.string.map { [$0] } ?? []
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate func holds(_ part: String) -> Bool {
    var part = part
    return part.withUTF8 { part in
      guard let first = unsafe part.first else { return false }
      var start = 0
      while start + part.count <= count {
        var length = unsafe self[start] == first ? 1 : 0
        while length > 0, length < part.count, unsafe self[start + length] == part[length] { length += 1 }
        if length == part.count { return true }
        start += 1
      }
      return false
    }
  }
}
