import Engines
import Glibc
import Jobs
import SystemPackage
import Testing

/// An engines' home of its own, with adapters that the test writes, removed when the test ends.
final class TemporaryHome: Sendable {
  let home: EngineHome

  init() throws {
    home = EngineHome(root: FilePath("/tmp/cpwx-engines-tests-\(String(UInt64.random(in: .min ... .max), radix: 36))"))
    try makeFolder(home.root)
  }

  deinit { removeTree(home.root) }

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

/// Removes a folder with all that is in it; links are not followed.
func removeTree(_ folder: FilePath) {
  for name in names(in: folder) {
    let path = folder.appending(name)
    if !unlink(path) { removeTree(path) }
  }
  _ = folder.withPlatformString { rmdir($0) }
}

/// Expects a ``JobError`` of one code from `body`, and returns it.
@discardableResult
func expectError(
  _ code: JobError.Code, _ location: SourceLocation = #_sourceLocation, from body: () async throws -> Void
) async throws -> JobError {
  do {
    try await body()
  } catch let error as JobError {
    #expect(error.code == code, "\(error)", sourceLocation: location)
    return error
  }
  Issue.record("no error was thrown", sourceLocation: location)
  throw CancellationError()
}

/// Where this machine's engines are.
let installedEngines: FilePath = {
  func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
  let names = ["CPWX_ENGINES", "XDG_DATA_HOME", "HOME"]
  let environment = Dictionary(uniqueKeysWithValues: names.compactMap { name in variable(name).map { (name, $0) } })
  return (try? EngineHome(environment: environment).root) ?? "/nonexistent"
}()
