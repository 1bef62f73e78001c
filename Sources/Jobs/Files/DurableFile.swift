internal import CFiles
public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Files that are either the old or the new one, whatever happens: written beside, synced, renamed, the folder synced.
public enum DurableFile {
  /// Replaces `path` by `bytes`.
  ///
  /// When this returns, the new content is on the disk. When it throws, or the power goes, the old file stands.
  /// - Parameters:
  ///   - mode: the new file's permissions; `nil` keeps those of the file that is replaced, or takes 0644 less the
  ///     umask. Its owner is kept where the system allows: root must not take a file away from its user.
  /// - Throws: ``JobError`` with code `io`.
  public static func write(_ bytes: [UInt8], to path: FilePath, mode: FilePermissions? = nil) throws {
    try stage(bytes, for: path, mode: mode).commit()
  }

  /// Writes `bytes` to what a person names: a file is replaced in one step, also one that a link leads to; a device, a
  /// pipe, and what this process has its output in, as `-o /dev/stdout >> file`, is written to, and stays what it is.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public static func write(_ bytes: [UInt8], toNamed path: FilePath, mode: FilePermissions) throws {
    let there = try? FileStatus(of: path)
    let output = [FileDescriptor.standardOutput, .standardError].first { file in
      guard let there, let own = try? FileStatus(of: file) else { return false }
      return own.inode == there.inode && own.device == there.device
    }
    let isLinkToNothing = there == nil && (try? FileStatus(ofLink: path)) != nil
    let isOther = there.map { !$0.isRegular && !$0.isDirectory } ?? isLinkToNothing
    guard isOther || output != nil else { return try write(bytes, to: realPath(path) ?? path, mode: mode) }
    do {
      if let output {
        try output.writeAll(bytes)
        return
      }
      let options: FileDescriptor.OpenOptions = isLinkToNothing ? [.create, .closeOnExec] : [.closeOnExec]
      let file = try FileDescriptor.open(path, .writeOnly, options: options, permissions: mode)
      defer { try? file.close() }
      try file.writeAll(bytes)
    } catch {
      throw failed(path, error)
    }
  }

  /// Replaces `path` by `bytes` in one step, without waiting for the disk: for what can be made again after a power cut, or is worth
  /// nothing then.
  ///
  /// - Throws: ``JobError`` with code `io`; the old file then stands.
  public static func writeFast(_ bytes: [UInt8], to path: FilePath, mode: FilePermissions? = nil) throws {
    try stage(bytes, for: path, mode: mode).place(durably: false)
  }

  /// Writes `bytes` beside `path` without making them durable yet; ``Staged/commit()`` does.
  static func stage(_ bytes: [UInt8], for path: FilePath, mode: FilePermissions? = nil) throws -> Staged {
    let temporary = temporaryName(for: path)
    do {
      let old = try? FileStatus(of: path)
      let wanted = mode ?? old?.permissions
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: wanted ?? [.ownerReadWrite, .groupRead, .otherRead])
      do {
        if let old { _ = fchown(file.rawValue, old.owner, old.group) }
        if let wanted, fchmod(file.rawValue, wanted.rawValue) != 0 { throw Errno.current }
        FaultPoint.pass()
        try file.writeAll(bytes)
      } catch {
        try? file.close()
        throw error
      }
      return Staged(file: file, temporary: temporary, path: path)
    } catch {
      unlink(temporary)
      throw failed(path, error)
    }
  }

  /// Bytes that lie beside the file they will replace.
  struct Staged {
    fileprivate let file: FileDescriptor
    fileprivate let temporary: FilePath
    fileprivate let path: FilePath

    /// Gives up: the old file stands.
    func discard() {
      try? file.close()
      unlink(temporary)
    }

    /// - Parameter replacing: `false` refuses when something is at the path by now.
    func commit(replacing: Bool = true) throws {
      try sync()
      try place(replacing: replacing)
    }

    /// Brings the bytes to the disk, still beside the file.
    func sync() throws {
      do {
        try file.sync()
      } catch {
        discard()
        throw failed(path, error)
      }
    }

    /// Puts the bytes, once they are on the disk, in the file's place.
    func place(replacing: Bool = true, durably: Bool = true) throws {
      do {
        try file.close()
        if replacing { try rename(temporary, to: path) } else { try renameToFreeName(temporary, to: path) }
        if durably { try syncFolder(of: path) }
      } catch {
        unlink(temporary)
        throw failed(path, error)
      }
    }
  }

  /// Creates `path` with `bytes`, durably.
  ///
  /// - Throws: ``JobError`` with code `io`, also when something is there already, which is not touched.
  public static func create(_ bytes: [UInt8], at path: FilePath, mode: FilePermissions) throws {
    let staged = try stage(bytes, for: path, mode: mode)
    do {
      try staged.commit(replacing: false)
    } catch let error as JobError where error.underlying as? Errno == .fileExists {
      throw JobError(.io, path.string, "is there already; it was not touched")
    }
  }

  /// Puts a file that was written by other means in the place of another in the same folder. Durable on return.
  ///
  /// - Throws: ``JobError`` with code `io`; the old file then stands.
  public static func replace(_ path: FilePath, by written: FilePath) throws {
    do {
      let file = try FileDescriptor.open(written, .readOnly, options: [.closeOnExec])
      try file.closeAfter { try file.sync() }
      try rename(written, to: path)
      try syncFolder(of: path)
    } catch {
      throw failed(path, error)
    }
  }

  /// The whole content of a file.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public static func read(_ path: FilePath) throws -> [UInt8] {
    var status: FileStatus?
    return try read(path, &status)
  }

  /// The whole content of a file, and what the file looked like just before it was read.
  ///
  /// Of a pipe it is what its writer still has to say; one that nobody writes to is empty.
  ///
  /// - Parameter status: set as soon as the file is open.
  /// - Throws: ``JobError`` with code `io`.
  package static func read(_ path: FilePath, _ status: inout FileStatus?) throws -> [UInt8] {
    do {
      // A pipe that nobody writes to would be waited for.
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      return try file.closeAfter {
        status = try? FileStatus(of: file)
        if status?.isRegular != true { _ = fcntl(file.rawValue, F_SETFL, 0) }
        return try file.readAll(expecting: status?.size ?? 0)
      }
    } catch {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
  }

  /// Makes the names in `path`'s folder durable.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public static func syncFolder(of path: FilePath) throws {
    let folder = path.removingLastComponent()
    do {
      let handle = try FileDescriptor.open(
        folder.isEmpty ? "." : folder, .readOnly, options: [.directory, .closeOnExec])
      try handle.closeAfter { try handle.sync() }
    } catch {
      throw JobError(.io, folder.string, "cannot be written", underlying: error)
    }
  }

  /// A hidden name beside `path`, for what is to be put in its place; one that its writer leaves is swept by ``Leftovers``.
  public static func temporaryName(for path: FilePath) -> FilePath {
    let name = path.lastComponent?.string ?? ""
    let hidden = name.hasPrefix(".") ? name : "." + name
    // However long the name is, there must be room for the rest in the 255 bytes that a name may have.
    let start = String(decoding: hidden.utf8.prefix(64), as: UTF8.self)
    let serial = UInt32.random(in: .min ... .max)
    return path.removingLastComponent().appending("\(start).tmp-\(getpid())-\(String(serial, radix: 36))")
  }

  private static func failed(_ path: FilePath, _ error: any Error) -> JobError {
    let kept = exists(path) ? "The file stands as it was." : "Nothing was written."
    let remedy = (error.cause as? Errno)?.isFull == true ? "Make room on that disk. \(kept)" : kept
    return JobError(.io, path.string, "cannot be written", remedy: remedy, underlying: error.cause)
  }
}
