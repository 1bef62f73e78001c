import Testing

@testable import Jobs

struct `A document with secrets` {
  private func masked(_ text: String, _ values: String...) throws -> String {
    Secrets.masked(try JSON(parsing: text.utf8), values).text(.compact)
  }

  @Test func `is masked at every depth, in names as well, and keeps the rest as it stands`() throws {
    #expect(
      try masked(
        #"{"a":[{"kestrel-1":"x kestrel-1","b":1.50,"b":null}],"c":"http://u:p@h","d":true}"#, "kestrel-1")
        == #"{"a":[{"********":"x ********","b":1.50,"b":null}],"c":"http://u:********@h","d":true}"#)
  }

  @Test func `is masked where a text is no Unicode, and that text is kept where there is nothing to mask`() throws {
    #expect(try masked(#"["kestrel-1 \ud800"]"#, "kestrel-1") == "[\"******** \u{FFFD}\"]")
    #expect(try masked(#"["plain \ud800"]"#, "kestrel-1") == #"["plain \ud800"]"#)
  }

  @Test func `keeps the names of fields, and numbers that only hold a secret's digits`() throws {
    #expect(
      try masked(#"{"title":"the title","n":120011,"p":2001}"#, "title", "2001")
        == #"{"title":"the ********","n":120011,"p":"********"}"#)
  }
}
