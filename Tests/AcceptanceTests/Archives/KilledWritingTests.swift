import Foundation
import Testing

/// Archiving and restoring cut off within what they write, between the steps that each reach the disk as a whole.
struct KilledWritingTests {
  /// Runs cpwx, and has the kernel end it as it writes to a file beyond so many bytes.
  private func cutOff(_ workspace: TestWorkspace, behind bytes: Int, _ arguments: String...) throws {
    let limit = ["prlimit", "--core=0:0", "--fsize=\(bytes):\(bytes)"]
    let outcome = try workspace.start(limit + [CPWX.path] + arguments).wait()
    #expect(outcome.signal == SIGXFSZ, "\(bytes) bytes: \(outcome)")
  }

  /// Runs cpwx, and has it killed as one of its threads comes to such a call for the so manieth time.
  private func cutOff(_ workspace: TestWorkspace, at call: String, _ number: Int, _ arguments: String...) throws {
    let inject = ["-e", "trace=\(call)", "-e", "inject=\(call):signal=KILL:when=\(number)"]
    let command = ["strace", "-f", "-o", "/dev/null"] + inject + [CPWX.path] + arguments
    let outcome = try workspace.start(command).wait()
    #expect(outcome.signal == SIGKILL, "\(call) \(number): \(outcome)")
  }

  private func sh(_ workspace: TestWorkspace, _ script: String, in folder: String) throws {
    let outcome = try workspace.start(["sh", "-ec", script], in: folder).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  @Test func `an archive cut off at any byte leaves the job whole, and the next run ends as if nothing had been`()
    throws
  {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      // Three pieces of 4 MiB, the last one not whole.
      try sh(workspace, "head -c 9000000 /dev/urandom > noise.bin", in: job)
      let whole = try workspace.snapshot(job, logs)
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let path = try workspace.archive()
      let archived = try workspace.bytes(path)
      // Within the first piece, between two, in the last one, and in the tables behind all frames.
      for bytes in [1_000_000, 4 << 20, 8_999_999, archived.count - 9] {
        try workspace.remove(path)
        try cutOff(workspace, behind: bytes, "archive", id)
        #expect(try workspace.snapshot(job, logs) == whole && workspace.archives.isEmpty, "\(bytes) bytes")
        let left = workspace.leftovers
        #expect(try left.map { try workspace.bytes($0).count } == [bytes], "\(bytes) bytes: \(left)")
        let again = try workspace.cpwx("archive", id)
        #expect(again.code == 0, "\(bytes) bytes: \(again.errors)")
        #expect(try workspace.archives == [path] && workspace.bytes(path) == archived, "\(bytes) bytes")
        #expect(workspace.jobs.isEmpty && !workspace.exists(logs), "\(bytes) bytes")
        #expect(workspace.leftovers.isEmpty, "\(bytes) bytes: \(workspace.leftovers)")
        #expect(try workspace.cpwx("archive", "restore", id).code == 0)
      }
    }
  }

  @Test func `a restoration cut off at any call has nothing in place, and the next one ends as if nothing had been`()
    throws
  {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let make = """
        mkdir -p deep/er shut; echo inner > deep/er/file; ln deep/er/file twin; ln -s twin link; truncate -s 1M sparse
        head -c 3000000 /dev/urandom > noise.bin; chmod 500 shut
        """
      try sh(workspace, make, in: job)
      let whole = try workspace.snapshot(job, logs)
      #expect(try workspace.cpwx("archive", id).code == 0)
      let path = try workspace.archive()
      let archived = try workspace.bytes(path)
      // Folders, files, their times and modes, links, all of them on the disk; and in the midst of a large file.
      let calls = [
        ("mkdirat", 8), ("openat2", 12), ("utimensat", 3), ("fchmod", 6), ("linkat", 1), ("symlinkat", 1),
        ("syncfs", 1),
        ("write", 2_000_000),
      ]
      for (call, number) in calls {
        let what: Comment = "\(call) \(number)"
        if call == "write" {
          try cutOff(workspace, behind: number, "archive", "restore", id)
        } else {
          try cutOff(workspace, at: call, number, "archive", "restore", id)
        }
        #expect(!workspace.exists(job) && !workspace.exists(logs) && !workspace.leftovers.isEmpty, what)
        #expect(try workspace.archives == [path] && workspace.bytes(path) == archived, what)
        let again = try workspace.cpwx("archive", "restore", id)
        #expect(again.code == 0, "\(call) \(number): \(again.errors)")
        #expect(try workspace.snapshot(job, logs) == whole, what)
        #expect(workspace.leftovers.isEmpty, "\(call) \(number): \(workspace.leftovers)")
        for folder in [job, logs] { try workspace.remove(folder) }
      }
    }
  }
}
