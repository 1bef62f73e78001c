import Engines
import Testing

struct LanguageTests {
  @Test(
    arguments: [
      ("en", "en"), ("ENG", "en"), (" English ", "en"), ("fre", "fr"), ("fra", "fr"), ("pt-BR", "pt"), ("zh_CN", "zh"),
      ("hindi", "hi"), ("haw", "haw"), ("xx", "xx"), ("auto", nil), ("", nil), ("und", nil), (nil, nil),
    ] as [(String?, String?)])
  func `codes, tags and English names name a language`(text: String?, code: String?) {
    #expect(Language(text)?.code == code)
  }

  @Test(arguments: [("en", "eng"), ("fr", "fra"), ("de", "deu"), ("hi", "hin"), ("yue", "yue"), ("xx", "und")])
  func `containers get the three-letter code`(code: String, alpha3: String) {
    #expect(Language(code)?.alpha3 == alpha3)
  }
}
