import Foundation
import Jobs
import SystemPackage
import Testing

/// `cpwx manifest record`, around the command of a stage.
struct ManifestRecordTests {
  @Test func `a command that ends well is recorded with its files and facts`() throws {
    try TestWorkspace.with([.init("one", script: "true")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q").code == 0)
      let recorded = try workspace.cpwx(
        "manifest", "record", "latest", "translate", "--number", "7", "--input", "film=in/Film (2001).mp4",
        "--output", "text=made.txt", "--metadata", "model=nllb", "--metadata", "lines=12",
        "--metadata", "loss=NaN", "--metadata", "losses=[1, -Infinity]", "--", "sh", "-c",
        "echo made > made.txt; echo told")
      #expect(recorded.code == 0 && recorded.output == "told\n")
      let job = try workspace.cpwx("job", "path", "latest").output.split(separator: "\n")[0]
      let entry = try #require(try Manifest(reading: FilePath("\(job)/manifest.json")).stage("translate")).fields
      #expect(entry["status"]?.string == "success" && entry["stage_number"]?.int == 7)
      #expect(entry["outputs"]?["text"]?["size_bytes"]?.int == 5)
      #expect(entry["metadata"]?["model"]?.string == "nllb" && entry["metadata"]?["lines"]?.int == 12)
      let losses = ["loss", "losses"].map { entry["metadata"]?[$0]?.string }
      #expect(losses == ["NaN", "[1, -Infinity]"], "no JSON has such numbers")
    }
  }

  @Test func `a stage without a name is a mistake of usage, and nothing is run or written`() throws {
    try TestWorkspace.with { workspace in
      let job = try #require(try workspace.cpwx("job", "create").lines.first)
      let before = workspace.tree("out")
      for name in ["", " "] {
        #expect(try workspace.cpwx("manifest", "record", job, name, "--", "touch", "ran").code == 64)
      }
      #expect(!workspace.exists("ran"))
      #expect(workspace.tree("out") == before)
      // Nothing of it is damaged: it was given no film.
      let why = try workspace.cpwx("job", "why", job).output
      #expect(why.contains("has not run") && why.contains("names no film to go on with"))
      #expect(!why.contains("manifest.json"), "\(why)")
    }
  }

  @Test func `a command that fails gives its exit code, and its entry says so`() throws {
    try TestWorkspace.with([.init("one", script: "true")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q").code == 0)
      let job = String(try workspace.cpwx("job", "path", "latest").output.split(separator: "\n")[0])
      for (command, code, told) in [
        (["sh", "-c", "exit 7"], 7, "exit code 7"), (["sh", "-c", "kill -9 $$"], 137, "ended by signal 9"),
        (["/no/such/program"], 69, "cannot be started"),
      ] as [([String], Int32, String)] {
        let recorded = try workspace.start([CPWX.path, "manifest", "record", job, "translate", "--"] + command).wait()
        #expect(recorded.code == code)
        let entry = try #require(try Manifest(reading: FilePath("\(job)/manifest.json")).stage("translate")).fields
        #expect(entry["status"]?.string == "failed")
        #expect(entry["error"]?.string?.contains(told) == true)
      }
    }
  }

  @Test func `a command gets the signals that cpwx is sent, and ends of them`() throws {
    try TestWorkspace.with { workspace in
      let job = try #require(try workspace.cpwx("job", "create").lines.first)
      // It tells cpwx to end once that looks out for signals.
      let script = """
        while [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/$PPID/status) & 0x4000)) = 0 ]; do sleep 0.02; done
        kill -TERM $PPID
        exec sleep 60
        """
      let recorded = try workspace.cpwx("manifest", "record", job, "slow", "--", "sh", "-c", script)
      #expect(recorded.code == 143, "\(recorded)")
      let folder = try #require(try workspace.cpwx("job", "path", job).lines.first)
      let entry = try #require(try Manifest(reading: FilePath("\(folder)/manifest.json")).stage("slow")).fields
      #expect(entry["status"]?.string == "failed" && entry["error"]?.string?.contains("ended by signal 15") == true)
    }
  }
}
