/// Which settings are secret, and the mask that stands for their values wherever people look.
public enum Secrets {
  /// What a masked value reads as.
  public static let mask = "********"

  /// Values shorter than this are not searched for in logs: masking every `1` would leave nothing to read.
  public static let shortestSearched = 4

  private static let endings = ["TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIALS"]

  /// Whether a key names a secret: `TMDB_API_KEY`, `HF_TOKEN`, and whatever ends alike.
  public static func isSecret(_ key: String) -> Bool {
    let name = key.uppercased()
    return endings.contains { name == $0 || name.hasSuffix("_" + $0) || name.hasSuffix("_" + $0 + "S") }
  }

  /// The secret values of an env file, of the JSON file that SECRETS_PATH names, and of the environment around them,
  /// each line of each one, longest first.
  public static func values(of env: EnvFile, secretsFile: JSON?, outer: [String: String] = [:]) -> [String] {
    var found: Set<String> = []
    for (key, value) in env.values(outer: outer) where isSecret(key) { found.insert(value) }
    for (key, value) in outer where isSecret(key) { found.insert(value) }
    for key in env.keys where isSecret(key) { found.insert(env[key] ?? "") }
    if let secretsFile { collect(secretsFile, into: &found) }
    return found.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
      .filter { $0.utf8.count >= shortestSearched }
      .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
  }

  /// `text` with each of `values` masked; they come longest first.
  public static func masked(_ text: String, _ values: [String]) -> String {
    values.reduce(text) { $0.replacing($1, with: mask) }
  }

  private static func collect(_ value: JSON, into found: inout Set<String>) {
    switch value {
    case .string(let text): found.insert(text)
    case .array(let elements): for element in elements { collect(element, into: &found) }
    case .object(let object): for member in object.members { collect(member.value, into: &found) }
    default: break
    }
  }
}
