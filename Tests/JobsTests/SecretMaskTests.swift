import Jobs
import TestSupport
import Testing

@Suite struct `Masking secrets in a stream` {
  private func masked(_ pieces: [String], _ secrets: [String]) -> String {
    var mask = SecretMask(secrets.sorted { $0.utf8.count > $1.utf8.count })
    var output: [UInt8] = []
    for piece in pieces { output += mask.mask(Array(piece.utf8)) }
    return String(decoding: output + mask.finish(), as: UTF8.self)
  }

  @Test func `replaces a value wherever it stands`() {
    #expect(masked(["a s3cret b s3cret"], ["s3cret"]) == "a ******** b ********")
  }

  @Test func `replaces a value that comes in two pieces`() {
    #expect(masked(["a s3c", "ret b"], ["s3cret"]) == "a ******** b")
  }

  @Test func `takes the longer of two values that begin alike`() {
    #expect(masked(["abcdef abcd"], ["abcd", "abcdef"]) == "******** ********")
    #expect(masked(["abcd", "ef"], ["abcd", "abcdef"]) == "********")
    #expect(masked(["abcd", "xx"], ["abcd", "abcdef"]) == "********xx")
  }

  @Test func `leaves nothing of a value that begins in another`() {
    #expect(masked(["x abcdefghi y"], ["abcdef", "defghi"]) == "x ******** y")
    #expect(masked(["x abcdef", "g", "hi y"], ["abcdef", "defghi"]) == "x ******** y")
    #expect(masked(["abcdefghx"], ["abcdef", "defghi"]) == "********ghx")
    #expect(masked(["ababab abab"], ["abab"]) == "******** ********")
    #expect(masked(["abababab", "ab", "a"], ["abab"]) == "********a")
  }

  @Test func `lets go of what only began like a value`() {
    #expect(masked(["s3cre"], ["s3cret"]) == "s3cre")
    #expect(masked(["s3s3cret"], ["s3cret"]) == "s3********")
  }

  @Test func `says the same however the stream is cut`() {
    var generator = SplitMix64(seed: 7)
    let secrets = ["abab", "ababc", "bca", "cab1", "1c"].sorted { $0.utf8.count > $1.utf8.count }
    for _ in 0..<2000 {
      let text = (0..<40).map { _ in ["a", "b", "c", "1", "\n"].randomElement(using: &generator)! }.joined()
      let whole = masked([text], secrets)
      var pieces: [String] = []
      var rest = text[...]
      while !rest.isEmpty {
        let count = Int.random(in: 1...5, using: &generator)
        pieces.append(String(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      #expect(masked(pieces, secrets) == whole)
    }
  }
}
