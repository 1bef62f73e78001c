import Foundation
import TestSupport
import Testing

/// Archives that others made to do harm, put before the whole program: refused by the member's name, with nothing changed anywhere else.
struct HostileArchiveTests {
  /// All there is of a test but what cpwx keeps for itself: names, kinds, modes, sizes, times and texts of links.
  private func inventory(_ workspace: TestWorkspace, but excepted: String...) throws -> [String] {
    let own = ["../home", "../films/.cpwx", "../program-*"] + excepted.map { "../films/\($0)" }
    let pruned = own.flatMap { ["-o", "-path", $0] }.dropFirst()
    let find =
      ["find", "..", "("] + pruned + [
        ")", "-prune", "-o", "-type", "d", "-printf", "%p|%y|%m\\n", "-o", "-printf", "%p|%y|%m|%s|%l|%T@\\n",
      ]
    let outcome = try workspace.start(find).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
    return outcome.lines.sorted()
  }

  private func corpus(
    _ body: (TestWorkspace, _ id: String, _ job: String, _ cases: [(name: String, named: String)]) throws -> Void
  ) throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      try workspace.write("outside/kept", "mine")
      try FileManager.default.createDirectory(atPath: workspace.path("hostile"), withIntermediateDirectories: true)
      let job = String(try workspace.job().dropFirst(workspace.root.count + 1))
      let cases = try HostileCorpus.make(
        in: workspace.path("hostile"), below: job, outside: workspace.path("outside"))
      #expect(cases.count > 45)
      // One that would fill the disk, and does nothing worse, has a test of its own; of the same in three kinds of tar, one does here.
      try body(
        workspace, id, job,
        cases.filter { $0.name != "bomb" && !$0.name.hasSuffix("-gnu") && !$0.name.hasSuffix("-ustar") })
    }
  }

  @Test func `is refused by verify, show and extract, with the member's name`() throws {
    try corpus { workspace, _, _, cases in
      let before = try inventory(workspace)
      for (number, (name, named)) in cases.enumerated() {
        let file = "hostile/\(name).tar.zst"
        for command in [
          [number.isMultiple(of: 2) ? "verify" : "show", file], ["extract", file, "--to", "there/deep"],
        ] {
          let outcome = try workspace.start([CPWX.path, "archive"] + command).wait()
          #expect(outcome.code == 65, "\(name): \(command[0]): \(outcome)")
          #expect(outcome.errors.contains(named), "\(name): \(command[0]): \(outcome.errors)")
        }
        #expect(try inventory(workspace) == before, "\(name)")
      }
      // They are no job's, so that is no way to put one anywhere.
      #expect(try workspace.cpwx("archive", "restore", "./hostile/absolute.tar.zst").code == 64)
      #expect(try inventory(workspace) == before)
    }
  }

  @Test
  func
    `in a job's place is not restored, and salvaging writes below the job's folders alone, and nothing that does harm`()
    throws
  {
    try corpus { workspace, id, job, cases in
      #expect(try workspace.cpwx("archive", id).code == 0)
      let archive = try workspace.archive()
      let before = try inventory(workspace, but: "out/*", "logs/*", "archive")
      // Those that show in a job's own archive for what they are, and are no harm in it.
      let own = ["link-out", "link-absolute", "link-chain", "bad-encoding"]
      var saved = 0
      for (number, (name, named)) in cases.enumerated() {
        try workspace.write(archive, try workspace.bytes("hostile/\(name).tar.zst"))
        let refused = try workspace.cpwx("archive", number.isMultiple(of: 2) ? "verify" : "restore", archive)
        #expect(refused.code == 65, "\(name): \(refused)")
        #expect(workspace.tree("out").allSatisfy { !$0.contains(id) }, "\(name)")
        let salvaged = try workspace.cpwx("archive", "restore", "--salvage", archive)
        #expect(salvaged.code == 65, "\(name): \(salvaged)")
        if !own.contains(where: { name.hasPrefix($0) }) {
          #expect(salvaged.errors.contains(named), "\(name): \(salvaged.errors)")
        }
        #expect(try inventory(workspace, but: "out/*", "logs/*", "archive") == before, "\(name)")
        let good = (try? workspace.read(job + "/a/good")) ?? "none"
        let harm = "find out '(' -perm /6000 -o -not -type f -not -type d -not -type l ')'; rm -rf out/* logs/*"
        let found = try workspace.start(["sh", "-c", harm]).wait()
        #expect(found.code == 0 && found.output.isEmpty, "\(name): \(found)")
        #expect(["harm", "none"].contains(good), "\(name): \(good)")
        if good == "harm" { saved += 1 }
        #expect(workspace.leftovers.isEmpty, "\(name): \(workspace.leftovers)")
      }
      #expect(saved > 12, "\(saved)")
    }
  }

  @Test func `of two parts, the first of which plants a link, does not get through it`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("outside/kept", "mine")
      let make = """
        import io, os, subprocess, sys, tarfile
        def make(name, *infos):
          out = io.BytesIO()
          with tarfile.open(fileobj=out, mode="w") as tar:
            for info in infos: tar.addfile(info, io.BytesIO(b"harm") if info.isreg() else None)
          open(name, "wb").write(subprocess.run(["zstd", "-qc"], input=out.getvalue(), stdout=subprocess.PIPE, check=True).stdout)
        def entry(name, type=tarfile.REGTYPE, link=""):
          info = tarfile.TarInfo(name); info.type = type; info.linkname = link; info.size = 4 if type == tarfile.REGTYPE else 0
          return info
        make("first.tar.zst", entry("a/first"), entry("l", tarfile.SYMTYPE, "a"))
        make("second.tar.zst", entry("l/x"))
        make("over.tar.zst", entry("l"))
        """
      #expect(try workspace.start(["python3", "-c", make]).wait().code == 0)
      #expect(try workspace.cpwx("archive", "extract", "first.tar.zst", "--to", "there").code == 0)
      for target in ["a", "../outside", workspace.path("outside"), "nowhere"] {
        #expect(try workspace.start(["ln", "-sfn", target, "there/l"]).wait().code == 0)
        let before = try inventory(workspace)
        for (file, named) in [("second", "/l"), ("over", "/l")] {
          let outcome = try workspace.cpwx("archive", "extract", "\(file).tar.zst", "--to", "there")
          #expect(outcome.code == 74, "\(target): \(file): \(outcome)")
          #expect(outcome.errors.contains(named), "\(target): \(file): \(outcome.errors)")
          #expect(try inventory(workspace) == before, "\(target): \(file)")
        }
      }
    }
  }

  @Test func `of more than the disk holds leaves nothing, and of more than any may hold is not begun`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("disk")
      try workspace.mountDisk(at: disk, size: "8m")
      try workspace.write("bomb/large.txt", Data(repeating: 0x61, count: 40_000_000))
      try workspace.write("bomb/a.txt", "first")
      let pack = ["tar", "--zstd", "-cf", "bomb.tar.zst", "bomb/a.txt", "bomb/large.txt"]
      #expect(try workspace.start(pack).wait().code == 0)
      let outcome = try workspace.cpwx("archive", "extract", "bomb.tar.zst", "--to", "disk/there")
      #expect(outcome.code == 74 && outcome.errors.contains("bomb/large.txt"), "\(outcome)")
      #expect(outcome.errors.lowercased().contains("no space left"), "\(outcome)")
      #expect(workspace.tree("disk") == [], "\(workspace.tree("disk"))")
    }
  }

  @Test func `that is cut short anywhere is refused, and nothing of it comes out`() throws {
    try TestWorkspace.with { workspace in
      for number in 0..<3 { try workspace.write("tree/\(number)", Data(repeating: 0x61, count: 700 * number)) }
      #expect(try workspace.start(["tar", "--zstd", "-cf", "whole.tar.zst", "tree"]).wait().code == 0)
      let good = try workspace.bytes("whole.tar.zst")
      #expect(try workspace.cpwx("archive", "verify", "whole.tar.zst").code == 0)
      for count in stride(from: 0, to: good.count, by: 11) {
        try workspace.write("cut.tar.zst", good.prefix(count))
        let verified = try workspace.cpwx("archive", "verify", "cut.tar.zst")
        #expect(verified.code == 65 && verified.errors.contains("cut.tar.zst"), "\(count): \(verified)")
        #expect(try workspace.cpwx("archive", "extract", "cut.tar.zst", "--to", "there").code == 65, "\(count)")
        #expect(!workspace.exists("there"), "\(count)")
      }
    }
  }
}
