public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A `flock` on a file of its own, exclusive unless it is shared. It ends with ``deinit``, or with the process, whatever kills it.
///
/// The file stays: removing it would let two processes hold "the" lock at once.
public struct FileLock: ~Copyable, Sendable {
  private let file: FileDescriptor

  private init(holding file: FileDescriptor) { self.file = file }

  /// Takes the lock, waiting for whoever holds it.
  ///
  /// - Throws: ``JobError`` with code `io` when the file cannot be opened.
  public static func wait(for path: FilePath) throws -> FileLock {
    let lock = FileLock(holding: try open(path))
    while flock(lock.file.rawValue, LOCK_EX) != 0 {
      let reason = Errno.current
      guard reason == .interrupted else {
        throw JobError(.io, path.string, "cannot be locked", underlying: reason)
      }
    }
    return lock
  }

  /// Takes the lock if nobody holds it.
  ///
  /// - Parameters:
  ///   - subject: what the lock stands for, for the error's text.
  ///   - looks: how often it is tried: more than once where ``isHeld(_:)`` of another process may hold it for a moment.
  /// - Throws: ``JobError`` with code `locked` when another does, naming the holder as it described itself.
  public static func take(_ path: FilePath, subject: String, looks: Int = 10) throws -> FileLock {
    var (looked, glances) = (0, 0)
    while looked < looks {
      if looked + glances > 0 { usleep(5_000) }
      let lock = FileLock(holding: try open(path))
      if flock(lock.file.rawValue, LOCK_EX | LOCK_NB) == 0 {
        // The folder may have been removed, and the file with it, since it was opened.
        guard let now = try? FileStatus(of: path), let held = try? FileStatus(of: lock.file),
          now.inode == held.inode, now.device == held.device
        else {
          looked += 1
          continue
        }
        return lock
      }
      let reason = Errno.current
      guard reason == .wouldBlock || reason == .interrupted else {
        throw JobError(.io, path.string, "cannot be locked", underlying: reason)
      }
      // Who lets others share it only looks whether it is held. That takes a moment, and on a busy machine many.
      if looks > 1, glances < mostGlances, flock(lock.file.rawValue, LOCK_SH | LOCK_NB) == 0 {
        glances += 1
      } else {
        looked += 1
      }
    }
    let holder = (try? DurableFile.read(path)).flatMap { try? JSON(parsing: $0) }
    throw JobError(
      .locked, subject, "is in the hands of \(describe(holder))",
      remedy: "Nothing was changed. Wait for it to end, or stop it, and run this again.")
  }

  /// How often a lock is tried again that others only look at: for five seconds.
  private static let mostGlances = 1_000

  /// Takes part in the lock with others who only take part, waiting for whoever holds it alone.
  ///
  /// - Returns: `nil` where there is no such file, and none can be made.
  public static func share(_ path: FilePath) -> FileLock? {
    guard let file = try? open(path) else { return nil }
    let lock = FileLock(holding: file)
    while flock(lock.file.rawValue, LOCK_SH) != 0 {
      guard Errno.current == .interrupted else { return nil }
    }
    return lock
  }

  deinit {
    // Closing alone leaves the lock with a process that is being started meanwhile, until it has exec'd.
    _ = flock(file.rawValue, LOCK_UN)
    try? file.close()
  }

  /// Whether some process holds the lock on `path` now.
  public static func isHeld(_ path: FilePath) -> Bool {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return false }
    defer { try? file.close() }
    guard flock(file.rawValue, LOCK_SH | LOCK_NB) == 0 else { return Errno.current == .wouldBlock }
    // As at the end of one's own.
    _ = flock(file.rawValue, LOCK_UN)
    return false
  }

  /// Replaces what the lock file says of its holder. It is for people; the lock itself is the kernel's.
  public func describeHolder(_ holder: JSON) throws {
    try replaceContent(holder.bytes(.compact) + [0x0A], durably: false)
  }

  /// The lock file's content.
  public func content() throws -> [UInt8] {
    try file.seek(offset: 0, from: .start)
    return try file.readAll()
  }

  /// Replaces the lock file's content.
  public func replaceContent(_ bytes: [UInt8], durably: Bool = true) throws {
    if durably { FaultPoint.pass() }
    do {
      try file.writeAll(toAbsoluteOffset: 0, bytes)
    } catch Errno.badFileDescriptor {
      // Another user's, which is open for reading alone.
      throw Errno.permissionDenied
    }
    guard ftruncate(file.rawValue, bytes.count) == 0 else { throw Errno.current }
    if durably { try file.sync() }
  }

  private static func open(_ path: FilePath) throws -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
    } catch Errno.permissionDenied where exists(path) {
      // Another user's: to lock it, reading is enough.
      return try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    } catch {
      throw JobError(.io, path.string, "the lock file cannot be opened", underlying: error)
    }
  }

  private static func describe(_ holder: JSON?) -> String {
    guard let holder, let pid = holder["pid"]?.int else { return "another process" }
    // Who only reads a job locks it without a word, and what stands there is of one before.
    let isHere = holder["host"]?.string.map { $0 == hostName } ?? true
    if isHere, !exists(FilePath("/proc/\(pid)")) { return "another process" }
    let host = holder["host"]?.string.map { " on \($0)" } ?? ""
    let since = holder["since"]?.string.map { " since \($0.prefix(19))" } ?? ""
    return "process \(pid)\(host)\(since)"
  }
}
