internal import Engines
internal import Jobs
internal import SystemPackage

/// The job's settings: its env file, and the process's environment for what the file lacks or leaves empty.
struct Settings: Sendable {
  /// The env file, for messages and for what lies beside it.
  let file: FilePath?
  private let values: [String: String]
  let environment: [String: String]
  /// Values that must not reach a log.
  let secrets: [String]
  private let secretsFile: Result<JSON?, JobError>

  /// Reads the file that CONFIG_PATH names, or without it the job's own job.env.
  ///
  /// - Throws: ``JobError`` with code `configuration` when CONFIG_PATH names what cannot be read.
  init(job: FilePath, environment: [String: String]) throws {
    self.environment = environment
    var file = EnvFile()
    if let named = environment["CONFIG_PATH"], !named.isEmpty {
      let path = absolute(FilePath(named))
      do {
        file = try EnvFile(parsing: DurableFile.read(path), of: path)
      } catch let error as JobError where error.code == .configuration {
        throw error
      } catch {
        throw JobError(
          .configuration, path.string, "the settings that CONFIG_PATH names cannot be read", underlying: error)
      }
      self.file = path
    } else if let bytes = try? DurableFile.read(job.appending("job.env")) {
      let path = job.appending("job.env")
      file = try EnvFile(parsing: bytes, of: path)
      self.file = path
    } else {
      self.file = nil
    }
    values = Dictionary(file.values(outer: environment), uniquingKeysWith: { $1 })
    secretsFile = Self.readSecrets(values["SECRETS_PATH"] ?? environment["SECRETS_PATH"], beside: self.file)
    secrets = Secrets.values(of: file, secretsFile: (try? secretsFile.get()) ?? nil, outer: environment)
  }

  /// The folder that relative paths start at.
  var workspace: FilePath? { file.map { Self.workspace(of: $0) } }

  /// The folder above that of an env file; of a job's own one, which lies with its results, the workspace around that.
  private static func workspace(of file: FilePath) -> FilePath {
    let folder = file.removingLastComponent()
    let around = file.lastComponent?.string == "job.env" ? Workspace.root(around: folder) : nil
    return around ?? folder.removingLastComponent()
  }

  /// A relative path starts at the workspace, which holds the folder of the settings. A file that is not there holds no
  /// secrets: the shipped settings name one that few need.
  private static func readSecrets(_ text: String?, beside file: FilePath?) -> Result<JSON?, JobError> {
    guard let text, !text.isEmpty else { return .success(nil) }
    let workspace = file.map { Self.workspace(of: $0) } ?? currentFolder()
    let path = resolve(text, against: workspace)
    guard exists(path) else { return .success(nil) }
    guard let bytes = try? DurableFile.read(path), let document = try? JSON(parsing: bytes) else {
      return .failure(
        JobError(
          .configuration, path.string, "the secrets cannot be read, or are no JSON",
          remedy: "Correct the file, or take SECRETS_PATH out of \(file.map { $0.string } ?? "the environment")."))
    }
    return .success(document)
  }

  /// The value of `key`; `nil` when it is nowhere or empty.
  subscript(key: String) -> String? {
    for candidate in [values[key], environment[key]] {
      if let candidate, !candidate.isEmpty { return candidate }
    }
    return nil
  }

  /// The language that the film is said to speak, `nil` when that is to be heard, and the setting that says so.
  var spokenLanguage: (key: String, language: Language?) {
    let key = self["WHISPER_LANGUAGE"] == nil ? "SRC_LANG" : "WHISPER_LANGUAGE"
    return (key, Language(self[key]))
  }

  /// A secret by its key, or by the names it has in the secrets file.
  ///
  /// - Throws: ``JobError`` with code `configuration` when that file is needed and cannot be read.
  func secret(_ key: String, _ names: String...) throws -> String? {
    if let value = self[key] { return value }
    let document = try secretsFile.get()
    return names.lazy.compactMap { document?[$0]?.string }.first { !$0.isEmpty }
  }

  /// - Throws: ``JobError`` with code `configuration` for what is no whole number in `range`.
  func int(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = self[key] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw wrong(key, text, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// - Throws: ``JobError`` with code `configuration` for what is no number in `range`.
  func double(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let text = self[key] else { return nil }
    guard let value = Double(text), range.contains(value) else {
      throw wrong(key, text, "is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// - Throws: ``JobError`` with code `configuration` for what is neither true nor false.
  func flag(_ key: String) throws -> Bool {
    guard let text = self[key] else { return false }
    guard let value = parseSwitch(text) else { throw wrong(key, text, "is neither true nor false") }
    return value
  }

  /// - Throws: ``JobError`` with code `configuration` for a word that is not in `choices`.
  func choice(_ key: String, _ choices: [String]) throws -> String? {
    guard let text = self[key] else { return nil }
    guard choices.contains(text.lowercased()) else {
      throw wrong(key, text, "is none of: \(choices.joined(separator: ", "))")
    }
    return text.lowercased()
  }

  /// An error about a setting.
  func wrong(_ key: String, _ value: String, _ message: String) -> JobError {
    JobError(
      .configuration, "\(key)=\(value)", message,
      remedy: "Correct it in \(file.map { $0.string } ?? "the environment"), and in config/.env for jobs to come.")
  }
}
