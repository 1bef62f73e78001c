import SystemPackage
import Testing

@testable import Jobs

struct `An env file` {
  private func changed(_ text: String, _ key: String, _ value: String) -> String {
    var env = EnvFile(text)
    env[key] = value
    return String(decoding: env.bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("KEY=value", "value"), ("KEY = value", "value"), ("  export KEY=value  # why", "value"), ("KEY=", ""),
    ("KEY=  # c", ""),
    ("KEY=a#b", "a#b"), ("KEY=#b", "#b"), ("KEY='a # b' # c", "a # b"),
    ("KEY=\"a\\nb\\t\\\"\\$x\\\\\"", "a\nb\t\"$x\\"),
    ("KEY='a\nb'", "a\nb"), ("KEY=\"a\nb\"", "a\nb"), ("KEY='it\\'s'", "it's"), ("KEY=\"a\" b", "\"a\" b"),
    ("KEY=\"open", "\"open"), ("KEY='open\nB=1", "'open"), ("KEY=a b c\r\n", "a b c"), ("\u{FEFF}KEY=v", "v"),
    ("# c\rKEY=v\rB=2", "v"),
    ("KEY=1\nKEY=2", "2"), ("KEY=a=b", "a=b"), ("KEY=\"C:\\dir\"", "C:\\dir"), ("export=1\nKEY=2", "2"),
  ])
  func `is read as python-dotenv and compose read it`(text: String, value: String) {
    #expect(EnvFile(text)["KEY"] == value)
    #expect(EnvFile(text).bytes == Array(text.utf8))
  }

  @Test(arguments: ["KEY", "=x", "# KEY=1", "1KEY=2", "KEY WORD=1", "", "\n\n", "export KEY"])
  func `keeps lines that assign nothing`(text: String) {
    #expect(EnvFile(text).keys.isEmpty)
    #expect(EnvFile(text).bytes == Array(text.utf8))
  }

  @Test(arguments: [
    ("A=1\nKEY=old   # why\nB=2", "A=1\nKEY=new   # why\nB=2"),
    ("KEY=\"old\"#c\r\nB=2\r\n", "KEY=\"new\"#c\r\nB=2\r\n"),
    ("export KEY = 'old'", "export KEY = 'new'"), ("KEY=      # c\n", "KEY=new      # c\n"),
    ("KEY=1\nKEY=2\n", "KEY=1\nKEY=new\n"),
    ("KEY='a\nb' # c\nB=1\n", "KEY='new' # c\nB=1\n"), ("\u{FEFF}KEY=old\n", "\u{FEFF}KEY=new\n"),
    ("KEY=new\n", "KEY=new\n"),
    ("", "KEY=new\n"), ("A=1", "A=1\nKEY=new\n"), ("A=1\r\nB=2", "A=1\r\nB=2\r\nKEY=new\r\n"),
    ("# c\r\n", "# c\r\nKEY=new\r\n"),
    ("KEY=\"\"\n", "KEY=\"new\"\n"), ("KEY=\"a\" b\n", "KEY=new\n"),
  ])
  func `changes the value alone`(before: String, after: String) {
    #expect(changed(before, "KEY", "new") == after)
  }

  @Test(arguments: [
    ("a b", "'a b'"), ("#x", "'#x'"), (" x", "' x'"), ("$5 ${HOME}", "'$5 ${HOME}'"), ("it's", "\"it's\""),
    ("`id`", "'`id`'"), ("a\nb", "'a\nb'"), ("it's $5\n", "\"it's \\$5\\n\""), ("C:\\x", "\"C:\\\\x\""), ("", ""),
    ("शोले", "शोले"),
  ])
  func `quotes what needs it, in single quotes where they hold it`(value: String, written: String) {
    #expect(changed("KEY=old\n", "KEY", value) == "KEY=\(written)\n")
  }

  @Test func `has no odd line where a byte-order mark stands before a comment`() {
    #expect(EnvFile("\u{FEFF}# settings\nA=1\n").oddLines.isEmpty)
    #expect(EnvFile("\u{FEFF}settings\nA=1\n").oddLines.map(\.number) == [1])
  }

  @Test(arguments: [("plain", "A=plain"), ("two words", "A=two words"), ("x\r\nJOB_ID=fake", #"A="x\r\nJOB_ID=fake""#)])
  func `shows each setting in a line of its own`(value: String, line: String) {
    #expect(EnvFile.line("A", value) == line)
  }

  @Test func `tells apart two spellings of one letter`() {
    let composed = "/in/caf\u{E9}"
    let decomposed = "/in/cafe\u{301}"
    #expect(changed("KEY=\(composed)", "KEY", decomposed).utf8.elementsEqual("KEY=\(decomposed)".utf8))
  }

  @Test func `loses every assignment of a removed key`() {
    var env = EnvFile("KEY=1\nA=2\nexport KEY=3\n")
    env["KEY"] = nil
    #expect(env.bytes == Array("A=2\n".utf8))
  }

  @Test func `fills in variables from before and from around it`() {
    let text = #"""
      A=1
      B=${A}/${OUTER}/${NONE}/${NONE:-d:-e}/${A:-x}
      C='${A}'
      D="\${A} ${A}"
      E=${open
      F=${A:-${B}}
      A=2
      G=${A}${}
      """#
    let values = Dictionary(EnvFile(text).values(outer: ["OUTER": "o", "A": "outside"]), uniquingKeysWith: { $1 })
    #expect(values["B"] == "1/o//d:-e/1")
    #expect(values["C"] == "${A}")
    #expect(values["D"] == "${A} 1")
    #expect(values["E"] == "${open")
    #expect(values["F"] == "${A:-1/o//d:-e/1}")
    #expect(values["G"] == "2")
    #expect(EnvFile(text).values().map(\.key) == ["A", "B", "C", "D", "E", "F", "G"])
  }

  @Test func `gives values byte for byte, also where they are no UTF-8 and are filled into others`() {
    let file =
      Array("A=caf".utf8) + [0xE9] + Array("\nB=\"${A}!\"\nC='${A}'\nD=${N:-".utf8) + [0xFF] + Array("}\n".utf8)
    let values = Dictionary(EnvFile(parsing: file).byteValues(), uniquingKeysWith: { $1 })
    #expect(values["A"] == Array("caf".utf8) + [0xE9])
    #expect(values["B"] == Array("caf".utf8) + [0xE9, 0x21])
    #expect(values["C"] == Array("${A}".utf8))
    #expect(values["D"] == [0xFF])
  }

  @Test func `is not read from what is no text, and says what it is and what makes it one`() throws {
    let text = "# शोले\nKEY=value\n"
    let wide = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let narrow = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    for (bytes, name) in [
      ([0xFF, 0xFE] + wide, "UTF-16"), ([0xFE, 0xFF] + narrow, "UTF-16"), (wide, "UTF-16LE"), (narrow, "UTF-16BE"),
    ] {
      let error = try #require(throws: JobError.self) { try EnvFile(parsing: bytes, of: "config/.env") }
      #expect(error.code == .configuration)
      #expect(error.description.hasPrefix("config/.env: "))
      #expect(error.description.contains("it is text in \(name); expected UTF-8"), "\(error)")
      #expect(error.remedy?.hasSuffix("iconv -f \(name) -t UTF-8 config/.env") == true, "\(error)")
    }
    let error = try #require(throws: JobError.self) { try EnvFile(parsing: Array("A=1\nB=2\u{0}\n".utf8), of: "x") }
    #expect(error.code == .configuration)
    #expect(error.description.contains("a byte 0; expected text in UTF-8"), "\(error)")
    #expect(error.remedy?.contains("line 2") == true, "\(error)")
    #expect(throws: JobError.self) { try EnvFile(parsing: Array(repeating: 0, count: 64), of: "x") }
  }

  @Test func `is read from text in UTF-8 with and without a mark, and in encodings of one byte`() throws {
    for bytes in [[], byteOrderMark, [UInt8(ascii: "#"), 0xE9, 0x0A]] {
      let env = try EnvFile(parsing: bytes + Array("KEY=शोले\n".utf8), of: "x")
      #expect(env["KEY"] == "शोले")
      #expect(env.bytes.starts(with: bytes))
    }
  }

  @Test func `takes a value that was set for what it is, variables or not`() {
    for value in ["${A}", "it's ${A}", "\\${A}"] {
      var env = EnvFile("A=1\nKEY=x\n")
      env["KEY"] = value
      #expect(EnvFile(parsing: env.bytes).values().last?.value == value)
    }
  }
}
