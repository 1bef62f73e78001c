import Engines
import Jobs
import Synchronization
import SystemPackage
import TestSupport
import Testing

struct ProgramTests {
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
    func add(_ line: String) { all.withLock { $0.append(line) } }
    var text: [String] { all.withLock { $0 } }
  }

  @Test func `output is collected, error lines are handed on, the status is no error`() async throws {
    let lines = Lines()
    let outcome = try await Program(
      "sh", ["-c", "cat; echo one >&2; printf 'two\\rthree' >&2; exit 7"], input: [65, 0, 66]
    )
    .run(onError: lines.add)
    #expect(outcome.status == 7 && !outcome.succeeded)
    #expect(outcome.output == [65, 0, 66])
    #expect(lines.text == ["one", "two", "three"] && outcome.lastLines == lines.text)
  }

  @Test func `input that nobody reads harms nothing`() async throws {
    let outcome = try await Program("true", [], input: [UInt8](repeating: 0x20, count: 1 << 20)).run()
    #expect(outcome.succeeded)
  }

  @Test func `much output on both streams does not stop it`() async throws {
    let lines = Lines()
    let script = "i=0; while [ $i -lt 20000 ]; do echo $i; echo e$i >&2; i=$((i+1)); done"
    let outcome = try await Program("sh", ["-c", script]).run(onOutput: lines.add)
    #expect(lines.text.count == 20_000 && lines.text.last == "19999")
    #expect(outcome.lastLines.last == "e19999")
  }

  @Test func `arguments and variables arrive as they are`() async throws {
    let outcome = try await Program(
      "sh", ["-c", "printf '%s|' \"$@\" \"$NEW\" \"${HOME-none}\"", "-", "-x", "a b\n\"c\"", "हिन्दी"],
      environment: ["NEW": "value", "HOME": nil]
    ).run()
    #expect(String(decoding: outcome.output, as: UTF8.self) == "-x|a b\n\"c\"|हिन्दी|value|none|")
  }

  @Test func `a program that is not installed is named, with what to do`() async throws {
    let error = try await expectError(.missingEngine) {
      _ = try await Program("no-such-program", [], remedy: "Install it.").run()
    }
    #expect(error.description == "no-such-program: is not installed\n  Install it.")
  }

  @Test func `a signal is told apart from an exit`() async throws {
    let outcome = try await Program("sh", ["-c", "kill -9 $$"]).run()
    #expect(outcome.signal == 9 && outcome.status == 137)
  }

  @Test func `cancelling ends the program, and gives it time to clean up`() async throws {
    let temporary = try TemporaryHome()
    let mark = temporary.home.root.appending("cleaned")
    let lines = Lines()
    let task = Task {
      let script = "trap ': > \"$0\"; exit 3' TERM; echo up; while :; do sleep 0.05; done"
      return try await Program("sh", ["-c", script, mark.string]).run(onOutput: lines.add)
    }
    while lines.text.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(exists(mark))
  }

  @Test func `what takes too long is ended and named`() async throws {
    let error = try await expectError(.io) {
      _ = try await within(.milliseconds(200), "sleeper") { try await Program("sleep", ["600"]).run() }
    }
    #expect(error.subject == "sleeper")
  }
}
