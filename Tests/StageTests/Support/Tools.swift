import Engines
import Glibc
import Jobs
import SystemPackage
import Testing

@testable import cpwx_stage

func removeFolder(_ path: FilePath) { _ = path.withPlatformString { rmdir($0) } }

/// Makes media with the real ffmpeg.
func makeMedia(_ arguments: [String], _ output: FilePath) async throws {
  let outcome = try await Program("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments + ["file:\(output)"]).run()
  try #require(outcome.succeeded, "\(outcome.lastLines)")
}

enum Source {
  static let picture = ["-f", "lavfi", "-i", "testsrc=s=160x90:r=10:d=3"]
  static let tone = ["-f", "lavfi", "-i", "sine=d=3"]
}

/// The program under test, as built.
let stageProgram = (runningProgramFolder() ?? "/").appending("cpwx-stage")

/// Runs the built program and returns its exit status and what it wrote to standard error.
func runStage(_ arguments: [String], _ environment: [String: String]) async throws -> (status: Int, errors: String) {
  let cleared: [String: String?] = ["CONFIG_PATH": nil]
  let outcome = try await Program(
    stageProgram.string, arguments, environment: cleared.merging(environment) { $1 }
  ).run()
  return (outcome.status, outcome.lastLines.joined(separator: "\n"))
}

/// A file of the sample film's folder.
func sample(_ ending: String) -> FilePath {
  let here = FilePath(#filePath).removingLastComponent()
  return here.pushing(FilePath("../../../config/samples/super_awesome_company_2018.\(ending)")).lexicallyNormalized()
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

/// A generator whose numbers are the same in each run, so that a failure can be looked into.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  /// SplitMix64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
