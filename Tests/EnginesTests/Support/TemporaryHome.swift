import Engines
import Glibc
import Jobs
import SystemPackage
import TestSupport
import Testing

/// An engines' home of its own, with adapters that the test writes, removed when the test ends.
final class TemporaryHome: Sendable {
  private let folder: TemporaryFolder
  let home: EngineHome

  init() throws {
    folder = try TemporaryFolder()
    home = EngineHome(root: folder.root)
  }

  /// Makes the system's Python stand in for the environment's, and adapters of these programs.
  func install(_ adapters: [String: String]) throws {
    try makeFolder(home.python.removingLastComponent())
    let linked = home.python.withPlatformString { symlink("/usr/bin/python3", $0) }
    try #require(linked == 0)
    try makeFolder(home.adapters)
    for (name, program) in adapters { try write(program, to: home.adapters.appending(name)) }
  }

  func write(_ text: String, to path: FilePath) throws { try DurableFile.write(Array(text.utf8), to: path) }

  func text(_ path: FilePath) throws -> String { String(decoding: try DurableFile.read(path), as: UTF8.self) }
}

/// Where this machine's engines are.
let installedEngines: FilePath = {
  func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
  let names = ["CPWX_ENGINES", "XDG_DATA_HOME", "HOME"]
  let environment = Dictionary(uniqueKeysWithValues: names.compactMap { name in variable(name).map { (name, $0) } })
  return (try? EngineHome(environment: environment).root) ?? "/nonexistent"
}()
