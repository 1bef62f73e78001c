import Engines
import Jobs
import SystemPackage
import Testing

@testable import cpwx_stage

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
