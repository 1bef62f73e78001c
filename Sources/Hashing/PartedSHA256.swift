internal import CCrypto

/// The SHA-256 of a whole, and of parts of it one after another, in one go.
///
/// Where the processor has SHA instructions, and a part begins at a multiple of 64 bytes of the whole, both together take as long as
/// one to one and a half, by the processor.
public struct PartedSHA256: ~Copyable {
  private let hashing: any PartedHashing

  public init() {
    hashing = sha256_pair_works() != 0 ? PairedHashing() : SeparateHashing()
  }

  /// For tests: with libcrypto alone, as where there are no such instructions.
  init(separate: Void) { hashing = SeparateHashing() }

  /// Bytes of the whole that are in no part.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) { unsafe hashing.update(bytes, isInPart: false) }

  /// Bytes of the whole that are in the present part.
  public mutating func updatePart(_ bytes: UnsafeRawBufferPointer) { unsafe hashing.update(bytes, isInPart: true) }

  /// The present part's digest, 32 bytes; a new part begins.
  public mutating func finishPart() -> [UInt8] { hashing.finishPart() }

  /// The digest of the whole so far, 32 bytes.
  public var digest: [UInt8] { hashing.digest }
}

private protocol PartedHashing: AnyObject {
  func update(_ bytes: UnsafeRawBufferPointer, isInPart: Bool)
  func finishPart() -> [UInt8]
  var digest: [UInt8] { get }
}

/// One hash beside the other, by libcrypto.
private final class SeparateHashing: PartedHashing {
  private var whole = SHA256()
  private var part = SHA256()

  func update(_ bytes: UnsafeRawBufferPointer, isInPart: Bool) {
    unsafe whole.update(bytes)
    if isInPart { unsafe part.update(bytes) }
  }

  func finishPart() -> [UInt8] {
    defer { part = SHA256() }
    return part.copy().finish()
  }

  var digest: [UInt8] { whole.copy().finish() }
}

/// Two states that take the same blocks at once.
private final class PairedHashing: PartedHashing {
  private var whole = sha256_running()
  private var part = sha256_running()

  init() {
    unsafe sha256_begin(&whole)
    unsafe sha256_begin(&part)
  }

  func update(_ bytes: UnsafeRawBufferPointer, isInPart: Bool) {
    guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    if isInPart {
      unsafe sha256_add_to_both(&whole, &part, start, bytes.count)
    } else {
      unsafe sha256_add(&whole, start, bytes.count)
    }
  }

  func finishPart() -> [UInt8] {
    defer { unsafe sha256_begin(&part) }
    return Self.digest(of: &part)
  }

  var digest: [UInt8] { Self.digest(of: &whole) }

  private static func digest(of hash: inout sha256_running) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
      unsafe sha256_digest(&hash, buffer.baseAddress)
      count = SHA256.byteCount
    }
  }
}
