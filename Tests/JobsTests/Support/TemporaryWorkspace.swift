import Foundation
import SystemPackage

@testable import Jobs

/// A workspace of one test; it goes when the test ends.
final class TemporaryWorkspace: Sendable {
  let root: FilePath

  /// - Parameter env: the bytes of config/.env; `nil` for a workspace without one.
  init(env: [UInt8]? = Array("USER_ID=1\n".utf8)) throws {
    root = FilePath(NSTemporaryDirectory()).appending("jobs-\(UUID().uuidString)")
    try makeFolder(root.appending("config"))
    if let env { try DurableFile.write(env, to: root.appending("config").appending(".env")) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root.string) }

  var workspace: Workspace {
    get throws { try Workspace(at: root, environment: [:]) }
  }

  func path(_ relative: String) -> FilePath { root.pushing(FilePath(relative)) }

  @discardableResult
  func file(_ relative: String, _ content: String = "") throws -> FilePath {
    let path = path(relative)
    try makeFolder(path.removingLastComponent())
    try DurableFile.write(Array(content.utf8), to: path)
    return path
  }

  func folder(_ relative: String) throws { try makeFolder(path(relative)) }

  func text(_ relative: String) throws -> String {
    String(decoding: try DurableFile.read(path(relative)), as: UTF8.self)
  }

  func remove(_ relative: String) throws { try FileManager.default.removeItem(atPath: path(relative).string) }
}

/// A moment given in local time.
func moment(_ text: String) -> Timestamp { Timestamp(text)! }
