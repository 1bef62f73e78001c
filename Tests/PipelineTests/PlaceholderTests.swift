import Pipeline
import Testing

@Suite struct `Placeholders in commands` {
  private let values = Placeholders(["input": "/in/a b.mkv", "title": "{year} 'x'", "year": ""])

  @Test(arguments: [
    ("{input}", "/in/a b.mkv"), ("-i{input}!", "-i/in/a b.mkv!"), ("{title}", "{year} 'x'"), ("{year}", ""),
    ("a{year?}b", "ab"), ("{{input}}", "{input}"), ("${input}", "${input}"), ("{\"a\": 1}", "{\"a\": 1}"), ("{}", "{}"),
    ("{X}", "{X}"), ("{", "{"), ("}", "}"), ("{input", "{input"),
  ])
  func `fill in values, and only values`(template: String, expected: String) {
    #expect(values.expand(template) == expected)
  }

  @Test func `leave out an optional argument that has no value, and never split one`() {
    #expect(values.expand(["{input}", "{year?}", "{year}"]) == ["/in/a b.mkv", ""])
  }
}

@Suite struct `Durations in words` {
  @Test(arguments: [
    ("10m", 600.0), ("4h", 14400), ("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("45", 45), ("0.5s", 0.5),
  ])
  func `are read as people write them`(text: String, seconds: Double) {
    #expect(parseDuration(text) == seconds)
  }

  @Test(arguments: ["", "m", "10x", "soon", "-5s", "1h 2", "nan", "inf"])
  func `are refused when they are none`(text: String) {
    #expect(parseDuration(text) == nil)
  }

  @Test(arguments: [(0.0, "0.0 s"), (9.94, "9.9 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")])
  func `are written for people`(seconds: Double, text: String) {
    #expect(describeDuration(seconds) == text)
  }
}
