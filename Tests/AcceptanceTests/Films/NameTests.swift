import Foundation
import Jobs
import Testing

/// Films are called what they are called.
struct NameTests {
  static let names = [
    "Name With  Spaces (2003).mp4", "it's \"quoted\" `here` $HOME.mkv", "new\nline.mp4", "-n.mp4",
    "--force.mp4",
    "शोले (1975).mp4", "🎬 नाम 映画.webm", "{input} {job_dir} {{x}} ${y}.mp4", "100% *? [a] a:b;c|d&e.mp4",
    "back\\slash\ttab.mp4", String(repeating: "x", count: 251) + ".mp4",
  ]

  /// Tells the stage's argument exactly.
  private static let stage = Stage(
    "see", inputs: ["{input}"], outputs: ["seen"], script: "printf %s \"$2\" > \"$1/seen\"")

  private func with(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with([Self.stage]) { workspace in
      let yaml = try workspace.read("config/pipeline.yaml")
      try workspace.write(
        "config/pipeline.yaml", yaml.replacing("- '{job_dir}'", with: "- '{job_dir}'\n      - '{input}'"))
      try body(workspace)
    }
  }

  @Test func `every name reaches its stage as one argument, to the letter`() throws {
    try with { workspace in
      for name in Self.names { try workspace.film(name, holding: name) }
      let run = try workspace.cpwx("run", "--format", "json")
      #expect(run.code == 0, "\(run.errors)")
      let seen = try workspace.jobs.map { try workspace.read($0 + "/seen") }
      #expect(Set(seen) == Set(Self.names.map { workspace.path("in/" + $0) }))
      let rows = try #require(try JSON(parsing: run.output.utf8).array)
      #expect(Set(rows.compactMap { $0["input"]?.string }) == Set(seen))
      let recorded = try workspace.jobs.map { try workspace.manifest(of: $0)["input"]?["file"]?.string }
      #expect(Set(recorded) == Set(Self.names.map { "in/" + $0 }))
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs.count == Self.names.count)
    }
  }

  @Test func `a name with a leading hyphen can be given after two, or as a path`() throws {
    try with { workspace in
      let film = try workspace.film("-n.mp4")
      #expect(try workspace.cpwx("run", "--", "-n.mp4", in: workspace.path("in")).code == 0)
      #expect(try workspace.cpwx("run", "./-n.mp4", in: workspace.path("in")).code == 0)
      #expect(workspace.jobs.count == 1)
      #expect(try workspace.read(try workspace.job() + "/seen") == film)
    }
  }

  @Test
  func
    `a linked film is the film, a link that leads nowhere is told of, and folders linked in a ring are searched once`()
    throws
  {
    try with { workspace in
      try workspace.write("store/real.mp4", "moving")
      let manager = FileManager.default
      try manager.createSymbolicLink(
        atPath: workspace.path("in/link.mp4"), withDestinationPath: "../store/real.mp4")
      try manager.createSymbolicLink(
        atPath: workspace.path("in/gone.mp4"), withDestinationPath: "nowhere.mp4")
      for loop in ["in/loop", "in/round"] {
        try manager.createSymbolicLink(atPath: workspace.path(loop), withDestinationPath: ".")
      }
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.lines.count == 3, "\(run.output)")
      #expect(run.output.contains("a link to what is not there"))
      #expect(workspace.jobs.count == 1)
      #expect(workspace.runs == ["see"])
    }
  }

  @Test func `what cpwx makes is no film to run, wherever the films are said to be`() throws {
    try with { workspace in
      try workspace.film(holding: "a film")
      #expect(try workspace.cpwx("run").code == 0)
      try workspace.write(try workspace.job() + "/final_output.mp4", "a film with subtitles")
      let again = try workspace.cpwx("run", "-n", workspace.root, "--format", "ndjson")
      #expect(again.lines.count == 1, "\(again.output)")
      let nothing = try workspace.cpwx("run", "")
      #expect(nothing.code == 64 && nothing.errors.contains("an empty path names no film"))
    }
  }

  @Test func `a name that is no text is told of, and the others are run`() throws {
    try with { workspace in
      try workspace.film(holding: "a film")
      let make = #"printf film > "$1/$(printf 'bad\377').mkv"; touch -d '1 hour ago' "$1"/*.mkv"#
      #expect(try workspace.start(["sh", "-c", make, "sh", workspace.path("in")]).wait().code == 0)
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      #expect(run.output.contains("its name is not valid UTF-8; rename it to have it done"), "\(run.output)")
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a name's escapes and bells do not reach the screen`() throws {
    try with { workspace in
      try workspace.film("red\u{1B}[31m\u{07}.mp4", holding: "a film")
      for arguments in [["run", "-n"], ["run"], ["job", "show", "latest"], ["job", "list", "--columns", "input"]] {
        let shown = try workspace.start([CPWX.path] + arguments).wait()
        #expect(!(shown.output + shown.errors).contains { $0 == "\u{1B}" || $0 == "\u{07}" }, "\(arguments)")
      }
    }
  }

  @Test func `numbers in a manifest that cannot be are as good as none`() throws {
    try with { workspace in
      let film = try workspace.film(holding: "a film")
      #expect(try workspace.cpwx("run").code == 0)
      let edit =
        #"s/"(total_seconds|duration_seconds)": [0-9.e-]+/"\1": 1e19/; s/"attempt": [0-9]+/"attempt": 9223372036854775807/"#
      let manifest = try workspace.job() + "/manifest.json"
      #expect(try workspace.start(["sed", "-E", "-i", edit, manifest]).wait().code == 0)
      for arguments in [["job", "stats"], ["job", "show", "latest"], ["manifest", "show", "latest"], ["report"]] {
        #expect(try workspace.start([CPWX.path] + arguments).wait().code == 0, "\(arguments)")
      }
      #expect(try workspace.cpwx("job", "list", "--columns", "job_id,total_seconds").code == 0)
      #expect(try workspace.cpwx("run", "--from-stage", "see", film).code == 0)
    }
  }
}
