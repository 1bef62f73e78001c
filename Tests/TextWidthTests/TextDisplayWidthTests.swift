import Testing
import TextWidth

struct `The width of a text` {
  @Test(arguments: [
    ("", 0), ("Film (2001).mp4", 15), ("नमस्ते", 3), ("हिन्दी", 2), ("कार्तिक आर्यन", 7), ("日本語 ok", 9), ("a\u{200B}b\u{200D}", 2),
    ("café", 4), ("cafe\u{301}", 4), ("👩‍👩‍👦 x 🇯🇵🇰🇷", 9), ("\u{1B}[31mred", 7), ("السلام", 6), ("\u{202B}שלום\u{202C}", 4),
  ])
  func `is that of its characters together`(text: String, columns: Int) {
    #expect(text.displayWidth == columns)
    #expect(text[...].displayWidth == columns)
  }

  @Test(arguments: [("क्ष", 2), ("स्त्री", 4), ("क्षत्रिय", 6), ("👩‍👩‍👦 x", 8)])
  func `is greater on terminals that go by code points`(text: String, columns: Int) {
    #expect(text.greatestWidth == columns)
  }

  @Test func `is the same composed and decomposed`() {
    for (composed, decomposed) in [("é", "e\u{301}"), ("가", "\u{1100}\u{1161}"), ("ば", "は\u{3099}")] {
      #expect(composed.displayWidth == decomposed.displayWidth)
    }
  }
}

struct `What is invisible` {
  @Test(arguments: ["\0", "\u{1B}", "\u{200D}", "\u{FE0F}", "\u{301}", "\u{94D}", "\u{2029}", "\u{202E}"])
  func `steers, joins or marks others`(scalar: Unicode.Scalar) { #expect(scalar.isInvisible) }

  @Test(arguments: ["a", " ", "\u{A0}", "\u{93E}", "漢", "😀", "\u{E000}"])
  func `has no columns of its own`(scalar: Unicode.Scalar) { #expect(!scalar.isInvisible) }
}
