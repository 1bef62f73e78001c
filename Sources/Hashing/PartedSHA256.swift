internal import CCrypto

/// The SHA-256 of a whole, and of parts of it one after another, in one go.
///
/// Where the processor has SHA instructions, and a part begins at a multiple of 64 bytes of the whole, both take no longer than one.
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
  private var whole = BlockHash()
  private var part = BlockHash()

  func update(_ bytes: UnsafeRawBufferPointer, isInPart: Bool) {
    if isInPart, whole.isAtBlock, part.isAtBlock {
      let blocks = bytes.count / BlockHash.blockSize
      unsafe whole.update(with: &part, bytes.baseAddress, blocks)
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[(blocks * BlockHash.blockSize)...])
      unsafe whole.update(rest)
      unsafe part.update(rest)
    } else {
      unsafe whole.update(bytes)
      if isInPart { unsafe part.update(bytes) }
    }
  }

  func finishPart() -> [UInt8] {
    defer { part = BlockHash() }
    return part.finished()
  }

  var digest: [UInt8] { whole.finished() }
}

/// The state of one SHA-256 (FIPS 180-4).
private struct BlockHash {
  static let blockSize = 64

  private var state: [UInt32] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]
  /// Bytes of a block that is not full yet.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  var isAtBlock: Bool { pending.isEmpty }

  /// Takes whole blocks into this state and another one; both must be at a block's beginning.
  mutating func update(with other: inout BlockHash, _ start: UnsafeRawPointer?, _ blocks: Int) {
    guard blocks > 0, let start = unsafe start else { return }
    unsafe sha256_pair_update(&state, &other.state, start.assumingMemoryBound(to: UInt8.self), blocks)
    byteCount += UInt64(blocks * Self.blockSize)
    other.byteCount += UInt64(blocks * Self.blockSize)
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = unsafe bytes[...]
    if !pending.isEmpty {
      let head = unsafe rest.prefix(Self.blockSize - pending.count)
      unsafe pending += head
      unsafe rest = rest.dropFirst(head.count)
      unsafe byteCount += UInt64(head.count)
      if pending.count < Self.blockSize { return }
      compress(pending)
      pending.removeAll(keepingCapacity: true)
    }
    let blocks = unsafe rest.count / Self.blockSize
    var unused = BlockHash()
    unsafe update(with: &unused, UnsafeRawBufferPointer(rebasing: rest).baseAddress, blocks)
    let tail = unsafe rest.dropFirst(blocks * Self.blockSize)
    unsafe pending += tail
    unsafe byteCount += UInt64(tail.count)
  }

  func finished() -> [UInt8] {
    var last = pending + [0x80]
    while last.count % Self.blockSize != Self.blockSize - 8 { last.append(0) }
    let bits = byteCount << 3
    for shift in stride(from: UInt64(56), through: 0, by: -8) { last.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    var ended = self
    ended.compress(last)
    return ended.state.flatMap { word in
      stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
    }
  }

  /// Takes whole blocks, and does not count them.
  private mutating func compress(_ blocks: [UInt8]) {
    var unused = state
    unsafe sha256_pair_update(&state, &unused, blocks, blocks.count / Self.blockSize)
  }
}
