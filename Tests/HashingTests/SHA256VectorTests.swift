import Hashing
import TestSupport
import Testing

struct `SHA-256 of bytes` {
  /// The examples that NIST publishes with FIPS 180-4, and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func `is that of the standard`(message: String, digest: String) {
    #expect(SHA256.hex(of: message.utf8) == digest)
    #expect(SHA256.hex(of: Array(message.utf8)) == digest)
  }

  @Test func `is that of the standard for a million bytes that come in pieces`() {
    var hash = SHA256()
    for _ in 0..<1000 { hash.update([UInt8](repeating: 0x61, count: 1000)) }
    #expect(
      hash.finish().hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `is the same however the bytes are cut`() {
    var random = SplitMix64(seed: 180)
    let bytes = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let whole = SHA256.hex(of: bytes)
    for _ in 0..<50 {
      var hash = SHA256()
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 0...130, using: &random)
        hash.update(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      #expect(hash.finish().hexadecimal == whole)
    }
  }

  @Test func `is the same when another goes on from where one came to`() {
    var random = SplitMix64(seed: 181)
    let bytes = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for count in [0, 1, 63, 64, 65, 127, 128, 640, 999, 1000] {
      var first = SHA256()
      first.update(bytes[..<count])
      let begin = count - count % SHA256.blockSize
      var second = SHA256(resuming: first.state, after: begin)
      second.update(bytes[begin...])
      #expect(second.finish().hexadecimal == SHA256.hex(of: bytes), "\(count)")
    }
  }

  @Test func `is the same when one goes on behind more bits than one word counts`() {
    let piece = [UInt8](repeating: 0, count: 1 << 20)
    var whole = SHA256()
    var resumed = SHA256()
    for number in 1...513 {
      whole.update(piece)
      resumed.update(piece)
      if number >= 511 { resumed = SHA256(resuming: resumed.state, after: number << 20) }
    }
    let (expected, digest) = (whole.finish(), resumed.finish())
    #expect(digest == expected)
  }

  @Test func `is the same for collections without storage of their own`() {
    #expect(SHA256.hex(of: repeatElement(0x61, count: 3)) == SHA256.hex(of: "aaa".utf8))
    #expect(SHA256.hex(of: [0x63, 0x62, 0x61].reversed()) == SHA256.hex(of: "abc".utf8))
  }

  @Test func `is 32 bytes, written as two lower-case digits each`() {
    #expect(SHA256().finish().count == SHA256.byteCount)
    #expect([0x00, 0x0F, 0xA0, 0xFF].hexadecimal == "000fa0ff")
    #expect([UInt8]().hexadecimal == "")
  }
}
