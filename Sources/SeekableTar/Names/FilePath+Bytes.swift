internal import Glibc
internal import SystemPackage

extension FilePath {
  /// Its bytes, without the NUL.
  var bytes: [UInt8] {
    unsafe withPlatformString { unsafe Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }

  /// - Parameter bytes: without a NUL among them.
  init(bytes: some Collection<UInt8>) {
    let text = bytes.map { CChar(bitPattern: $0) } + [0]
    self = unsafe text.withUnsafeBufferPointer { unsafe FilePath(platformString: $0.baseAddress!) }
  }
}

/// Calls `body` with the bytes as C takes them, ended by a NUL.
func withCString<Result>(_ bytes: some Collection<UInt8>, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  let count = bytes.count
  // On the stack, but for long paths.
  return unsafe withUnsafeTemporaryAllocation(byteCount: count + 1, alignment: 1) { text in
    unsafe text.copyBytes(from: bytes)
    unsafe text[count] = 0
    return unsafe body(text.baseAddress!.assumingMemoryBound(to: CChar.self))
  }
}

extension Errno {
  /// The calling thread's errno.
  static var current: Errno { Errno(rawValue: lastError) }
}

// Outside the extension: inside, the name of C means the type's own members.
private var lastError: CInt { errno }
