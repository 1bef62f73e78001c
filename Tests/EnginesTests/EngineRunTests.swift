import Engines
import Jobs
import Synchronization
import SystemPackage
import TestSupport
import Testing

struct EngineRunTests {
  private func engine(_ program: String) throws -> (TemporaryHome, Engine) {
    let temporary = try TemporaryHome()
    try temporary.install(["asr_test.py": program])
    let description: JSON = ["engine": .string("test"), "stage": .string("asr"), "available": .bool(true)]
    return (temporary, try Engine(describedBy: description, adapter: temporary.home.adapters.appending("asr_test.py")))
  }

  @Test func `request and result go as JSON, progress and log lines apart`() async throws {
    let (temporary, engine) = try engine(
      """
      import json, os, sys
      request = json.load(sys.stdin)
      print("progress 0.5\\nloading\\nprogress 7", file=sys.stderr)
      json.dump({"echo": request["text"], "home": os.environ["CPWX_ENGINES"], "path": os.environ.get("PYTHONPATH")}, sys.stdout)
      """)
    let fractions = Mutex<[Double]>([])
    let lines = Mutex<[String]>([])
    let result = try await engine.run(
      ["text": .string("नमस्ते")], in: temporary.home, progress: { value in fractions.withLock { $0.append(value) } },
      log: { line in lines.withLock { $0.append(line) } })
    #expect(result["echo"] == .string("नमस्ते"))
    #expect(result["home"] == .string(temporary.home.root.string))
    #expect(result["path"] == .null)
    #expect(fractions.withLock { $0 } == [0.5, 1])
    #expect(lines.withLock { $0 } == ["loading"])
  }

  @Test(arguments: [(64, JobError.Code.usage), (65, .damaged), (69, .missingEngine), (70, .io), (1, .io)])
  func `exit statuses become errors in the engine's own words`(status: Int, code: JobError.Code) async throws {
    let (temporary, engine) = try engine(
      "import sys; print('error: no such luck', file=sys.stderr); sys.exit(\(status))")
    let error = try await expectError(code) {
      _ = try await engine.run(.object(.init()), in: temporary.home, progress: { _ in }, log: { _ in })
    }
    #expect(error.description == "test: no such luck")
  }

  @Test func `an engine that is killed points at the memory`() async throws {
    let (temporary, engine) = try engine("import os; os.kill(os.getpid(), 9)")
    let error = try await expectError(.io) {
      _ = try await engine.run(.object(.init()), in: temporary.home, progress: { _ in }, log: { _ in })
    }
    #expect(error.description.contains("memory"))
  }

  @Test func `an answer that is no JSON is refused`() async throws {
    let (temporary, engine) = try engine("print('hello')")
    try await expectError(.io) {
      _ = try await engine.run(.object(.init()), in: temporary.home, progress: { _ in }, log: { _ in })
    }
  }
}
