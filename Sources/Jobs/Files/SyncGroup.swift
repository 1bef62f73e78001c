internal import Synchronization
internal import SystemPackage

/// New files and folders that are brought to the disk together.
///
/// One after another, each would wait for a turn of the disk of its own; asked for at the same time, one turn takes
/// them all.
struct SyncGroup: ~Copyable {
  private var waiting: [(path: FilePath, file: FileDescriptor)] = []

  deinit { for (_, file) in waiting { try? file.close() } }

  /// Writes a file in a folder that nobody looks into yet.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func write(_ bytes: [UInt8], at path: FilePath, mode: FilePermissions? = nil) throws {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: mode ?? [.ownerReadWrite, .groupRead, .otherRead])
      waiting.append((path, file))
      try file.writeAll(bytes)
    } catch {
      throw JobError(.io, path.string, "cannot be written", underlying: error)
    }
  }

  /// The names in a folder.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func add(folder: FilePath) throws {
    do {
      waiting.append((folder, try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])))
    } catch {
      throw JobError(.io, folder.string, "cannot be opened", underlying: error)
    }
  }

  /// Returns when all is on the disk.
  ///
  /// - Throws: ``JobError`` with code `io` when anything is not.
  func sync() throws {
    let waiting = waiting
    let trouble = Mutex<JobError?>(nil)
    onThreads(waiting.count) { number in
      do throws(Errno) {
        try waiting[number].file.sync()
      } catch {
        let path = waiting[number].path
        trouble.withLock { $0 = JobError(.io, path.string, "cannot be written", underlying: error) }
      }
    }
    if let error = trouble.withLock({ $0 }) { throw error }
  }
}
