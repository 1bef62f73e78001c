import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `A watch of folders` {
  /// What a wait answers, and how many seconds it took.
  private func wait(_ watch: FolderWatch, _ reader: FileDescriptor, _ milliseconds: Int) -> (
    answer: Bool, took: Double
  ) {
    let start = ContinuousClock.now
    let answer = watch.wait(reader: reader, milliseconds: milliseconds)
    return (answer, (ContinuousClock.now - start) / .seconds(1))
  }

  /// Longer than any machine stands still.
  private static let ever = 600_000

  private func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<(Self.ever / 10) where !condition() { usleep(10_000) }
    return condition()
  }

  @Test func `wakes at once when something is written`() throws {
    let site = try TemporaryWorkspace()
    let log = try site.file("logs/one.log", "begun")
    let watch = FolderWatch()
    watch.add(site.path("logs"))
    let file = try FileDescriptor.open(log, .writeOnly, options: [.append])
    defer { try? file.close() }
    try file.writeAll("more".utf8)
    let woken = wait(watch, .standardOutput, Self.ever)
    #expect(woken.answer && woken.took < 300)
  }

  @Test func `wakes at once when a folder comes that it was not given before`() throws {
    let site = try TemporaryWorkspace()
    let watch = FolderWatch()
    watch.add(site.path("logs"))
    try site.folder("logs")
    watch.add(site.path("logs"))
    try site.file("logs/one.log")
    let woken = wait(watch, .standardOutput, Self.ever)
    #expect(woken.answer && woken.took < 300)
  }

  @Test(arguments: [true, false])
  func `wakes after its time in any case, and does not before`(usesEvents: Bool) throws {
    let site = try TemporaryWorkspace()
    let watch = FolderWatch(usesEvents: usesEvents)
    watch.add(site.path("config"))
    let pipe = try FileDescriptor.pipe()
    defer { for end in [pipe.readEnd, pipe.writeEnd] { try? end.close() } }
    let woken = wait(watch, pipe.writeEnd, 300)
    #expect(woken.answer && woken.took >= 0.29)
  }

  @Test func `notices that nobody reads any more`() throws {
    let pipe = try FileDescriptor.pipe()
    defer { try? pipe.writeEnd.close() }
    try pipe.readEnd.close()
    let woken = wait(FolderWatch(), pipe.writeEnd, Self.ever)
    #expect(!woken.answer && woken.took < 300)
  }

  @Test func `follows a job without inotify, too`() throws {
    let site = try TemporaryWorkspace()
    let paths = try JobManager(try site.workspace).createJob().paths
    let printed = Shared<[UInt8]>([])
    var run: FileLock? = try FileLock.take(paths.lock, subject: "a run")
    let ended = Shared(false)
    Thread {
      let reading = LogReading(of: paths) { piece in printed.change { $0 += piece } }
      _ = try? reading.follow(reader: .standardOutput, watch: FolderWatch(usesEvents: false)) { _ in }
      ended.change { $0 = true }
    }.start()
    try DurableFile.write(Array("one\n".utf8), to: paths.logs.appending("one.log"))
    #expect(eventually { String(decoding: printed.current, as: UTF8.self) == "==> one.log <==\none\n" })
    #expect(!ended.current)
    try DurableFile.write(Array(#"{"pipeline": {"status": "failed"}}"#.utf8), to: paths.manifest)
    run = nil
    _ = consume run
    #expect(eventually { ended.current })
  }
}
