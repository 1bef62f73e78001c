internal import Foundation
internal import Jobs
public import SystemPackage

/// A folder of one test; it goes with all that is in it when the test ends.
public final class TemporaryFolder: Sendable {
  public let root: FilePath

  public init() throws {
    root = FilePath(NSTemporaryDirectory()).appending("cpwx-tests-\(UUID().uuidString)")
    try makeFolder(root)
  }

  deinit { try? FileManager.default.removeItem(atPath: root.string) }

  public func path(_ relative: String) -> FilePath { root.pushing(FilePath(relative)) }

  /// Makes a file, and the folders above it.
  @discardableResult
  public func file(_ relative: String, _ content: String = "", mode: FilePermissions? = nil) throws -> FilePath {
    let path = path(relative)
    try makeFolder(path.removingLastComponent())
    try DurableFile.writeFast(Array(content.utf8), to: path, mode: mode)
    return path
  }

  /// Makes a program, and the folders above it.
  ///
  /// Another process writes it: what this one has open to be written, a child that is just being started for another test
  /// has open, too, and the kernel runs no file that somebody may write to.
  @discardableResult
  public func program(_ relative: String, _ text: String) throws -> FilePath {
    let staged = try file("\(relative).text", text)
    let path = path(relative)
    try output(of: ["install", "-m", "700", "--", staged.string, path.string])
    try FileManager.default.removeItem(atPath: staged.string)
    return path
  }

  @discardableResult
  public func folder(_ relative: String) throws -> FilePath {
    try makeFolder(path(relative))
    return path(relative)
  }

  public func text(_ relative: String) throws -> String {
    String(decoding: try DurableFile.read(path(relative)), as: UTF8.self)
  }
}
