import Foundation
import SystemPackage
import TestSupport

@testable import Jobs

/// A workspace of one test; it goes when the test ends.
final class TemporaryWorkspace: Sendable {
  private let place: TemporaryFolder

  /// - Parameter env: the bytes of config/.env; `nil` for a workspace without one.
  init(env: [UInt8]? = Array("USER_ID=1\n".utf8)) throws {
    place = try TemporaryFolder()
    try folder("config")
    if let env { try DurableFile.write(env, to: path("config/.env")) }
  }

  var root: FilePath { place.root }

  var workspace: Workspace {
    get throws { try Workspace(at: root, environment: [:]) }
  }

  func path(_ relative: String) -> FilePath { place.path(relative) }

  @discardableResult
  func file(_ relative: String, _ content: String = "") throws -> FilePath { try place.file(relative, content) }

  func folder(_ relative: String) throws { try place.folder(relative) }

  func text(_ relative: String) throws -> String { try place.text(relative) }

  func remove(_ relative: String) throws { try FileManager.default.removeItem(atPath: path(relative).string) }
}

/// A moment given in local time.
func moment(_ text: String) -> Timestamp { Timestamp(text)! }
