import Testing

@testable import Jobs

struct `JSON documents` {
  private func compact(_ text: String) throws -> String { try JSON(parsing: text.utf8).text(.compact) }

  @Test(arguments: [
    "1e400", "-0", "12345678901234567890", "0.10", "1E+2", "-0.0e-0", "NaN", "Infinity", "-Infinity", "0", "true",
    "null",
    #""a\/b""#, #"{"a":1,"b":{"a":2}}"#, #"{"a":1,"a":2}"#, "[]", "{}", #""\ud800""#, #""\udc00\ud800 x""#,
    #"{"\ud83d":1}"#,
    #""\q""#, #""\u12""#,
  ])
  func `keep digits, duplicates and what no text can hold`(text: String) throws {
    let written = try compact(text)
    #expect(written == (text == #""a\/b""# ? #""a/b""# : text))
    #expect(try JSON(parsing: written.utf8) == JSON(parsing: text.utf8))
  }

  @Test func `keep bytes that are no UTF-8`() throws {
    let bytes = Array(#"{"k"#.utf8) + [0xFF] + Array(#"":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
    let value = try JSON(parsing: bytes)
    #expect(value.bytes(.compact) == bytes)
    #expect(value.object?.members.first?.value.string == "\u{FFFD}(")
  }

  @Test func `read escapes, and write only those that must be`() throws {
    let value = try JSON(parsing: #""\u0041\ud83c\udfac\n\b\f\u0000\u001f\u007f\"\\\/é""#.utf8)
    #expect(value.string == "A🎬\n\u{8}\u{C}\0\u{1F}\u{7F}\"\\/é")
    #expect(value.text(.compact) == #""A🎬\n\u0008\u000c\u0000\u001f\u007f\"\\/é""#)
  }

  @Test func `show a damaged string as far as it can be read`() throws {
    #expect(try JSON(parsing: #""a\n\ud800 \ud83c\udfac \q""#.utf8).string == "a\n\u{FFFD} 🎬 \u{FFFD}")
  }

  @Test func `are laid out as Python's json module lays them out`() throws {
    let value = try JSON(parsing: #"{"a":[1,{"b":[]}],"c":{},"d":"é"}"#.utf8)
    #expect(
      value.text() == """
        {
          "a": [
            1,
            {
              "b": []
            }
          ],
          "c": {},
          "d": "é"
        }

        """)
  }

  @Test(arguments: [
    ("", "$", 1, 1, true), ("  \n ", "$", 2, 2, true), (#"{"a": {"b": [1, x]}}"#, "$.a.b[1]", 1, 17, false),
    (#"{"a": tru"#, "$.a", 1, 10, true), ("{\n \"a\" 1}", "$.a", 2, 6, false), (#"{"a": 1,}"#, "$", 1, 9, false),
    ("[1 2]", "$", 1, 4, false), ("[1] x", "$", 1, 5, false), (#"{"a": "b"#, "$.a", 1, 9, true), ("{", "$", 1, 2, true),
    ("[01]", "$[0]", 1, 2, false), ("[1.]", "$[0]", 1, 2, false), ("[+1]", "$[0]", 1, 2, false),
    ("[-]", "$[0]", 1, 2, false),
    (#""a\"#, "$", 1, 4, true), ("[1,", "$[1]", 1, 4, true), ("{'a':1}", "$", 1, 2, false), ("é", "$", 1, 3, true),
  ])
  func `tell where they are broken`(text: String, path: String, line: Int, column: Int, isTruncated: Bool) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) }
    #expect(error?.path == path)
    #expect(error?.line == line)
    #expect(error?.column == column)
    #expect(error?.isTruncated == isTruncated)
  }

  @Test func `put nothing into a message that a terminal would obey`() {
    let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: "[\u{1B}[2J\0]".utf8) }
    #expect(error?.description.utf8.contains { $0 < 0x20 } == false)
  }

  @Test func `may start with a byte-order mark`() throws {
    #expect(try compact("\u{FEFF}{}") == "{}")
  }

  @Test func `tell members apart by bytes`() throws {
    var value = try JSON(parsing: "{\"caf\u{E9}\":1,\"cafe\u{301}\":2}".utf8)
    #expect(value["caf\u{E9}"]?.int == 1)
    value["cafe\u{301}"] = nil
    #expect(value.object?.members.count == 1)
  }

  @Test func `are edited in place`() throws {
    var value = try JSON(parsing: #"{"b":1,"a":2,"b":3}"#.utf8)
    value["b"] = .int(4)
    value["c"] = .null
    #expect(value.text(.compact) == #"{"b":1,"a":2,"b":4,"c":null}"#)
    value["b"] = nil
    #expect(value.text(.compact) == #"{"a":2,"c":null}"#)
  }

  @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
  func `nested deeper than 512 are refused, on small stacks too`(opening: String) {
    let levels = opening.contains("[{") ? 2 : 1
    let results = Shared<[String]>([])
    onThread(stackSize: 512 * 1024) {
      let endless = String(repeating: opening, count: 100_000)
      do throws(JSONSyntaxError) { _ = try JSON(parsing: endless.utf8) } catch {
        results.change { $0.append(error.reason) }
      }
      let closing = String(opening.reversed().compactMap { $0 == "[" ? "]" : $0 == "{" ? "}" : nil })
      let deep = String(repeating: opening, count: 512 / levels) + "0" + String(repeating: closing, count: 512 / levels)
      guard let value = try? JSON(parsing: deep.utf8), let again = try? JSON(parsing: value.bytes()) else { return }
      results.change { $0.append(again.text(.compact) == deep ? "same" : "different") }
    }
    #expect(results.current == ["nested deeper than 512", "same"])
  }

  @Test(arguments: ["1,", "\"a\",", "[],", "{\"a\":1},", "\"\\n\\u0041\","])
  func `may be long`(element: String) throws {
    let text = "[" + String(repeating: element, count: 30_000) + "0]"
    #expect(try JSON(parsing: text.utf8).array?.count == 30_001)
  }
}
