public import Jobs
internal import SystemPackage

/// Makes sure of the settings of a job before there is one, or before it goes on: a value that no stage can use would
/// end each job of a night for the same reason.
public struct SettingsCheck: Sendable {
  private let workspace: Workspace
  private let environment: [String: String]

  public init(_ workspace: Workspace, environment: [String: String]) {
    (self.workspace, self.environment) = (workspace, environment)
  }

  /// - Parameter hasUser: a user is named, and USER_ID does not count.
  /// - Throws: ``JobError`` with code `configuration` that names all mistakes of the workspace's configuration.
  public func requireConfiguration(hasUser: Bool) throws {
    if workspace.config.isOfOtherKind {
      throw JobError(
        .configuration, workspace.configFile.string, "is no configuration: no line of it is KEY=value",
        remedy: "Nothing was begun. Is it another file that was meant?")
    }
    try require(
      hasUser ? workspace.config.ofAnyUser : workspace.config, of: workspace.configFile,
      remedy: "Nothing was begun. Correct the file, or name another one with --config.")
  }

  /// - Parameters:
  ///   - overlay: the settings beside `film`, which are laid over the configuration.
  ///   - user: whose job it becomes, which no setting of one film changes.
  /// - Throws: ``JobError`` with code `configuration`.
  func require(_ overlay: EnvFile, of film: FilePath, user: Int) throws {
    var config = workspace.config
    config.overlay(overlay)
    config["USER_ID"] = nil
    let other = overlay["USER_ID"].flatMap { $0.isEmpty || Int($0) == user ? nil : $0 }.map {
      SettingMistake(
        key: "USER_ID", found: "is \"\($0)\"",
        expected: "\(user), whose jobs this run makes; another user's are made by cpwx run --user")
    }
    try require(
      config, of: FilmBatch.overlayFile(of: film), besides: other,
      remedy: "Nothing was begun. Correct the file: it is for this film alone.")
  }

  /// - Parameter settings: an earlier job's, which a new one is to have.
  /// - Throws: ``JobError`` with code `configuration`.
  public func require(_ settings: EnvFile, of job: JobPaths) throws {
    try require(
      settings.ofAnyUser, of: job.env,
      remedy: "No job was made. To do the film with the settings of today: cpwx run --force FILE")
  }

  /// - Throws: ``JobError`` with code `configuration`.
  func require(of job: JobPaths) throws {
    guard let bytes = try? DurableFile.read(job.env) else { return }
    try require(
      EnvFile(parsing: bytes, of: job.env).ofAnyUser, of: job.env,
      remedy: "The job has settings of its own. To give it those of another file: cpwx run --config FILE")
  }

  private func require(_ env: EnvFile, of file: FilePath, besides other: SettingMistake? = nil, remedy: String) throws {
    var mistakes = SettingMistake.all(in: env, outer: environment) + (other.map { [$0] } ?? [])
    if let secrets = Secrets.file(named: env, in: workspace.root, outer: environment), Secrets.isDamaged(secrets) {
      mistakes.append(
        SettingMistake(key: "SECRETS_PATH", found: "names \(secrets), which is no JSON", expected: "a file of secrets"))
    }
    guard !mistakes.isEmpty else { return }
    let secrets = Secrets.values(of: env, andOf: workspace, outer: environment)
    let advice = mistakes.map { (mistakes.count > 1 ? "\($0.key): e" : "E") + "xpected \($0.expected)." }
    throw JobError(
      .configuration, file.string,
      Secrets.masked(mistakes.map { "\($0.key) \($0.found)" }.joined(separator: ", "), secrets),
      remedy: (advice + [remedy]).joined(separator: "\n  "))
  }
}

extension EnvFile {
  /// Whose a job is says its place.
  fileprivate var ofAnyUser: EnvFile {
    var env = self
    env["USER_ID"] = nil
    return env
  }
}
