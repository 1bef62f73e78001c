internal import Hashing
internal import Jobs
internal import SystemPackage

/// Delivers to NOTIFY_WEBHOOK: a POST of the document by way of `curl`, a status of 2xx for delivered.
///
/// The URL, the proxy and the signature reach curl by its standard input, where no list of processes shows them.
struct WebhookCarrier: Carrier {
  let url: String
  let secret: String?
  let proxy: String?
  let workspace: Workspace
  let environment: [String: String]
  let secrets: [String]

  var target: NoticeTarget { .webhook }

  func deliver(_ event: NoticeEvent, until limit: () -> ContinuousClock.Instant) -> DeliveryAnswer {
    let body = event.body
    var variables = environment
    variables["CPWX_EVENT_ID"] = event.id
    let program = HelperProgram(
      arguments: ["curl", "--disable", "--config", "-"], environment: variables, folder: workspace.root,
      input: Array(configuration(event, body, seconds: (limit() - .now) / .seconds(1)).utf8), attachment: body)
    do {
      let outcome = try program.run(until: limit)
      if outcome.isLate { return .unavailable("it gave no answer in time", after: nil) }
      return answer(outcome)
    } catch {
      return .failed("curl could not be started: \(error)")
    }
  }

  private func answer(_ outcome: HelperProgram.Outcome) -> DeliveryAnswer {
    let marks = outcome.lines.last { $0.hasPrefix(Self.mark) }?.split(separator: " ") ?? []
    let status = marks.dropFirst().first.flatMap { Int($0) } ?? 0
    let after = marks.dropFirst(2).first.flatMap { Double($0) }
    // A status alone is not enough: the connection may have ended in the middle of the answer.
    guard outcome.status == 0, status > 0 else {
      if outcome.status == Self.notFound { return .unavailable("curl is not installed", after: nil) }
      // Of a certificate that is not trusted curl says more, behind the line that says what it is.
      let said =
        outcome.lines.last { $0.hasPrefix("curl: (") } ?? outcome.lines.last { !$0.hasPrefix(Self.mark) }
        ?? "curl ended with \(outcome.status ?? -1)"
      return .unavailable(Secrets.masked(said, secrets), after: nil)
    }
    switch status {
    case 200..<300: return .delivered
    case 408: return .failed("it answered \(status)")
    case 429, 503: return .unavailable("it answered \(status)", after: after)
    case 500...: return .failed("it answered \(status)")
    default: return .refused("it answered \(status)")
    }
  }

  private static let mark = "cpwx-status "
  /// What a shell says of a program that is not there.
  private static let notFound = 127

  /// - Parameter seconds: how long curl goes on should nobody be there to end it.
  private func configuration(_ event: NoticeEvent, _ body: [UInt8], seconds: Double) -> String {
    var headers = [
      "Content-Type: application/json", "User-Agent: cpwx", "X-Cpwx-Event: \(event.kind)",
      "X-Cpwx-Delivery: \(event.id)",
    ]
    if let secret {
      headers.append("X-Cpwx-Signature: sha256=\(HMACSHA256.hex(of: body, key: Array(secret.utf8)))")
    }
    var lines = [
      "silent", "show-error", "globoff", "proto = \"=http,https\"", "max-time = \(max(1, Int(seconds.rounded(.up))))",
      "output = \"/dev/null\"",
      "url = \(curlQuoted(url))", "data-binary = \"@\(HelperProgram.attachmentPath)\"",
      #"write-out = "\n\#(Self.mark)%{http_code} %header{retry-after}\n""#,
    ]
    lines += headers.map { "header = \(curlQuoted($0))" }
    if let proxy { lines.append("proxy = \(curlQuoted(proxy))") }
    return lines.joined(separator: "\n") + "\n"
  }
}
