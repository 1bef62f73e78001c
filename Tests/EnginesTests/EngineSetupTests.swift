import Defaults
import Jobs
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Engines

/// Setups of small engines that need no network: the real Python, a real environment, the real pip.
struct EngineSetupTests {
  private static let files: [(name: String, bytes: [UInt8])] = [
    ("requirements.txt", Array("# nothing\n".utf8)), ("models.txt", []), ("weights.txt", []),
    ("asr_test.py", Array("print('{}')".utf8)),
    ("prepare.py", Array("import os; print('prepared in', os.environ['CPWX_ENGINES'])".utf8)),
  ]

  private final class Journal: Sendable {
    let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
  }

  private func setup(
    _ temporary: TemporaryHome, _ change: (inout [(name: String, bytes: [UInt8])]) -> Void = { _ in }
  ) async throws -> (EngineSetup.Outcome, String) {
    var files = Self.files
    change(&files)
    let journal = Journal()
    let outcome = try await EngineSetup(temporary.home, files: files) { line in
      journal.lines.withLock { $0.append(line) }
    }.run()
    return (outcome, journal.text)
  }

  @Test func `a setup installs once, then only what changed, and mends what broke`() async throws {
    let temporary = try TemporaryHome()
    let first = try await setup(temporary)
    #expect(first.0 == .installed && first.1.contains("prepared in \(temporary.home.root)"))
    #expect(exists(temporary.home.adapters.appending("asr_test.py")))
    let second = try await setup(temporary)
    #expect(second.0 == .upToDate && second.1.contains("are up to date"))

    let adapter = try await setup(temporary) { $0[3].bytes = Array("print('[]')".utf8) }
    #expect(adapter.0 == .adapters && !adapter.1.contains("installing"))
    #expect(try temporary.text(temporary.home.adapters.appending("asr_test.py")) == "print('[]')")

    let list = try await setup(temporary) { $0[1].bytes = Array("# another\n".utf8) }
    #expect(list.0 == .installed && list.1.contains("speech models") && !list.1.contains("Python packages"))

    unlink(temporary.home.python)
    let mended = try await setup(temporary) { $0[1].bytes = Array("# another\n".utf8) }
    #expect(mended.0 == .installed && mended.1.contains("making a Python environment"))
  }

  @Test func `a setup that was killed goes on where it stopped`() async throws {
    let temporary = try TemporaryHome()
    _ = try await setup(temporary)
    unlink(temporary.home.installed.appending("complete"))
    unlink(temporary.home.installed.appending("weights.txt"))
    let again = try await setup(temporary)
    #expect(again.1.contains("voice weights") && !again.1.contains("speech models"))
    #expect(await EngineSetup(temporary.home, files: Self.files, log: { _ in }).isUpToDate())
  }

  @Test func `a package that cannot be had fails by name, and the next run goes on`() async throws {
    let temporary = try TemporaryHome()
    let error = try await expectError(.missingEngine) {
      _ = try await setup(temporary) { $0[0].bytes = Array("/nonexistent/package.whl\n".utf8) }
    }
    #expect(
      error.description.contains("requirements.txt") && error.description.contains("package.whl is not a valid wheel"))
    #expect(try await setup(temporary).0 == .installed)
  }

  @Test func `two setups do not meet`() async throws {
    let temporary = try TemporaryHome()
    let lock = try FileLock.take(temporary.home.root.appending(".setup.lock"), subject: "test")
    try await expectError(.locked) { _ = try await setup(temporary) }
    _ = consume lock
  }

  @Test func `the binary carries every file of the engines' folder`() throws {
    let folder = FilePath(#filePath).removingLastComponent().pushing("../../config/engines").lexicallyNormalized()
    let files = names(in: folder).filter { $0.hasSuffix(".py") || $0.hasSuffix(".txt") }
    #expect(Defaults.engines.map(\.name).sorted() == files.sorted())
    for file in Defaults.engines {
      #expect(try DurableFile.read(folder.appending(file.name)) == file.bytes, "\(file.name)")
    }
  }
}
