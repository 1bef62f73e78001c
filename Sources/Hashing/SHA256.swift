internal import CCrypto
public import SystemPackage

/// A running SHA-256 (FIPS 180-4) over libcrypto, which uses the processor's SHA instructions.
///
/// Feed it with ``update(_:)`` and take the digest once with ``finish()``. The functions of libcrypto's lowest layer do it:
/// the layers above would set up every algorithm they know first, a millisecond at the start of each process.
@safe public struct SHA256: ~Copyable {
  /// Bytes in a digest.
  public static let byteCount = 32

  private var context = SHA256_CTX()

  public init() { unsafe SHA256_Init(&context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    unsafe SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  public mutating func update(_ bytes: some Collection<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { unsafe update(UnsafeRawBufferPointer($0)) }
    if done == nil { unsafe Array(bytes).withUnsafeBytes { unsafe update($0) } }
  }

  /// One that goes on from here by itself.
  public func copy() -> SHA256 {
    var other = SHA256()
    other.context = context
    return other
  }

  /// The digest, 32 bytes.
  public consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    unsafe SHA256_Final(&digest, &context)
    return digest
  }

  /// The digest of `bytes` as 64 lower-case hexadecimal digits.
  public static func hex(of bytes: some Collection<UInt8>) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish().hexadecimal
  }

  /// The digest of a file's content as 64 lower-case hexadecimal digits, read in pieces of 1 MiB.
  ///
  /// - Parameter isCancelled: asked before each piece: a film takes minutes.
  /// - Throws: `Errno` when the file cannot be opened or read; `CancellationError`.
  public static func hex(ofFileAt path: FilePath, isCancelled: () -> Bool = { false }) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    return try file.closeAfter {
      var hash = SHA256()
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
      defer { unsafe buffer.deallocate() }
      while true {
        if isCancelled() { throw CancellationError() }
        let count = try unsafe file.read(into: buffer)
        if count == 0 { return hash.finish().hexadecimal }
        unsafe hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }
}

extension [UInt8] {
  /// Lower-case hexadecimal digits, two a byte.
  public var hexadecimal: String {
    func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
    return unsafe String(unsafeUninitializedCapacity: count * 2) { text in
      for (place, byte) in enumerated() {
        unsafe text[2 * place] = digit(byte >> 4)
        unsafe text[2 * place + 1] = digit(byte & 15)
      }
      return count * 2
    }
  }
}
