internal import Engines
internal import Jobs
internal import Notices

/// The NOTIFY_ settings: a night that fails in silence is found out in the morning.
struct NoticeChecks {
  let workspace: Workspace
  let environment: [String: String]

  func run() async -> [CheckResult] {
    let mistakes = NoticeMistake.all(in: workspace, environment: environment).map {
      CheckResult.error("config \($0.setting)", $0.message, "Expected \($0.expected).")
    }
    return mistakes + [await command, await webhook, secret].compactMap { $0 }
  }

  private func value(_ key: String) -> String? {
    let configured = Dictionary(workspace.config.values(outer: environment), uniquingKeysWith: { $1 })
    let value = environment[key] ?? configured[key] ?? ""
    return value.isEmpty ? nil : value
  }

  /// Whether sh can read the command; it is not run.
  private var command: CheckResult? {
    get async {
      guard let command = value("NOTIFY_COMMAND") else { return nil }
      let program = Program("sh", ["-n", "-c", command], environment: ["PATH": environment["PATH"]])
      guard let outcome = try? await program.run(), !outcome.succeeded else { return nil }
      return .error(
        "config NOTIFY_COMMAND", "sh cannot read it; nobody is told of failures",
        "Try it: echo '{}' | sh -c \"$NOTIFY_COMMAND\"")
    }
  }

  private var webhook: CheckResult? {
    get async {
      guard value("NOTIFY_WEBHOOK") != nil else { return nil }
      let program = Program("curl", ["--version"], environment: ["PATH": environment["PATH"]])
      if let outcome = try? await program.run(), outcome.succeeded { return nil }
      return .error(
        "config NOTIFY_WEBHOOK", "curl, which posts to it, is not to be had; nobody is told of failures",
        "Install it: apt-get install curl")
    }
  }

  private var secret: CheckResult? {
    guard value("NOTIFY_SECRET") != nil, value("NOTIFY_WEBHOOK") == nil else { return nil }
    return .warning(
      "config NOTIFY_SECRET", "signs what is posted to NOTIFY_WEBHOOK, and that is not set",
      "Set NOTIFY_WEBHOOK, or remove it.")
  }
}
