import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `A file lock` {
  private static let holdIt = """
    import fcntl, os, signal, sys
    file = open(sys.argv[1], "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write('{"pid": %d, "host": "other", "since": "2025-10-30T15:44:30.123456"}' % os.getpid())
    file.flush()
    print("held", flush=True)
    signal.pause()
    """

  @Test func `of another process is refused, its holder named, and free when that is killed`() throws {
    let site = try TemporaryWorkspace()
    let path = site.path("lock")
    let other = try Python(Self.holdIt, path.string)
    #expect(other.firstOutput().hasPrefix("held"))
    #expect(FileLock.isHeld(path))
    let error = #expect(throws: JobError.self) { _ = try FileLock.take(path, subject: "job 7") }
    #expect(error?.code == .locked)
    #expect(error?.message == "is in the hands of process \(other.pid) on other since 2025-10-30T15:44:30")
    other.kill()
    #expect(!FileLock.isHeld(path))
    _ = try FileLock.take(path, subject: "job 7")
  }

  @Test func `is nobody's by name when who is named in it has died`() throws {
    let site = try TemporaryWorkspace()
    let path = site.path("lock")
    let lock = try FileLock.take(path, subject: "x")
    try lock.describeHolder(["pid": .int(999_999_999)])
    let error = #expect(throws: JobError.self) { _ = try FileLock.take(path, subject: "x") }
    #expect(error?.message == "is in the hands of another process")
    _ = consume lock
  }

  @Test func `ends with its owner`() throws {
    let site = try TemporaryWorkspace()
    let path = site.path("lock")
    do {
      let lock = try FileLock.take(path, subject: "x")
      try lock.describeHolder(["pid": .int(1)])
      #expect(FileLock.isHeld(path))
      _ = consume lock
    }
    #expect(!FileLock.isHeld(path))
    #expect(!FileLock.isHeld(site.path("none")))
  }

  @Test func `is taken while others look whether it is held`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("lock")
    let isOver = Shared(false)
    let failures = Shared(0)
    onThreads(3) { thread in
      if thread > 0 {
        while !isOver.current { _ = FileLock.isHeld(path) }
      } else {
        for _ in 0..<300 {
          do { _ = try FileLock.take(path, subject: "x") } catch { failures.change { $0 += 1 } }
        }
        isOver.change { $0 = true }
      }
    }
    #expect(failures.current == 0)
  }

  @Test func `is waited for where others only look at it, however long that takes them`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("lock")
    let looking = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    try #require(flock(looking.rawValue, LOCK_SH) == 0)
    let hasLooked = Shared(false)
    Thread.detachNewThread {
      usleep(300_000)
      hasLooked.change { $0 = true }
      _ = flock(looking.rawValue, LOCK_UN)
      try? looking.close()
    }
    _ = try FileLock.take(path, subject: "x")
    #expect(hasLooked.current)
  }

  @Test func `lets one in at a time`() throws {
    let site = try TemporaryWorkspace()
    let path = try site.file("lock", "0\n")
    onThreads(4) { _ in
      for _ in 0..<25 {
        guard let lock = try? FileLock.wait(for: path), let content = try? lock.content() else { continue }
        let number = Int(String(decoding: content.dropLast(), as: UTF8.self)) ?? -1000
        try? lock.replaceContent(Array("\(number + 1)\n".utf8))
      }
    }
    #expect(try site.text("lock") == "100\n")
  }

  @Test func `cannot be taken where there is no folder`() throws {
    let site = try TemporaryWorkspace()
    let error = #expect(throws: JobError.self) { _ = try FileLock.take(site.path("none/lock"), subject: "x") }
    #expect(error?.code == .io)
  }
}
