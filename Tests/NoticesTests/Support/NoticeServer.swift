import Foundation
import Jobs
import SystemPackage

/// A real HTTP server on loopback that has good days and bad ones, and notes what it was sent.
final class NoticeServer {
  let port: Int
  private let process = Process()
  private let log: FilePath

  /// - Parameters:
  ///   - answers: a status, `stall` (takes the request and never answers), `close` (hangs up), or `slow` (200, after a
  ///     moment), for one request after the other; 200 for those that come later. `down` alone: it has its port, which no
  ///     other program gets then, and does not listen at it; another server may.
  ///   - secret: what signatures are checked with, by Python's own hmac.
  ///   - port: 0 takes a free one.
  init(_ folder: FilePath, answers: [String] = [], secret: String = "", port: Int = 0) throws {
    log = folder.appending("requests.log")
    let said = Foundation.Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["python3", "-u", "-c", Self.program, log.string, String(port), secret] + answers
    process.standardOutput = said
    try process.run()
    var line: [UInt8] = []
    // Python may write the number and the newline one after the other.
    while line.last != 0x0A {
      let piece = said.fileHandleForReading.availableData
      if piece.isEmpty { break }
      line += piece
    }
    self.port = Int(String(decoding: line.dropLast(), as: UTF8.self)) ?? 0
  }

  deinit { stop() }

  var url: String { "http://127.0.0.1:\(port)/hook?token=in-the-url" }

  func stop() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// What came, in order: headers in `id`, `event`, `type`, whether it is `signed`, `answer`, `body`, and whether the
  /// secret or the URL stood among the arguments of any process meanwhile (`shown`).
  var requests: [JSON] {
    let bytes = (try? DurableFile.read(log)) ?? []
    return bytes.split(separator: 0x0A).compactMap { try? JSON(parsing: $0) }
  }

  private static let program = #"""
    import glob, hashlib, hmac, http.server, json, sys, threading, time
    log, port, secret, answers = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    lock = threading.Lock()
    def shown():
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try: line = open(path, "rb").read()
            except OSError: continue
            # This program itself, and others of its kind.
            if b"http.server" in line: continue
            if b"in-the-url" in line or secret and secret.encode() in line: return True
        return False
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            with lock:
                answer = answers.pop(0) if answers else "200"
                with open(log, "a") as file:
                    file.write(json.dumps({
                        "id": self.headers["X-Cpwx-Delivery"], "event": self.headers["X-Cpwx-Event"],
                        "type": self.headers["Content-Type"], "answer": answer, "body": body.decode(),
                        "path": self.path, "has_signature": "X-Cpwx-Signature" in self.headers, "shown": shown(),
                        "signed": hmac.compare_digest(expected, str(self.headers["X-Cpwx-Signature"]))}) + "\n")
            if answer == "stall": time.sleep(60)
            if answer == "close": return self.connection.close()
            if answer == "slow": time.sleep(0.1); answer = "200"
            if answer == "stall": return
            self.send_response(int(answer))
            if answer == "429": self.send_header("Retry-After", "600")
            self.send_header("Content-Length", "2"); self.end_headers()
            self.wfile.write(b"ok")
        def log_message(self, *arguments): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler, bind_and_activate=False)
    server.daemon_threads = True
    server.server_bind()
    is_down = answers == ["down"]
    if not is_down: server.server_activate()
    print(server.server_port)
    if is_down: threading.Event().wait()
    server.serve_forever()
    """#
}
