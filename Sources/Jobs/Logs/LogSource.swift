internal import SystemPackage

/// One log that is read as it grows: what came since the last look, whatever happened to the file meanwhile.
///
/// A file that grows stays open, so that the end of one that is moved away or replaced is not lost.
final class LogSource {
  let path: FilePath
  private var file: FileDescriptor?
  private var identity: Identity?
  private var offset: Int64 = 0
  /// What was read last, by which a log that was cut short and has grown again is known.
  private var tail: [UInt8] = []
  /// How many of its last lines are wanted of what is there at the first look; `nil` for all.
  private let lines: Int?

  /// By which a file is told from another one that has taken its name.
  private struct Identity: Equatable {
    var device: UInt64
    var inode: UInt64
    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
  }

  private static let chunk = 65_536
  private static let tailLength = 64

  init(_ path: FilePath, lines: Int? = nil) { (self.path, self.lines) = (path, lines) }

  deinit { close() }

  /// Hands over what is new, in pieces.
  ///
  /// A log that was cut short or replaced is read from its start.
  /// - Throws: ``JobError`` with code `io` when it cannot be read. One that is gone has nothing new.
  func drain(_ take: ([UInt8]) -> Void) throws {
    let now = try? FileStatus(of: path)
    if let file, now.map(Identity.init) != identity {
      try read(file, take)
      close()
    }
    guard let now, now.isRegular else { return }
    if file == nil {
      if identity == Identity(now), offset == now.size { return }
      guard try open(take) else { return }
    }
    guard let file else { return }
    if try now.size < offset || !isContinued(in: file) { beginAnew(take) }
    try read(file, take)
  }

  /// Lets go of the file until there is something new in it.
  func close() {
    try? file?.close()
    file = nil
  }

  /// From the start; a line that was not ended stays one of its own.
  private func beginAnew(_ take: ([UInt8]) -> Void) {
    if let last = tail.last, last != 0x0A { take([0x0A]) }
    (offset, tail) = (0, [])
  }

  private func isContinued(in file: FileDescriptor) throws -> Bool {
    do {
      return try tail.isEmpty || file.bytes(from: offset - Int64(tail.count), atMost: tail.count) == tail
    } catch {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
  }

  private func open(_ take: ([UInt8]) -> Void) throws -> Bool {
    do {
      let opened = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      file = opened
      let status = try FileStatus(of: opened)
      if identity == nil, let lines {
        offset = try lastLines(lines, of: opened, size: Int64(status.size))
      } else if identity != Identity(status) {
        beginAnew(take)
      }
      identity = Identity(status)
      return true
    } catch Errno.noSuchFileOrDirectory {
      return false
    } catch {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
  }

  private func read(_ file: FileDescriptor, _ take: ([UInt8]) -> Void) throws {
    do {
      while true {
        let piece = try file.bytes(from: offset, atMost: Self.chunk)
        if piece.isEmpty { return }
        offset += Int64(piece.count)
        tail = Array((tail + piece.suffix(Self.tailLength)).suffix(Self.tailLength))
        take(piece)
      }
    } catch {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
  }

  /// Where the last lines begin; read backwards, so that a huge log costs no more than its end.
  private func lastLines(_ count: Int, of file: FileDescriptor, size: Int64) throws -> Int64 {
    if count == 0 { return size }
    var wanted = count
    var end = size
    while end > 0 {
      let start = max(0, end - Int64(Self.chunk))
      let piece = try file.bytes(from: start, atMost: Int(end - start))
      for (index, byte) in piece.enumerated().reversed() where byte == 0x0A {
        let next = start + Int64(index) + 1
        // The newline at the very end ends the last line; it begins no other.
        if next == size { continue }
        wanted -= 1
        if wanted == 0 { return next }
      }
      end = start
    }
    return 0
  }
}

extension FileDescriptor {
  fileprivate func bytes(from offset: Int64, atMost count: Int) throws -> [UInt8] {
    try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
      read = try unsafe self.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}
