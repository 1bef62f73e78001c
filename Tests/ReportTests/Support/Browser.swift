import Foundation
import SystemPackage
import TestSupport
import Testing

/// A real browser without a window.
struct Browser {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  struct Visit {
    /// The document after its scripts have run.
    var dom: String
    /// Errors of scripts, and what the page's policy refused.
    var complaints: [String]
    /// What was asked for over any network.
    var requests: [String]

    /// Whether the document holds a text. Not asked of the document itself, which a failure would print whole.
    func holds(_ text: String) -> Bool { dom.contains(text) }

    /// The films that are not hidden, in their order.
    var films: [String] {
      dom.matches(of: /<tr class="[a-z_]+" id="j([^"]*)"([^>]*)>/)
        .filter { !$0.2.contains("hidden") }.map { String($0.1) }
    }
  }

  /// Opens a page.
  ///
  /// - Parameter hash: the part of the address after the `#`.
  func visit(_ page: FilePath, hash: String = "") async throws -> Visit {
    let (log, errors) = (folder.path("net.json").string, folder.path("errors").string)
    let script = """
      exec chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-extensions --disable-background-networking \
      --disable-component-update --user-data-dir="$1/profile" --enable-logging=stderr --log-net-log="$1/net.json" \
      --dump-dom "$2" 2> "$1/errors"
      """
    let address = "file://\(page.string)" + (hash.isEmpty ? "" : "#\(hash)")
    let command = ["timeout", "600", "sh", "-c", script, "sh", folder.root.string, address]
    let dom = try await onThread { try output(of: command) }
    let said = try String(contentsOfFile: errors, encoding: .utf8)
    let asked = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return Visit(
      dom: dom, complaints: said.split(separator: "\n").filter { $0.contains("CONSOLE") }.map(String.init),
      requests: asked.matches(of: /"url":"(?:https?|wss?):\/\/([^\/"]*)/).map { String($0.1) }.filter { host in
        // The browser's own.
        !["google.com", "googleapis.com", "gstatic.com", "gvt1.com"].contains { host.hasSuffix($0) }
      })
  }
}

/// Does what waits on a thread of its own: of those that tasks share there are few, and other tests would wait with it.
private func onThread(_ body: @escaping @Sendable () throws -> String) async throws -> String {
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<String, any Error>) in
    Thread.detachNewThread {
      do {
        let said = try body()
        continuation.resume(returning: said)
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
