import Testing

@testable import Jobs

struct Secret {
  @Test(arguments: [
    "TMDB_API_KEY", "HF_TOKEN", "hf_token", "pyannote_token", "DB_PASSWORD", "X_SECRET", "AWS_CREDENTIALS", "TOKEN",
    "API_KEYS", "NOTIFY_WEBHOOK",
  ])
  func `keys are known by their endings`(key: String) { #expect(Secrets.isSecret(key)) }

  @Test(arguments: ["KEYBOARD", "TOKENIZER", "MONKEY", "SECRETS_PATH", "PASSWORD_FILE", "", "KEY_WORDS", "JOB_ID"])
  func `keys are not what only looks like one`(key: String) { #expect(!Secrets.isSecret(key)) }

  @Test func `values come from everywhere, longest first, short ones left alone`() throws {
    let env = EnvFile(
      "HF_TOKEN=abcd\nX_KEY=abc\nTITLE=visible\nY_SECRET=\"line one\nline two\"\nZ_KEY=${HF_TOKEN}-more\n")
    let file = try JSON(parsing: #"{"hf_token": "from file", "nested": {"list": ["deep value", 1, null, "no"]}}"#.utf8)
    let values = Secrets.values(of: env, secretsFile: file, outer: ["OTHER_TOKEN": "around", "HOME": "/home/x"])
    #expect(
      values.filter { !$0.contains("%") && !$0.contains("+") } == [
        "${HF_TOKEN}-more", "deep value", "from file", "abcd-more", "line two", "line one", "around", "abcd",
      ])
    #expect(values.map(\.utf8.count) == values.map(\.utf8.count).sorted(by: >))
  }

  @Test func `a value is searched for as URLs, JSON and Python have it`() throws {
    let env = EnvFile("A_KEY=ab+cd/ef==\nB_KEY='ca\u{E9} \"x\\y'\nC_KEY=plain-1\n")
    #expect(
      Set(Secrets.values(of: env, secretsFile: nil)) == [
        "ab+cd/ef==", "ab%2Bcd%2Fef%3D%3D", "ab%2Bcd/ef%3D%3D", "plain-1",
        "ca\u{E9} \"x\\y", "ca%C3%A9%20%22x%5Cy", "ca%C3%A9+%22x%5Cy", "ca\u{E9} \\\"x\\\\y", "ca\\u00e9 \\\"x\\\\y",
        "ca\u{E9} \"x\\\\y",
      ])
  }

  @Test func `of a value that is no text, the pieces that are`() {
    let env = EnvFile(parsing: Array("A_KEY=kestrel".utf8) + [0xE9] + Array("-binary\n".utf8))
    #expect(Secrets.values(of: env, secretsFile: nil) == ["kestrel\u{FFFD}-binary", "kestrel", "-binary"])
  }

  @Test func `the password of a URL is a value, also without its escapes, in any setting and the file`() throws {
    let env = EnvFile("HOOK=https://u:kest%72el@h/x\nX_KEY=http://u:heron@h\nPLAIN=http://host:8080/a@b\n")
    let file = try JSON(parsing: #"["ftp://u:egret@h"]"#.utf8)
    let values = Secrets.values(of: env, secretsFile: file, outer: ["ALL_PROXY": "http://u:stork@gate"])
    #expect(
      values.filter { !$0.contains("%3A") } == [
        "http://u:heron@h", "ftp://u:egret@h", "kest%72el", "kestrel", "stork", "heron", "egret",
      ])
  }

  @Test func `a short password is searched for within its URL alone`() {
    let env = EnvFile("HOOK=https://u:pw@h/x\n")
    #expect(Secrets.values(of: env, secretsFile: nil) == ["//u:pw@"])
  }

  @Test func `texts of the file that are no Unicode are values as they read`() throws {
    let file = try JSON(parsing: #"{"a": "kestrel\ud800"}"#.utf8)
    #expect(Secrets.values(of: EnvFile(), secretsFile: file) == ["kestrel\u{FFFD}", "kestrel"])
  }

  @Test func `values are masked, the longer before the shorter`() {
    let secrets = ["abcdef", "abcd"]
    #expect(Secrets.masked("abcdef abcd abc", secrets) == "******** ******** abc")
  }
}
