internal import CCrypto
public import SystemPackage

/// A running SHA-256 (FIPS 180-4) over libcrypto, which uses the processor's SHA instructions.
///
/// Feed it with ``update(_:)`` and take the digest once with ``finish()``. The functions of libcrypto's lowest layer do it:
/// the layers above would set up every algorithm they know first, a millisecond at the start of each process.
@safe public struct SHA256: ~Copyable {
  /// Bytes in a digest.
  public static let byteCount = 32
  /// Bytes that are taken at once.
  public static let blockSize = 64

  private var context = SHA256_CTX()

  public init() { unsafe SHA256_Init(&context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    unsafe SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  public mutating func update(_ bytes: some Collection<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { unsafe update(UnsafeRawBufferPointer($0)) }
    if done == nil { unsafe Array(bytes).withUnsafeBytes { unsafe update($0) } }
  }

  /// What all whole blocks of ``blockSize`` bytes have come to: 32 bytes, from which ``init(resuming:after:)`` goes on.
  public var state: [UInt8] {
    let words = context.h
    return [words.0, words.1, words.2, words.3, words.4, words.5, words.6, words.7].flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
  }

  /// One that has taken `count` bytes, a multiple of ``blockSize``, which came to this ``state``.
  public init(resuming state: [UInt8], after count: Int) {
    precondition(state.count == Self.byteCount && count.isMultiple(of: Self.blockSize))
    self.init()
    func word(_ number: Int) -> UInt32 { state[4 * number..<4 * number + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    context.h = (word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7))
    let bits = UInt64(count) << 3
    (context.Nl, context.Nh) = (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
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
