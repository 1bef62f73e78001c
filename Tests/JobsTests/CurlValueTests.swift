import Jobs
import Testing

@Test(arguments: [
  ("https://films/a b", #""https://films/a b""#), (#"say "so""#, #""say \"so\"""#), (#"a\b"#, #""a\\b""#),
  ("one\r\ntwo\tthree", #""one\r\ntwo\tthree""#), ("\"\u{301}\n", "\"\\\"\u{301}\\n\""),
])
func `a value for curl ends nowhere but at its own quote`(value: String, quoted: String) {
  #expect(curlQuoted(value).unicodeScalars.elementsEqual(quoted.unicodeScalars))
}
