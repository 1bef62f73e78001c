internal import CLinux
internal import Glibc
internal import SystemPackage

/// A file that is being written. Zeros become holes; large pieces go past the kernel's memory where they can.
final class StagingFile {
  /// Bytes from which on that pays.
  private static let directSize = 8 << 20
  /// Bytes of zeros that become a hole.
  static let holeSize = 64 << 10

  let path: MemberPath
  private let descriptor: CInt
  private let size: Int
  private var isDirect: Bool
  /// Behind the last byte that was written.
  private var end = 0

  init(_ descriptor: CInt, _ path: MemberPath, size: Int) {
    self.descriptor = descriptor
    self.path = path
    self.size = size
    isDirect = size >= Self.directSize && linux_set_direct(descriptor, 1) == 0
  }

  deinit { close(descriptor) }

  /// Writes a piece in its place.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ArchiveError) {
    // From the first piece that is no hole to the last before the next hole.
    var start = 0
    var place = 0
    while place < bytes.count {
      let end = min(place + Self.holeSize, bytes.count)
      if unsafe Self.isHole(UnsafeRawBufferPointer(rebasing: bytes[place..<end])) {
        unsafe try put(UnsafeRawBufferPointer(rebasing: bytes[start..<place]), at: offset + start)
        start = end
      }
      place = end
    }
    unsafe try put(UnsafeRawBufferPointer(rebasing: bytes[start...]), at: offset + start)
  }

  /// Ends the file, with its member's size, time and mode.
  func finish(_ member: Member) throws(ArchiveError) {
    // Holes at the end have not been written.
    if end != size, ftruncate(descriptor, off_t(size)) != 0 { throw .unwritten(path, .current) }
    try setStatus(of: descriptor, member)
  }

  private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ArchiveError) {
    var done = 0
    while done < bytes.count {
      var count = bytes.count - done
      if isDirect {
        let whole = count / PageBuffer.alignment * PageBuffer.alignment
        let isAligned =
          unsafe (offset + done) % PageBuffer.alignment == 0
          && UInt(bitPattern: bytes.baseAddress! + done) % UInt(PageBuffer.alignment) == 0
        if whole > 0, isAligned { count = whole } else { stopDirect() }
      }
      let written = unsafe pwrite(descriptor, bytes.baseAddress! + done, count, off_t(offset + done))
      if written > 0 {
        done += written
        end = max(end, offset + done)
        continue
      }
      let reason: Errno = written == 0 ? .ioError : .current
      if reason == .interrupted { continue }
      // Some file systems take the flag, and refuse the writes.
      if isDirect, reason == .invalidArgument { stopDirect() } else { throw .unwritten(path, reason) }
    }
  }

  private func stopDirect() {
    _ = linux_set_direct(descriptor, 0)
    isDirect = false
  }

  /// Bytes of a piece that ``write(_:at:)`` leaves out.
  static func holeBytes(in bytes: UnsafeRawBufferPointer) -> Int {
    stride(from: 0, to: bytes.count, by: holeSize).reduce(0) { sum, place in
      let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[place..<min(place + holeSize, bytes.count)])
      return unsafe isHole(piece) ? sum + piece.count : sum
    }
  }

  private static func isHole(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == holeSize, let start = bytes.baseAddress, unsafe bytes[0] == 0 else { return false }
    return unsafe memcmp(start, start + 1, bytes.count - 1) == 0
  }
}
