import Foundation
import Testing

/// Films that programs are copying into the folder while a run watches it, or looks at it once.
struct CopyTests {
  /// Takes the film's size down, so that a film that was begun early shows.
  private static let measuring = Stage("measure", script: "wc -c < \"$CPWX_TEST_FILM\" >> sizes")

  /// A run that watches the folder, and may settle in that time.
  private func watch(_ workspace: TestWorkspace, settle: String) throws -> Program {
    try workspace.startCPWX(
      "run", "--watch", "--settle", settle, environment: ["CPWX_TEST_FILM": workspace.path("in/film.mp4")])
  }

  private func checkDone(_ workspace: TestWorkspace, _ run: Program, size: Int) throws {
    #expect(eventually { workspace.runs.count == 1 })
    #expect(eventually { (try? workspace.read("sizes")) == "\(size)\n" }, "the whole film, once")
    run.send(SIGTERM)
    #expect(try run.wait().code == 143)
    #expect(try workspace.cpwx("run").code == 0)
    #expect(workspace.jobs.count == 1)
  }

  @Test func `a film that rsync brings is begun when it is whole, and told of as pending before`() throws {
    try TestWorkspace.with([Self.measuring]) { workspace in
      let size = 3_000_000
      try workspace.write("elsewhere/film.mp4", Data(count: size))
      let run = try watch(workspace, settle: "0.2s")
      let copy = try workspace.start(
        ["rsync", "--times", "--bwlimit=1000", "--whole-file", "elsewhere/film.mp4", "in/film.mp4"])
      #expect(eventually { workspace.tree("in").contains { $0.hasPrefix(".film.mp4.") } })
      // However long a look takes here: all of rsync's processes pause.
      kill(-copy.pid, SIGSTOP)
      #expect(try workspace.cpwx("run", "-n").output.contains("a copy under way"))
      #expect(workspace.runs == [])
      kill(-copy.pid, SIGCONT)
      #expect(try copy.wait().code == 0)
      try checkDone(workspace, run, size: size)
    }
  }

  @Test func `a copy that cp makes, and that pauses for longer than films settle, is not begun while it pauses`() throws
  {
    try TestWorkspace.with([Self.measuring]) { workspace in
      let run = try watch(workspace, settle: "0.3s")
      let source = try workspace.start(
        ["sh", "-c", "mkfifo pipe && { printf half; until test -e open; do sleep 0.02; done; printf rest; } > pipe"])
      #expect(eventually { workspace.exists("pipe") })
      let copy = try workspace.start(["cp", "pipe", "in/film.mp4", "--copy-contents"])
      #expect(eventually { (try? workspace.read("in/film.mp4")) == "half" })
      // Three times as long as a film must have been still.
      usleep(1_000_000)
      #expect(try workspace.cpwx("run", "-n").output.contains("still writing"))
      #expect(workspace.runs == [])
      try workspace.write("open", "")
      #expect(try source.wait().code == 0)
      #expect(try copy.wait().code == 0)
      try checkDone(workspace, run, size: 8)
    }
  }

  @Test func `a copy that is written from elsewhere, piece by piece, is begun once it has been still for long enough`()
    throws
  {
    try TestWorkspace.with([Self.measuring], inMemory: true) { workspace in
      let run = try watch(workspace, settle: "4s")
      // As a file server writes: open for each piece, and closed between them.
      let copy = try workspace.start(
        ["sh", "-c", "for piece in 1 2 3 4 5; do printf piece >> in/film.mp4; sleep 0.7; done"])
      #expect(try copy.wait().code == 0)
      #expect(workspace.runs == [], "it was never still for as long")
      try checkDone(workspace, run, size: 25)
    }
  }
}
