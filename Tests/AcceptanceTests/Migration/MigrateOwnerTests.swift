import Foundation
import Jobs
import Testing

/// Owners, and people who are not root.
struct MigrateOwnerTests {
  private let drop = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--inh-caps=-all"]

  private func asRoot(_ workspace: TestWorkspace, _ script: String, _ arguments: String...) throws -> String {
    let outcome = try workspace.startAsRoot(["sh", "-c", script, "sh"] + arguments).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return outcome.output
  }

  @Test func `a plain user's folders that are closed to himself move, and go back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      workspace.returnAtEnd()
      let give = "chmod 0444 \"$1/out/Sholay_1975/manifest.json\" && chown -R 12345:12345 \"$1\" && chmod 755 \"$1/..\""
      _ = try asRoot(workspace, give, workspace.root)
      let list = "cd \"$1\" && find in out logs -printf '%P %m %U %G %T@ %l\\n' | sort"
      let before = try asRoot(workspace, list, workspace.root)
      let outcome = try workspace.startAsRoot(drop + [CPWX.path, "migrate", "--from-legacy"]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = workspace.migrated("20251027-001")
      #expect(try workspace.mode(job) == 0o555 && workspace.mode(job + "/asr") == 0o555)
      #expect(try workspace.mode(job + "/manifest.legacy.json") == 0o444)
      let undo = try workspace.startAsRoot(drop + [CPWX.path, "migrate", "undo"]).wait()
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try asRoot(workspace, list, workspace.root) == before)
    }
  }

  @Test func `a plain user is told whose files become his own on another file system`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountLoopDisk(at: disk, size: "16m")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975, fails: false)
      workspace.returnAtEnd()
      let give = """
        cp -a out logs "$1" && rm -rf out logs && chown -R 12345:12345 "$2" && chmod 755 "$2/.." &&
        chown 34567:34567 "$1/out/Sholay_1975/audio/audio.wav"
        """
      _ = try asRoot(workspace, give, disk, workspace.root)
      let outcome = try workspace.startAsRoot(drop + [CPWX.path, "migrate", "--from-legacy", disk]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let said = outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(said.contains("does not keep the owner of \(disk)/out/Sholay_1975/audio/audio.wav"), "\(said)")
      #expect(workspace.exists(workspace.migrated("20251027-001") + "/audio/audio.wav"))
      #expect(try asRoot(workspace, "find \"$1\" -name '.migrat*'", workspace.root).isEmpty)
    }
  }

  @Test func `a folder of somebody else keeps its tree where it is, and what cannot be removed is told of`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountLoopDisk(at: disk, size: "16m")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975, fails: false)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, fails: false)
      workspace.returnAtEnd()
      let give = """
        cp -a out logs "$1" && rm -rf out logs && chown -R 12345:12345 "$2" && chmod 755 "$2/.." &&
        chown 34567:34567 "$1/out/Sholay_1975/audio" && chattr +i "$1/out/Don_1978/audio/audio.wav"
        """
      _ = try asRoot(workspace, give, disk, workspace.root)
      defer { _ = try? asRoot(workspace, "chattr -R -i \"$1\"/out", disk) }
      let outcome = try workspace.startAsRoot(drop + [CPWX.path, "migrate", "--from-legacy", disk]).wait()
      let said = outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(outcome.code == 1, "\(said)")
      #expect(
        said.contains("could be copied, and not taken away: \(disk)/out/Sholay_1975/audio is another user's"), "\(said)"
      )
      #expect(said.contains("is moved, and what is left of the original cannot be removed: \(disk)/out/"), "\(said)")
      #expect(workspace.exists("old/out/Sholay_1975/audio/audio.wav"))
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `owners and extended attributes come along to another file system`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountLoopDisk(at: disk, size: "16m")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975, fails: false)
      workspace.returnAtEnd()
      let move = """
        cp -a out logs "$1" && rm -rf out/Sholay_1975 logs/* && cd "$1/out/Sholay_1975" && chown -R 12345:23456 . &&
        chown 34567:45678 audio/audio.wav && ln -s nowhere gone && chown -h 34567:1 gone &&
        python3 -c 'import os; os.setxattr("audio/audio.wav", "user.from", b"a tape"); os.setxattr(".", "user.by", b"me")'
        """
      _ = try asRoot(workspace, move, disk)
      let outcome = try workspace.startAsRoot([CPWX.path, "migrate", "--from-legacy", disk]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let look = """
        cd "$1" && stat -c '%n %u:%g' . audio/audio.wav gone job.env manifest.json &&
        python3 -c 'import os; print(os.getxattr("audio/audio.wav", "user.from"), os.getxattr(".", "user.by"))'
        """
      let wanted = """
        . 12345:23456
        audio/audio.wav 34567:45678
        gone 34567:1
        job.env 12345:23456
        manifest.json 12345:23456
        b'a tape' b'me'

        """
      #expect(try asRoot(workspace, look, workspace.migrated("20251027-001")) == wanted)
    }
  }

  @Test func `on one file system each file and folder stays what it is, with all its names, times and attributes`()
    throws
  {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      workspace.returnAtEnd()
      let give = """
        cd "$1/out/Sholay_1975" && chown 34567:45678 audio/audio.wav && chown 12345:23456 vad && touch -d '2001-02-03 04:05:06.7' vad &&
        python3 -c 'import os; os.setxattr("audio/audio.wav", "user.from", b"a tape"); os.setxattr("vad", "user.by", b"me")'
        """
      _ = try asRoot(workspace, give, workspace.root)
      // By the number that the file system knows each by, whatever it is called.
      let look = """
        import os, sys
        for folder, folders, files in os.walk(sys.argv[1]):
            for path in [folder] + [os.path.join(folder, file) for file in files]:
                if os.path.islink(path): continue
                s, names = os.lstat(path), sorted(os.listxattr(path))
                names = [(name, os.getxattr(path, name)) for name in names]
                print(s.st_ino, s.st_nlink if path != folder else 0, oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, names)
        """
      func all(_ folder: String) throws -> Set<Substring> {
        let outcome = try workspace.startAsRoot(["python3", "-c", look, workspace.path(folder)]).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return Set(outcome.output.split(separator: "\n"))
      }
      let before = try all("out/Sholay_1975").union(all("logs"))
      #expect(before.contains { $0.contains("a tape") && $0.contains("34567 45678") })
      #expect(try workspace.startAsRoot([CPWX.path, "migrate", "--from-legacy"]).wait().code == 0)
      let after = try all(workspace.migrated("20251027-001")).union(all("logs"))
      // The folder of all logs is another one's, and has lost some.
      #expect(before.subtracting(after).count == 1, "\(before.subtracting(after))")
    }
  }
}
