internal import Glibc

/// Memory for a piece of an archive; it begins at a page, as O_DIRECT asks.
///
/// Sendable, because a ``Ring`` orders who writes to it, and who reads.
@safe final class PageBuffer: @unchecked Sendable {
  static let alignment = 4096

  let memory: UnsafeMutableRawBufferPointer

  /// - Parameter byteCount: is rounded up to whole pages.
  init(byteCount: Int) {
    let whole = (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
    unsafe memory = .allocate(byteCount: whole, alignment: Self.alignment)
  }

  deinit { unsafe memory.deallocate() }

  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[range])
  }

  func copy(_ bytes: some Collection<UInt8>, at place: Int) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[place..<place + bytes.count]).copyBytes(from: bytes)
  }

  func clear(_ range: Range<Int>) {
    if !range.isEmpty { unsafe memset(memory.baseAddress! + range.lowerBound, 0, range.count) }
  }
}
