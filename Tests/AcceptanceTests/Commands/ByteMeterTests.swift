import Foundation
import Testing
import TextWidth

@testable import cpwx

/// The line that tells on a terminal how far some work on bytes is.
struct ByteMeterTests {
  @Test(arguments: [
    (1_200_000_000, 4_800_000_000, 60.0, "archiving  1.2 GB of 4.8 GB  25 %  about 3 min 00 s left"),
    (0, 4_800_000_000, 60.0, "archiving  0 B of 4.8 GB  0 %"),
    (2_400_000_000, 4_800_000_000, 0.5, "archiving  2.4 GB of 4.8 GB  50 %"),
    (4_800_000_000, 4_800_000_000, 60.0, "archiving  4.8 GB of 4.8 GB  100 %  about 0.0 s left"),
    (5_000_000_000, 4_800_000_000, 60.0, "archiving  5.0 GB of 4.8 GB  100 %  about 0.0 s left"),
    (0, 0, 60.0, "archiving  0 B of 0 B  0 %"),
  ])
  func `tells bytes, their total, the part and the time that is left`(
    done: Int, total: Int, seconds: Double, line: String
  ) {
    #expect(ByteMeter.line("archiving", done, total, seconds: seconds) == line)
  }

  @Test func `stands on a terminal while jobs are archived, with how many there are`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let noise = "head -c 150M /dev/urandom > \"$1/noise.bin\""
      #expect(try workspace.start(["sh", "-c", noise, "sh", try workspace.job()]).wait().code == 0)
      let shown = try workspace.shown("archive \(id)", columns: 100)
      let line = /0\/1 jobs  [\d.]+ [kMG]?B of 157 MB  \d+ %.*/
      #expect(shown.contains { $0.contains(line) }, "\(shown)")
      #expect(shown.contains { $0.contains("\(id) archived  157 MB") }, "\(shown)")
    }
  }

  @Test func `tells on a terminal how long archiving will still take, once a second has told how fast it is`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try workspace.start(["truncate", "-s", "150M", workspace.job() + "/zeros.bin"]).wait().code == 0)
      // A second is sixty by this clock: however fast the machine is, some have passed.
      let clock = "faketime -m --exclude-monotonic -f '+0 x60' env NO_FAKE_STAT=1"
      let script = "stty cols 100; exec \(clock) '\(CPWX.besideTests)' archive \(id)"
      let outcome = try workspace.start(
        ["script", "-qec", script, "/dev/null"], environment: ["TERM": "xterm", "NO_COLOR": "1"]
      ).wait()
      let shown = outcome.output.split(whereSeparator: \.isNewline).map { String($0).withoutControls }
      let line = /0\/1 jobs  [\d.]+ [kMG]?B of 157 MB  \d+ %  about .*\d.* left/
      #expect(shown.contains { $0.contains(line) }, "\(shown)")
      #expect(shown.contains { $0.contains("1 job archived: 157 MB in ") }, "\(shown)")
      #expect(workspace.jobs.isEmpty && workspace.archives.count == 1)
    }
  }
}
