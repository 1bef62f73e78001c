import Foundation
import Jobs
import Testing

/// `cpwx job path` and `cpwx job env`: what scripts go on with.
struct JobPlaceTests {
  @Test func `path is absolute, of the job or of its logs, from wherever it is asked`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let paths: [([String], String)] = [([], job), (["--logs"], logs)]
      for (options, expected) in paths {
        let question = [CPWX.path, "job", "path"] + options
        for place in [workspace.root, job, workspace.path("in")] {
          let outcome = try workspace.start(question + ["latest"], in: place).wait()
          #expect(outcome.output == expected + "\n" && outcome.code == 0 && outcome.errors == "", "\(outcome)")
        }
        let outside = try workspace.start(question + [id, "-C", workspace.root], in: "/").wait()
        #expect(outside.output == expected + "\n", "\(outside)")
        let named = try workspace.start(
          question + [id], in: "/", environment: ["CPWX_WORKSPACE": workspace.root]
        ).wait()
        #expect(named.output == expected + "\n", "\(named)")
      }
      let shell =
        "cd \"$(\"$0\" job path latest)\" && cat one.out && cd \"$(\"$0\" job path --logs latest)\" && ls one.log"
      let went = try workspace.start(["sh", "-ec", shell, CPWX.path]).wait()
      #expect(went.code == 0 && went.lines == ["one ", "one.log"], "\(went)")
      #expect(try workspace.start([CPWX.path, "job", "path", "latest"], in: "/").wait().code != 0)
    }
  }

  @Test func `env says the same in every format, in the file's order`() throws {
    let config = ["# what a film is", "FILM_NAME='Two words, \"quoted\"'", "PRICE=\"5 \\$ & more\"", "EMPTY="]
    try TestWorkspace.with(config: config) { workspace in
      try workspace.cpwx("job", "create")
      let json = try JSON(parsing: try workspace.cpwx("job", "env", "latest", "--format", "json").output.utf8)
      #expect(json["FILM_NAME"]?.string == "Two words, \"quoted\"")
      #expect(json["PRICE"]?.string == "5 $ & more")
      #expect(json["EMPTY"]?.string == "")
      let names = try #require(json.object?.names)
      #expect(names.prefix(3) == ["FILM_NAME", "PRICE", "EMPTY"])
      #expect(names.contains("JOB_ID") && names.contains("USER_ID"))
      let rows = try workspace.cpwx("job", "env", "latest", "--format", "ndjson").lines.map {
        try JSON(parsing: $0.utf8)
      }
      #expect(rows.map { $0["key"]?.string } == names)
      #expect(rows.map { $0["value"]?.string } == names.map { json[$0]?.string })
      let csv = try workspace.cpwx("job", "env", "latest", "--format", "csv").lines
      #expect(csv.count == names.count + 1)
      #expect(csv.prefix(2) == ["key,value", "FILM_NAME,\"Two words, \"\"quoted\"\"\""])
      let table = try workspace.cpwx("job", "env", "latest").lines
      #expect(table == names.map { "\($0)=\(json[$0]?.string ?? "")" })
      #expect(try workspace.cpwx("job", "env", "latest", "--reveal").lines == table, "there is no secret")
      #expect(try workspace.cpwx("job", "env", "latest", "--format", "xml").code == 64)
    }
  }
}
