public import SystemPackage

extension Secrets {
  /// The secret values of an env file in a workspace, with those of the file that its SECRETS_PATH names, or else the
  /// environment's.
  ///
  /// - Parameter root: where a relative SECRETS_PATH begins.
  public static func values(of env: EnvFile, in root: FilePath, outer: [String: String]) -> [String] {
    let file = file(named: env, in: root, outer: outer).flatMap { try? DurableFile.read($0) }
    return values(of: env, secretsFile: file.flatMap { try? JSON(parsing: $0) }, outer: outer)
  }

  /// The JSON file that SECRETS_PATH names; `nil` when it is not set.
  public static func file(named env: EnvFile, in root: FilePath, outer: [String: String]) -> FilePath? {
    let key = "SECRETS_PATH"
    let settings = Dictionary(env.byteValues(outer: outer), uniquingKeysWith: { $1 })
    return [settings[key], outer[key].map { environmentBytes(key, $0) }].compactMap { $0 }.first { !$0.isEmpty }
      .map { resolve($0, against: root) }
  }

  /// Whether a file of secrets is there and can be read, and is no JSON.
  public static func isDamaged(_ file: FilePath) -> Bool {
    guard let bytes = try? DurableFile.read(file) else { return false }
    return (try? JSON(parsing: bytes)) == nil
  }

  /// The secret values that the records of the job in `folder` may hold, for whoever shows them.
  ///
  /// Those of its job.env, and always those of the configuration as well: job.env may be gone, cut short, or closed to
  /// whoever looks.
  /// - Parameter workspace: the one at hand, if any; one around `folder` counts besides.
  public static func values(ofJobIn folder: FilePath, workspace: Workspace?, outer: [String: String]) -> [String] {
    let around = Workspace.root(around: folder).flatMap { try? Workspace(at: $0, environment: outer) }
    let env = (try? DurableFile.read(folder.appending("job.env"))).map { EnvFile(parsing: $0) } ?? EnvFile()
    var found = Set(values(of: env, in: folder, outer: outer))
    for workspace in [workspace, around].compactMap({ $0 }) {
      found.formUnion(values(of: env, andOf: workspace, outer: outer))
    }
    return found.longestFirst
  }

  /// The secret values of settings in a workspace, and of its configuration, longest first.
  public static func values(of env: EnvFile, andOf workspace: Workspace, outer: [String: String]) -> [String] {
    Set(values(of: env, in: workspace.root, outer: outer) + workspace.secrets(outer: outer)).longestFirst
  }
}

extension Workspace {
  /// The secret values of the configuration, of the file that its SECRETS_PATH names, and of the environment, longest first.
  public func secrets(outer: [String: String]) -> [String] { Secrets.values(of: config, in: root, outer: outer) }
}
