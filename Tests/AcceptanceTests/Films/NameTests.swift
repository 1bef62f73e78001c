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

  @Test func `a linked film is the film, and a link that leads nowhere is left out`() throws {
    try with { workspace in
      try workspace.write("store/real.mp4", "moving")
      let manager = FileManager.default
      try manager.createSymbolicLink(
        atPath: workspace.path("in/link.mp4"), withDestinationPath: "../store/real.mp4")
      try manager.createSymbolicLink(
        atPath: workspace.path("in/gone.mp4"), withDestinationPath: "nowhere.mp4")
      try manager.createSymbolicLink(atPath: workspace.path("in/loop"), withDestinationPath: ".")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.jobs.count == 1)
      #expect(workspace.runs == ["see"])
    }
  }
}
