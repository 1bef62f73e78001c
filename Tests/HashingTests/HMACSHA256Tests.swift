import Hashing
import TestSupport
import Testing

struct `HMAC with SHA-256` {
  /// The test cases of RFC 4231 that are not cut short.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func `is that of the standard`(key: [UInt8], message: [UInt8], code: String) {
    #expect(HMACSHA256.hex(of: message, key: key) == code)
  }

  @Test func `is what Python says, whatever the lengths`() throws {
    var random = SplitMix64(seed: 2104)
    for length in [0, 1, 63, 64, 65, 1000] {
      let key = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let message = (0..<(1000 - length)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let script = """
        import hmac, sys
        print(hmac.new(bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2]), "sha256").hexdigest())
        """
      let said = try output(of: ["python3", "-c", script, key.hexadecimal, message.hexadecimal])
      #expect(HMACSHA256.hex(of: message, key: key) + "\n" == said)
    }
  }
}
