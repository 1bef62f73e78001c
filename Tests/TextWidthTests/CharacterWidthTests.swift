import Testing
import TextWidth

/// Widths counted by hand, in the columns of a terminal's grid.
struct `The width of a character` {
  @Test(arguments: ["a", "~", " ", "é", "e\u{301}", "Ж", "ß", "—", "…", "½", "\u{A0}"])
  func `is one column in scripts that are not wide`(character: Character) { #expect(character.displayWidth == 1) }

  @Test(arguments: ["क", "का", "कि", "की", "कु", "के", "कं", "क़", "क्", "आ", "।", "৳", "த", "தி", "ก", "กำ", "ש", "שׁ"])
  func `is one column with all its vowel signs and marks`(character: Character) {
    #expect(character.displayWidth == 1)
  }

  @Test(
    arguments: [
      ("का", 2), ("के", 1), ("ज़ि", 2), ("தி", 2), ("कों", 2), ("漢", 2), ("😀", 2), ("e\u{301}", 1),
      ("กำ", 2), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("👍🏽", 4), ("👩‍🚀", 4), ("👨‍👩‍👧‍👦", 8), ("🏳️‍🌈", 4),
      ("🇮🇳", 2), ("❤️", 2), ("1️⃣", 2),
    ] as [(Character, Int)])
  func `is greater on terminals that go by code points`(character: Character, width: Int) {
    #expect(character.greatestWidth == width)
  }

  @Test(arguments: ["漢", "あ", "が", "か\u{3099}", "ア", "한", "\u{1112}\u{1161}\u{11AB}", "、", "　", "Ａ", "￥", "𠀀", "〈"])
  func `is two columns in the wide scripts of East Asia`(character: Character) {
    #expect(character.displayWidth == 2)
  }

  @Test(arguments: ["ｱ", "｡", "￨"])
  func `is one column for their halfwidth forms`(character: Character) { #expect(character.displayWidth == 1) }

  @Test(arguments: [
    "😀", "🚀", "⌚", "👍🏽", "👩‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇮🇳", "🇺", "❤️", "1️⃣", "☎️",
    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
  ])
  func `is two columns for a picture, however many code points draw it`(character: Character) {
    #expect(character.displayWidth == 2)
  }

  @Test(arguments: ["❤", "☎", "✔", "🌡", "©", "1", "#"])
  func `is one column for what is a picture only when asked to be`(character: Character) {
    #expect(character.displayWidth == 1)
  }

  @Test(arguments: [
    "\0", "\t", "\n", "\r\n", "\u{1B}", "\u{7F}", "\u{85}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{202B}",
    "\u{2028}", "\u{2060}", "\u{FEFF}", "\u{FE0F}", "\u{301}", "\u{20DD}", "\u{AD}", "\u{E0041}",
  ])
  func `is nothing for controls, joiners and lone marks`(character: Character) {
    #expect(character.displayWidth == 0)
  }
}
