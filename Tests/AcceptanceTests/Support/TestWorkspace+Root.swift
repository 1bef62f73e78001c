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

  /// Gives the workspace back to the user of the tests when the test ends.
  func returnAtEnd() {
    atEnd { [weak self, root] in
      _ = try? self?.startAsRoot(["chown", "-R", "\(geteuid()):\(getegid())", root]).wait()
    }
  }
}
