import Foundation
import Jobs
import Testing

/// `--format plain`, and terminals that only write one line after the other.
struct PlainOutputTests {
  @Test func `each row is told line by line, with the name of what is told`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let list = try workspace.cpwx("job", "list", "--format", "plain")
      #expect(list.lines.first == "JOB: \(id)")
      #expect(list.lines.contains("STATUS: completed"))
      #expect(list.lines.allSatisfy { $0.contains(": ") && !$0.contains("  ") })
      let show = try workspace.cpwx("job", "show", id, "--format", "plain")
      #expect(show.lines.contains("Status: completed") && show.lines.contains("STAGE: two"))
      #expect(try workspace.cpwx("job", "list", environment: ["CPWX_FORMAT": "plain"]).output == list.output)
    }
  }

  @Test func `several rows stand apart`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("First (2001).mp4", holding: "a")
      try workspace.film("Second (2002).mp4", holding: "b")
      let run = try workspace.cpwx("run", "--format", "plain")
      #expect(run.output.split(separator: "\n\n").count == 2)
      #expect(run.output.contains("TITLE: First") && run.output.contains("TITLE: Second"))
    }
  }

  @Test func `what others wrote forges no line, and steers no terminal`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let file = try workspace.job() + "/manifest.json"
      let forged = try workspace.read(file).replacingOccurrences(
        of: #""title": "Film""#, with: #""title": "Film\nStatus: forged\u001b[2J""#)
      try workspace.write(file, forged)
      for arguments in [["job", "show", "latest"], ["manifest", "show", file]] {
        for format in ["plain", "table"] {
          let outcome = try workspace.start([CPWX.path] + arguments + ["--format", format]).wait()
          #expect(outcome.output.contains("Film Status: forged"), "\(outcome.output)")
          #expect(!outcome.output.contains("\nStatus: forged") && !outcome.output.contains("\u{1B}"))
        }
      }
      try workspace.write("config/pipeline.yaml", "stages:\n  - {name: a, number: one}\n  - {name: b}\n")
      let plain = try workspace.cpwx("doctor", "--format", "plain").lines
      #expect(plain.allSatisfy { $0.contains(": ") && !$0.hasPrefix("/") }, "\(plain)")
      let table = try workspace.cpwx("doctor").lines
      #expect(table.allSatisfy { $0.hasPrefix("  ") || ["OK", "WARNING", "ERROR"].contains($0) }, "\(table)")
    }
  }

  @Test func `on a dumb terminal all is plain, without colours and movement`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      func expectPlain(_ command: String, _ environment: [String: String]) throws {
        let seen = try workspace.start(
          ["script", "-qec", "exec '\(CPWX.path)' \(command)", "/dev/null"], environment: environment
        ).wait()
        #expect(!seen.output.contains("\u{1B}"), "\(command)")
        #expect(!seen.output.contains { "█░→─📋".contains($0) }, "\(command): \(seen.output)")
        #expect(!seen.output.replacing("\r\n", with: "").contains { $0 == "\r" }, "\(command)")
      }
      for command in ["run", "run", "job list", "job show latest", "doctor", "report", "status", "job reindex"] {
        if command == "job list" { try workspace.write("open", "") }
        try expectPlain(command, ["TERM": "dumb"])
      }
      #expect(try workspace.cpwx("run").code == 0)
      // Also where there is nothing that could be asked for --format.
      for command in ["archive latest", "archive extract latest one.out --to there", "archive restore latest"] {
        try expectPlain(command, ["TERM": "xterm", "CPWX_FORMAT": "plain"])
      }
      #expect(try workspace.start(["find", "there", "-name", "one.out"]).wait().lines.count == 1)
      let list = try workspace.start(
        ["script", "-qec", "exec '\(CPWX.path)' job list", "/dev/null"], environment: ["TERM": "dumb"]
      ).wait()
      #expect(list.output.contains("STATUS: completed"))
    }
  }

  @Test func `a pipe has the table, whatever the terminal is`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      let piped = try workspace.cpwx("job", "list", environment: ["TERM": "dumb"])
      #expect(piped.lines.count == 2 && piped.lines[0].hasPrefix("JOB "))
    }
  }

  @Test func `colours are on terminals only, and not where NO_COLOR is set`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      let (escape, green) = ("\u{1B}[", "\u{1B}[32mcompleted\u{1B}[0m")
      for (environment, isColouescape) in [(["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": "1"], false)] {
        let seen = try workspace.start(
          ["script", "-qec", "exec '\(CPWX.path)' job list", "/dev/null"], environment: environment
        ).wait()
        #expect(seen.output.contains(green) == isColouescape)
        #expect(seen.output.contains(escape) == isColouescape)
      }
      let piped = try workspace.cpwx("job", "list", environment: ["TERM": "xterm"])
      #expect(!piped.output.contains("\u{1B}"))
      let always = try workspace.cpwx("job", "list", "--color", "always")
      #expect(always.output.contains(green))
      let plain = try workspace.cpwx("job", "list", "--format", "plain", "--color", "always")
      #expect(!plain.output.contains("\u{1B}"))
    }
  }
}
