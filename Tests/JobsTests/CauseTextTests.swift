import Testing

@testable import Jobs

struct CauseTextTests {
  @Test(arguments: [
    ("segfault at 0x7f12ab", "segfault at 0xdeadbeef"),
    ("[mov,mp4 @ 0x5581a2c0] moov atom not found", "[mov,mp4 @ 0xaaaae1f0] moov atom not found"),
    ("killed: needed 2.00 GiB of (3GB)", "killed: needed 512.00 MiB of (700MB)"),
    ("2026-01-02 03:04:05,123 ERROR no route to host", "2026-01-03T13:14:05Z ERROR no route to host"),
    ("[03:04:05] ERROR no route to host", "ERROR no route to host"),
    (
      "no space left: '/app/out/2026/01/02/1/20260102-005/a.wav'",
      "no space left: '/app/out/2026/01/02/1/20260102-006/a.wav'"
    ),
  ])
  func `what differs from job to job makes no other cause`(one: String, other: String) {
    #expect(CauseText().normalised(one) == CauseText().normalised(other))
  }

  @Test func `a job's own film does not either`() {
    let sholay = CauseText(title: "Sholay", input: "in/Sholay (1975).mkv").normalised("Sholay (1975).mkv: Invalid data")
    let shole = CauseText(title: "शोले", input: "in/शोले.mkv").normalised("शोले.mkv: Invalid data")
    #expect(sholay == "FILM: Invalid data")
    #expect(shole == sholay)
  }

  @Test func `codes, places in a source and other words do`() {
    #expect(CauseText().normalised("exit code 137") != CauseText().normalised("exit code 1"))
    #expect(CauseText().normalised("line 3 of asr.py") == "line # of asr.py")
    #expect(CauseText().normalised("only 2 of 3 gone") == "only # of # gone")
  }
}
