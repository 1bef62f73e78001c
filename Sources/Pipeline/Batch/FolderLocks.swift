internal import Hashing
internal import Jobs
internal import SystemPackage

/// The folders that a batch goes over, held so that no other batch goes over them: `.cpwx/folders/HASH.lock`.
final class FolderLocks {
  private final class Held {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }

  private var held: [Held] = []

  /// - Parameter waits: for another batch to end, as long as the run is not told to stop.
  /// - Throws: ``JobError`` with code `locked` that names who has a folder since when.
  init(_ folders: [FilePath], in workspace: Workspace, waits: Bool, stop: StopSource) throws {
    let place = workspace.stateFolder.appending("folders")
    for folder in Set(folders.map { realPath($0) ?? $0 }).sorted(by: { $0.string < $1.string }) {
      try makeFolder(place)
      let path = place.appending(SHA256.hex(of: Array(folder.string.utf8)).prefix(32) + ".lock")
      let lock = try FileLock.take(path, subject: folder.string, waitingUnless: waits ? stop : nil)
      // For people only; another user's file cannot be written.
      try? lock.describeHolder([
        "pid": .int(Int(processID)), "host": .string(hostName), "since": .string(Timestamp.now.text),
        "folder": .string(folder.string),
      ])
      held.append(Held(lock))
    }
  }
}
