internal import Jobs

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
  var mistakes: [String] = []

  static let longestTimeout = 600.0

  init(_ workspace: Workspace, environment: [String: String]) {
    let configured = Dictionary(workspace.config.values(outer: environment), uniquingKeysWith: { $1 })
    func value(_ key: String) -> String? {
      let value = environment[key] ?? configured[key] ?? ""
      return value.isEmpty ? nil : value
    }
    (command, webhook, secret) = (value("NOTIFY_COMMAND"), value("NOTIFY_WEBHOOK"), value("NOTIFY_SECRET"))
    if let url = webhook?.lowercased(), !url.hasPrefix("http://"), !url.hasPrefix("https://") {
      mistakes.append("NOTIFY_WEBHOOK is no http or https URL; nothing is sent there")
      webhook = nil
    }
    if webhook?.lowercased().hasPrefix("https://") == true { proxy = value("HTTPS_PROXY") }
    if let text = value("NOTIFY_ON") { readOccasions(text) }
    if let text = value("NOTIFY_TIMEOUT") {
      if let seconds = parseDuration(text), seconds > 0, seconds <= Self.longestTimeout {
        timeout = seconds
      } else {
        mistakes.append("NOTIFY_TIMEOUT is \"\(text)\", not a duration of up to 10m such as 10s; 10s is taken")
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
      mistakes.append("NOTIFY_ON is \"\(text)\", not of failure, batch and none; failure,batch is taken")
    }
  }
}
