import Foundation
import Testing

/// In which order a job becomes its archive, and comes back, by what the kernel is asked for.
struct SafeDeleteTests {
  /// The calls that cpwx makes, with the paths of what is open.
  private func trace(_ workspace: TestWorkspace, _ calls: String, _ arguments: String...) throws -> [Substring] {
    let strace = ["strace", "-f", "-y", "-s", "4096", "-e", "trace=" + calls, "-o", workspace.path("trace"), CPWX.path]
    let outcome = try workspace.start(strace + arguments).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try workspace.read("trace").split(separator: "\n")
  }

  /// Each is a call that has all that is told of it, behind the one before.
  private func expect(_ order: [[String]], in lines: [Substring]) throws {
    var next = lines.startIndex
    for call in order {
      let found = lines[next...].firstIndex { line in call.allSatisfy { line.contains($0) } }
      next = try #require(found, "\(call) after line \(next)") + 1
    }
  }

  private func folder(of path: String) -> String { (path as NSString).deletingLastPathComponent }

  @Test func `an archive is on the disk, read back from there and in the index, before anything of its job goes`()
    throws
  {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let calls = "fsync,fcntl,fadvise64,newfstatat,pread64,pwrite64,rename,renameat,renameat2,unlink,unlinkat,rmdir"
      let lines = try trace(workspace, calls, "archive", id)
      let archive = workspace.path(try workspace.archive())
      let naming = try #require(lines.first { $0.contains("rename") && $0.contains("\"\(archive)\"") })
      let temporary = try #require(naming.split(separator: "\"").dropFirst().first { $0.hasPrefix("/") })
      let order = [
        ["fsync(", "<\(temporary)>"],
        // Past what is in memory of it.
        ["fadvise64(", "<\(temporary)>", "POSIX_FADV_DONTNEED"],
        ["fcntl(", "<\(temporary)>", "F_SETFL", "O_DIRECT"],
        ["pread64(", "<\(temporary)>"],
        ["rename", "\"\(archive)\""],
        ["fsync(", "<\(folder(of: archive))>"],
        ["pwrite64(", "/index.sqlite-wal>", "\(id).tar.zst", "verified"],
        // Each file is looked at again.
        ["newfstatat(", "<\(job)>", "\"one.out\""],
        ["rename", "\"\(job)\"", "/.rm-\(id)\""],
        ["fsync(", "<\(folder(of: job))>"],
        ["unlinkat(", "<\(logs)>"],
        ["unlinkat(", "/.rm-\(id)>", "\"one.out\""],
      ]
      try expect(order, in: lines)
      // Out of sight, and so in the index, before the first of it goes.
      let hiding = [["rename", "/.rm-\(id)\""], ["pwrite64(", "/index.sqlite-wal>", id], ["unlinkat(", "<\(logs)>"]]
      try expect(hiding, in: lines)
      let hidden = try #require(lines.firstIndex { $0.contains("rename") && $0.contains("/.rm-\(id)\"") })
      let early = lines[..<hidden].filter { line in
        (line.contains("unlink") || line.contains("rmdir")) && (line.contains(job) || line.contains(logs))
      }
      #expect(early.isEmpty, "\(early)")
    }
  }

  @Test func `a restored job is on the disk before it is called ready, and comes into its place logs first`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      #expect(try workspace.cpwx("archive", id).code == 0)
      let lines = try trace(workspace, "openat2,fsync,syncfs,rename,renameat,renameat2", "archive", "restore", id)
      let (partial, ready) = ("/.restore-\(id).partial", "/.restore-\(id).ready")
      let order = [
        ["openat2(", partial, "one.out", "O_EXCL", "O_NOFOLLOW", "RESOLVE_NO_SYMLINKS", "RESOLVE_BENEATH"],
        ["syncfs(", partial],
        ["rename", partial, ready + "\""],
        ["fsync(", "<\(folder(of: job))>"],
        ["rename", ready, "\"\(logs)\"", "RENAME_NOREPLACE"],
        ["fsync(", "<\(folder(of: logs))>"],
        ["rename", ready, "\"\(job)\"", "RENAME_NOREPLACE"],
        ["fsync(", "<\(folder(of: job))>"],
      ]
      try expect(order, in: lines)
      let synced = try #require(lines.firstIndex { $0.contains("syncfs(") })
      let late = lines[synced...].filter { $0.contains("O_CREAT") }
      #expect(late.isEmpty, "\(late)")
    }
  }
}
