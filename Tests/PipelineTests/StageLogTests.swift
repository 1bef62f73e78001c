import Jobs
import TestSupport
import Testing

@testable import Pipeline

/// What of a stage's output tells how far it is.
struct StageLogTests {
  /// The progress that is told when a stage writes these pieces.
  private func progress(_ pieces: [String], secrets: [String] = []) throws -> [Double] {
    let folder = try TemporaryFolder()
    var told: [Double] = []
    var log = try StageLog(appendingTo: folder.path("stage.log"), secrets: secrets) { fraction, _ in
      told.append(fraction)
    }
    for piece in pieces { log.append(Array(piece.utf8)[...]) }
    log.finish()
    return told
  }

  @Test(
    arguments: [
      (["frame 42%\n"], [0.42]), (["\r 42% \t\r 43%\r"], [0.43]), (["42%|████  | 42/100"], [0.42]),
      (["99.5%\n"], [0.995]),
      (["4", "2%\n"], [0.42]), (["42", "%", "  ", "\n"], [0.42]), (["4", "2%", "|██"], [0.42]),
      (["42%\n", "text\n"], [0.42]),
      (["42%\nmore\n"], [0.42]), (["\r41%", "\r42%", "\r"], [0.41, 0.42]),
      (["42%|█  |", " 1/2", "\r43%|██|"], [0.42, 0.43]),
    ] as [([String], [Double])])
  func `a percentage at a line's end or before a bar is progress, however it is read`(pieces: [String], told: [Double])
    throws
  {
    #expect(try progress(pieces) == told)
  }

  @Test(arguments: [
    ["100% Love (2012).mp4\n"], ["100%", " Love (2012).mp4\n"], ["hard to tell (en, 45%)\n"],
    ["hard to tell (en, 45%", ")\n"],
    ["45% sure\n"], ["45% |\n"], ["250%\n"], ["1.2.3%\n"], ["%\n"], ["45%"],
  ])
  func `a percentage in a text is none`(pieces: [String]) throws {
    #expect(try progress(pieces) == [])
  }

  @Test func `a stage that tells its progress itself is not read for percentages`() throws {
    #expect(try progress(["10%\n", "cpwx:progress 0.5 words\n", "42%\n", "43%|█|", "\n"]) == [0.1, 0.5])
    #expect(try progress(["cpwx:progress nothing\n42%\n"]) == [0.42])
  }
}
