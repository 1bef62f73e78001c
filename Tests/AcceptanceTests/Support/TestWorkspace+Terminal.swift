import Foundation
import TextWidth

extension TestWorkspace {
  /// What a terminal of so many columns shows of a command, as lines without escapes.
  func shown(_ command: String, columns: Int, environment: [String: String] = [:]) throws -> [String] {
    let script = "stty cols \(columns); exec '\(CPWX.path)' \(command)"
    let outcome = try start(
      ["script", "-qec", script, "/dev/null"],
      environment: ["TERM": "xterm", "NO_COLOR": "1"].merging(environment) { $1 }
    ).wait()
    return outcome.output.split(whereSeparator: \.isNewline).map { String($0).withoutControls }
  }
}
