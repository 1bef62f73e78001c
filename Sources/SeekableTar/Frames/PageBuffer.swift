internal import Glibc

/// Memory for a piece of an archive; it begins at a page, as O_DIRECT asks.
///
/// Sendable, because a ``Ring`` orders who writes to it, and who reads.
@safe final class PageBuffer: @unchecked Sendable {
  static let alignment = 4096

  let memory: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - byteCount: is rounded up to whole pages.
  ///   - error: is thrown where there is no memory.
  init(byteCount: Int, orThrow error: @autoclosure () -> ArchiveError) throws(ArchiveError) {
    let whole = max(1, (byteCount + Self.alignment - 1) / Self.alignment) * Self.alignment
    // From the kernel itself: what the allocator gets back it may keep, a heap for every thread that there was.
    let place = unsafe mmap(nil, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start = unsafe place, unsafe start != UnsafeMutableRawPointer(bitPattern: -1) else { throw error() }
    unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: whole)
  }

  deinit { unsafe munmap(memory.baseAddress!, memory.count) }

  /// Gives its memory back to the kernel. It can be used again, and is zeros then.
  func discard() { unsafe madvise(memory.baseAddress, memory.count, MADV_DONTNEED) }

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
