internal import CLinux
internal import Glibc
internal import SystemPackage

/// The file that an archive goes to: in large pieces and, where the file system has it, past the kernel's memory, which would cost as much
/// time as the compression.
struct ArchiveSink: ~Copyable {
  private static let pieceSize = 4 << 20

  private let file: FileDescriptor
  private let buffer: PageBuffer
  private var used = 0
  private var written = 0
  private var isDirect: Bool

  /// - Throws: ``ArchiveError`` when the file is not empty.
  init(_ file: FileDescriptor) throws(ArchiveError) {
    let buffer = try PageBuffer(byteCount: Self.pieceSize, orThrow: Compressor.noMemory)
    var raw = stat()
    if unsafe fstat(file.rawValue, &raw) != 0 {
      throw ArchiveError(.io, "the archive cannot be written", underlying: Errno.current)
    }
    if raw.st_size != 0 { throw ArchiveError(.io, "the archive cannot be written", underlying: Errno.fileExists) }
    (self.file, self.buffer) = (file, buffer)
    isDirect = raw.st_mode & S_IFMT == S_IFREG && linux_set_direct(file.rawValue, 1) == 0
  }

  var byteCount: Int { written + used }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      let count = unsafe min(rest.count, Self.pieceSize - used)
      unsafe buffer.copy(rest.prefix(count), at: used)
      unsafe rest = rest.dropFirst(count)
      used += count
      if used == Self.pieceSize { try flush() }
    }
  }

  mutating func append(_ bytes: [UInt8]) throws {
    unsafe try bytes.withUnsafeBytes { unsafe try append($0) }
  }

  /// Writes what is left. Nothing can be appended after this.
  mutating func finish() throws(ArchiveError) {
    // The end of a file is not on the boundary that O_DIRECT asks for.
    setDirect(false)
    try flush()
  }

  /// Gives the file back as it was.
  mutating func setDirect(_ isOn: Bool) {
    if isDirect, !isOn {
      _ = linux_set_direct(file.rawValue, 0)
      isDirect = false
    }
  }

  private mutating func flush() throws(ArchiveError) {
    var done = 0
    while done < used {
      let count = unsafe pwrite(file.rawValue, buffer.memory.baseAddress! + done, used - done, off_t(written + done))
      if count > 0 {
        done += count
        // A part that was written short leaves no boundary to go on from.
        if done % PageBuffer.alignment != 0 { setDirect(false) }
        continue
      }
      let reason: Errno = count == 0 ? .ioError : .current
      if reason == .interrupted { continue }
      // Some file systems take the flag, and refuse the writes.
      if isDirect, reason == .invalidArgument {
        setDirect(false)
      } else {
        throw ArchiveError(.io, "the archive cannot be written", underlying: reason)
      }
    }
    written += used
    used = 0
  }
}
