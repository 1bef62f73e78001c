internal import Engines
internal import Jobs

/// One HTTP request by way of `curl`, everything in a configuration on its standard input.
struct CurlRequest: Sendable {
  struct Reply: Sendable {
    /// The HTTP status; `nil` when there was no answer.
    var status: Int?
    var body: [UInt8]
    var retryAfter: Duration?
    /// What curl said.
    var error: String
  }

  var url: String
  var query: [(String, String)]
  var headers: [String]
  var proxy: String?
  /// Seconds for the whole request.
  var limit: Int

  /// - Throws: ``JobError`` with code `missingEngine` when curl is not installed.
  func send() async throws -> Reply {
    let outcome = try await Program(
      "curl", ["--config", "-"], input: Array(configuration.utf8), remedy: "Install it with: apt-get install curl"
    ).run()
    // The last line is what `write-out` added.
    let cut = outcome.output.lastIndex(of: 0x0A) ?? outcome.output.startIndex
    let body = Array(outcome.output[..<cut])
    let marks = String(decoding: outcome.output[cut...], as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let status = marks.first.flatMap { Int($0) } ?? 0
    return Reply(
      status: status > 0 && outcome.succeeded ? status : nil, body: body,
      retryAfter: marks.dropFirst().first.flatMap { Int($0) }.map { .seconds($0) },
      // Of a certificate that is not trusted curl says more, behind the line that says what it is.
      error: outcome.lastLines.last { $0.hasPrefix("curl: (") } ?? outcome.lastLines.last
        ?? "curl ended with status \(outcome.status)")
  }

  private var configuration: String {
    let parameters = query.map { "\(Self.escaped($0.0))=\(Self.escaped($0.1))" }.joined(separator: "&")
    var lines = [
      "silent", "show-error", "compressed", "max-time = \(limit)", "connect-timeout = \(min(limit, 10))",
      "proto = \"=http,https\"", "url = \(curlQuoted(url + "?" + parameters))",
      #"write-out = "\n%{http_code} %header{retry-after}""#,
    ]
    lines += headers.map { "header = \(curlQuoted($0))" }
    if let proxy { lines.append("proxy = \(curlQuoted(proxy))") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String { percentEncoded(text.utf8, keeping: "") }
}
