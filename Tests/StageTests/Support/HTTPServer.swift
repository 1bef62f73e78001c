import Engines
import Jobs
import Synchronization
import SystemPackage
import Testing

/// What the server prints when it listens.
private final class Announcement: Sendable {
  let value = Mutex<Int?>(nil)
}

/// A real HTTP server on loopback that answers as TMDB does, or as TMDB does on a bad day.
///
/// The key decides: `good` is answered, `refused` gets 401, `flaky` a 503 first, `busy` 429 for ever, `slow` waits.
struct HTTPServer: Sendable {
  let port: Int
  /// What was asked, one request a line: path with query, then the Authorization header.
  let log: FilePath

  var base: String { "http://127.0.0.1:\(port)/3" }

  /// Runs `body` with a server that ends with it.
  static func with(_ folder: FilePath, _ body: @Sendable (HTTPServer) async throws -> Void) async throws {
    let script = folder.appending("server.py")
    let log = folder.appending("requests.log")
    try DurableFile.write(Array(Self.program.utf8), to: script)
    let port = Announcement()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        _ = try await Program("python3", ["-u", script.string, log.string]).run(onOutput: { line in
          port.value.withLock { $0 = Int(line) }
        })
      }
      while port.value.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(20)) }
      defer { group.cancelAll() }
      try await body(HTTPServer(port: port.value.withLock { $0 } ?? 0, log: log))
    }
  }

  private static let program = #"""
    import http.server, json, sys, time, urllib.parse
    seen = set()
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            open(sys.argv[1], "a").write(self.path + " " + str(self.headers.get("Authorization")) + "\n")
            url = urllib.parse.urlparse(self.path)
            query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
            key = query.get("api_key", "good")
            if key == "slow": time.sleep(30)
            if key == "refused": return self.answer(401, {"status_message": "Invalid API key"})
            if key == "busy": return self.answer(429, {})
            if key == "html": return self.answer(200, None)
            if key == "flaky" and url.path not in seen:
                seen.add(url.path); return self.answer(503, {})
            if url.path == "/3/search/movie":
                found = "Sholay" in query["query"] and query.get("year") in (None, "1975")
                return self.answer(200, {"results": [{"id": 7, "title": "Sholay", "release_date": "1975-08-15"}] if found else []})
            self.answer(200, {"id": 7, "title": "Sholay", "release_date": "1975-08-15", "overview": "Two friends.",
                "credits": {"cast": [{"name": "Amjad Khan", "character": "Gabbar Singh"}], "crew": []}})
        def answer(self, status, body):
            self.send_response(status); self.end_headers()
            self.wfile.write(b"<html>" if body is None else json.dumps(body).encode())
        def log_message(self, *a): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port)
    server.serve_forever()
    """#
}
