import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `A durable file` {
  private func temporaries(_ site: TemporaryWorkspace) -> [String] {
    names(in: site.root).filter { $0.contains(".tmp-") }
  }

  @Test func `keeps the permissions of the one it replaces`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("a", "old")
    for mode: FilePermissions in [[.ownerRead], [.ownerReadWrite, .groupRead], [.ownerReadWriteExecute]] {
      try DurableFile.write([1], to: path, mode: mode)
      try DurableFile.write([2], to: path)
      #expect(try FileStatus(of: path).permissions == mode)
    }
  }

  @Test func `keeps the owner of the one it replaces`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("a", "old")
    // Only root may give files away; anyone else sees its own file stay its own.
    _ = chown(path.string, 1234, 1234)
    let before = try FileStatus(of: path)
    try DurableFile.write([2], to: path)
    let after = try FileStatus(of: path)
    #expect(after.owner == before.owner && after.group == before.group)
  }

  @Test func `that a person names leaves links and devices what they are`() throws {
    let site = try TemporaryWorkspace()
    let (link, device) = (site.root.appending("link"), site.root.appending("device"))
    let page = try site.file("page", "old")
    for (path, target) in [(link, page.string), (device, "/dev/null")] {
      try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target)
      try DurableFile.write([1], toNamed: path, mode: [.ownerReadWrite])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path.string) == target)
    }
    #expect(try DurableFile.read(page) == [1])
    let (dangling, later) = (site.root.appending("dangling"), site.root.appending("later"))
    try FileManager.default.createSymbolicLink(atPath: dangling.string, withDestinationPath: later.string)
    try DurableFile.write([2], toNamed: dangling, mode: [.ownerReadWrite])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: dangling.string) == later.string)
    #expect(try DurableFile.read(later) == [2])
    #expect(temporaries(site).isEmpty)
  }

  @Test func `has whatever name a file may have`() throws {
    let site = try TemporaryWorkspace()
    for name in [
      String(repeating: "n", count: 255), String(repeating: "श", count: 85), "-x", "a\nb", ".h", "it's \"x\"",
    ] {
      let path = site.root.appending(name)
      try DurableFile.write(Array(name.utf8), to: path)
      #expect(try DurableFile.read(path) == Array(name.utf8))
      #expect(names(in: site.root).contains(name))
    }
    #expect(temporaries(site) == [])
  }

  @Test func `stands as it was when the disk is full`() async throws {
    await #expect(processExitsWith: .success) {
      let site = try TemporaryWorkspace()
      let path = try site.file("a", "old")
      var limit = rlimit(rlim_cur: 100, rlim_max: 100)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      signal(SIGXFSZ, SIG_IGN)
      #expect { try DurableFile.write([UInt8](repeating: 1, count: 4000), to: path) } throws: {
        ($0 as? JobError)?.code == .io
      }
      #expect(try site.text("a") == "old")
      #expect(names(in: site.root) == ["a", "config"])
    }
  }

  @Test func `that is a pipe nobody writes to is empty, and one that is written to is read to its end`() throws {
    let site = try TemporaryWorkspace()
    let pipe = site.path("pipe")
    try #require(mkfifo(pipe.string, 0o600) == 0)
    #expect(try DurableFile.read(pipe) == [])
    let ends = try FileDescriptor.pipe()
    let writer = Thread {
      usleep(100_000)
      _ = try? ends.writeEnd.writeAll([1, 2])
      try? ends.writeEnd.close()
    }
    writer.start()
    #expect(try DurableFile.read(FilePath("/dev/fd/\(ends.readEnd.rawValue)")) == [1, 2])
    try ends.readEnd.close()
  }

  @Test func `is not made in a folder that is none, and nothing is left`() throws {
    let site = try TemporaryWorkspace()
    try site.file("a", "old")
    #expect { try DurableFile.write([1], to: site.path("a/b")) } throws: { ($0 as? JobError)?.code == .io }
    try site.folder("d/e")
    #expect { try DurableFile.write([1], to: site.path("d")) } throws: { ($0 as? JobError)?.code == .io }
    #expect(isDirectory(site.path("d/e")))
    #expect(temporaries(site) == [])
  }

  @Test func `is created once, whoever comes first`() throws {
    let site = try TemporaryWorkspace()
    let path = site.path("a")
    let made = Shared<[UInt8]>([])
    onThreads(8) { thread in
      guard (try? DurableFile.create([UInt8(thread)], at: path, mode: [.ownerReadWrite])) != nil else { return }
      made.change { $0.append(UInt8(thread)) }
    }
    #expect(made.current.count == 1)
    #expect(try DurableFile.read(path) == made.current)
    #expect(temporaries(site) == [])
  }

  @Test func `set aside never takes another's place`() throws {
    let site = try TemporaryWorkspace()
    for content in ["1", "2", "3"] { _ = try setAside(try site.file("a", content), as: "b") }
    #expect(try ["b", "b-2", "b-3"].map { try site.text($0) } == ["1", "2", "3"])
    try FileManager.default.createSymbolicLink(atPath: site.path("link").string, withDestinationPath: "nowhere")
    #expect(try setAside(try site.file("a", "4"), as: "link") == site.path("link-2"))
  }

  @Test func `left half written by a dead process is swept away, a living one's is not`() throws {
    let site = try TemporaryWorkspace()
    let dead = try Python("pass")
    #expect(dead.finish())
    for pid in [dead.pid, Int(getpid())] { try site.file(".manifest.json.tmp-\(pid)-x") }
    // What SQLite keeps beside a database.
    for name in ["wal", "shm"] { try site.file(".index.sqlite.tmp-\(dead.pid)-x-\(name)") }
    Leftovers.sweep(site.root)
    #expect(temporaries(site) == [".manifest.json.tmp-\(getpid())-x"])
  }
}
