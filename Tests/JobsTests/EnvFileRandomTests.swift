import TestSupport
import Testing

@testable import Jobs

struct `Random env files` {
  private static let pieces = [
    "KEY", "A", "B.c", "=", " = ", "'", "\"", "\\", "#", " # note", "\n", "\r\n", "\r", "export ", "${A}", "${", "}",
    "$", "\t", "x",
    "é", "\u{FEFF}", "`", "value", "\\n", "\0",
  ]
  private static let awkward = Array("'\"\\#=\n\r $ ".utf8) + [0x00, 0xFF, 0xC3]

  private static func text(_ random: inout SplitMix64, _ length: Int) -> String {
    (0..<random.upTo(length)).map { _ in random.pick(pieces) }.joined()
  }

  @Test func `come out as they went in`() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<4000 {
      let bytes = random.damaged(Array(Self.text(&random, 40).utf8), with: Self.awkward)
      let env = EnvFile(parsing: bytes)
      #expect(env.bytes == bytes)
      _ = env.values(outer: ["A": "a"])
    }
  }

  @Test func `read back any value that was set`() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<4000 {
      let value = Self.text(&random, 12)
      let before =
        "A=1\n" + random.pick(["", "KEY=old # c\r\n", "KEY='o'\n", "export KEY = \"o\"", "KEY=", "KEY= # c\n"])
      var env = EnvFile(before)
      env["KEY"] = value
      let again = EnvFile(parsing: env.bytes)
      #expect(again["KEY"].map { Array($0.utf8) } == Array(value.utf8))
      #expect(again.keys == ["A", "KEY"])
      #expect(again.values().last.map { Array($0.value.utf8) } == Array(value.utf8))
      env["KEY"] = "old"
      #expect(EnvFile(parsing: env.bytes)["KEY"] == "old")
    }
  }

  @Test func `change nothing but the value, even when damaged`() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<2000 {
      let env = EnvFile(parsing: random.damaged(Array(Self.text(&random, 30).utf8), with: Self.awkward))
      guard let key = env.keys.last, let value = env[key] else { continue }
      var edited = env
      edited[key] = value
      #expect(edited.bytes == env.bytes)
      edited[key] = value + "x"
      #expect(edited[key] == value + "x")
      #expect(edited.lines.count == env.lines.count)
      #expect(zip(edited.lines, env.lines).count { $0 != $1 } == 1)
    }
  }

  @Test func `are read in time that grows with their length`() {
    let clock = ContinuousClock()
    for awkward in ["A=\"\n", "A=${", "A='\\", "'", "A=\"x\n\"\n"] {
      let env = EnvFile("A=" + String(repeating: awkward, count: 40_000))
      #expect(clock.measure { _ = env.values() } < .seconds(3))
    }
  }
}
