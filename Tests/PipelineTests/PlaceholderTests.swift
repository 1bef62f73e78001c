import Pipeline
import Testing

@Suite struct `Placeholders in commands` {
  private let values = Placeholders(["input": "/in/a b.mkv", "title": "{year} 'x'", "year": ""])

  @Test(arguments: [
    ("{input}", "/in/a b.mkv"), ("-i{input}!", "-i/in/a b.mkv!"), ("{title}", "{year} 'x'"), ("{year}", ""),
    ("a{year?}b", "ab"), ("{{input}}", "{input}"), ("${input}", "${input}"), ("{\"a\": 1}", "{\"a\": 1}"), ("{}", "{}"),
    ("{X}", "{X}"), ("{", "{"), ("}", "}"), ("{input", "{input"), ("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"),
    ("{{}}", "{{}}"),
    ("{{{input}}}", "{{input}}"),
  ])
  func `fill in values, and only values`(template: String, expected: String) {
    #expect(values.expand(template) == expected)
  }

  @Test func `leave out an optional argument that has no value, and never split one`() {
    #expect(values.expand(["{input}", "{year?}", "{year}"]) == ["/in/a b.mkv", ""])
  }
}
