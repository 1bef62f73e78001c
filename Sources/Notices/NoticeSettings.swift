public import Jobs

/// A setting of notifications that cannot be meant, and what is done instead. It holds no secret.
public struct NoticeMistake: Sendable, Equatable, CustomStringConvertible {
  public var setting: String
  public var message: String
  /// What may stand there.
  public var expected: String

  init(_ setting: String, _ message: String, _ expected: String) {
    (self.setting, self.message, self.expected) = (setting, message, expected)
  }

  public var description: String { "\(setting) \(message). Expected \(expected)." }

  /// Those among the NOTIFY_ settings of a workspace and the environment.
  public static func all(in workspace: Workspace, environment: [String: String]) -> [NoticeMistake] {
    NoticeSettings(workspace, environment: environment).mistakes
  }
}

/// Where notifications go and what is told, from the environment and config/.env; the environment counts first.
struct NoticeSettings: Sendable, Equatable {
  enum Occasion: String, CaseIterable {
    case failure
    case batch
  }

  /// NOTIFY_COMMAND: for `/bin/sh -c`.
  var command: String?
  /// NOTIFY_WEBHOOK: an http or https URL. It often holds a password, and is shown nowhere.
  var webhook: String?
  /// NOTIFY_SECRET: the key of the signature.
  var secret: String?
  /// HTTPS_PROXY, for https.
  var proxy: String?
  /// NOTIFY_ON.
  var occasions: Set<Occasion> = [.failure, .batch]
  /// NOTIFY_TIMEOUT: seconds that one attempt may take, and that the end of a run waits for what is left.
  var timeout = 10.0
  /// What was found wrong; the standard stands in its place.
  var mistakes: [NoticeMistake] = []

  static let longestTimeout = 600.0

  init(_ workspace: Workspace, environment: [String: String]) {
    let configured = Dictionary(workspace.config.values(outer: environment), uniquingKeysWith: { $1 })
    func value(_ key: String) -> String? {
      let value = environment[key] ?? configured[key] ?? ""
      return value.isEmpty ? nil : value
    }
    (command, webhook, secret) = (value("NOTIFY_COMMAND"), value("NOTIFY_WEBHOOK"), value("NOTIFY_SECRET"))
    if let url = webhook?.lowercased(), !url.hasPrefix("http://"), !url.hasPrefix("https://") {
      mistakes.append(
        NoticeMistake("NOTIFY_WEBHOOK", "is no http or https URL; nothing is sent there", "https://HOST/PATH"))
      webhook = nil
    }
    if webhook?.lowercased().hasPrefix("https://") == true { proxy = value("HTTPS_PROXY") }
    if let text = value("NOTIFY_ON") { readOccasions(text) }
    if let text = value("NOTIFY_TIMEOUT") {
      if let seconds = parseDuration(text), seconds > 0, seconds <= Self.longestTimeout {
        timeout = seconds
      } else {
        mistakes.append(
          NoticeMistake("NOTIFY_TIMEOUT", "is \"\(text)\"; 10s is taken", "a duration of up to 10m, as in: 10s"))
      }
    }
  }

  private mutating func readOccasions(_ text: String) {
    let words = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    let known = words.compactMap { Occasion(rawValue: $0) }
    if words == ["none"] {
      occasions = []
    } else if known.count == words.count {
      occasions = Set(known)
    } else {
      mistakes.append(
        NoticeMistake(
          "NOTIFY_ON", "is \"\(text)\"; failure,batch is taken", "failure,batch or failure or batch or none"))
    }
  }
}
