import Foundation
import Testing

extension TestWorkspace {
  /// Starts a program as root: some troubles can be made by nobody else.
  func startAsRoot(_ arguments: [String]) throws -> Program {
    try start((geteuid() == 0 ? [] : ["sudo", "-n"]) + arguments)
  }

  /// Mounts something for the time of the test.
  func mount(_ arguments: [String], at place: String) throws {
    let outcome = try startAsRoot(["mount"] + arguments + [place]).wait()
    try #require(outcome.code == 0, "this test needs to mount, and may not: \(outcome.errors)")
    atEnd { [weak self] in _ = try? self?.startAsRoot(["umount", "-l", place]).wait() }
  }

  /// A small disk that any user can write to.
  func mountDisk(at place: String, size: String) throws {
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try mount(["-t", "tmpfs", "-o", "size=\(size),mode=0777", "tmpfs"], at: place)
  }

  /// A small disk with a file system of its own in a file, that any user can write to.
  func mountLoopDisk(at place: String, size: String, making: String = "mkfs.ext4 -q -m 0") throws {
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let image = place + ".image"
    let made = try start(["sh", "-c", "truncate -s \"$2\" \"$1\" && \(making) \"$1\"", "sh", image, size])
      .wait()
    try #require(made.code == 0, "\(made.errors)")
    try mount(["-o", "loop", image], at: place)
    _ = try startAsRoot(["chmod", "0777", place]).wait()
  }

  /// Fills a disk up to what is to stay free, in KiB.
  func fill(_ disk: String, leaving free: Int) throws {
    let script = """
      rm -f "$1/filler" && sync -f "$1" && available=$(df --output=avail -k "$1" | tail -n 1)
      fallocate -l $((available - $2))k "$1/filler"
      """
    let filled = try start(["sh", "-ec", script, "sh", disk, String(free)]).wait()
    try #require(filled.code == 0, "\(filled.errors)")
  }

  /// Gives the workspace back to the user of the tests when the test ends.
  func returnAtEnd() {
    atEnd { [weak self, root] in
      _ = try? self?.startAsRoot(["chown", "-R", "\(geteuid()):\(getegid())", root]).wait()
    }
  }
}
