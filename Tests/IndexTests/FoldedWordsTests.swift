import Testing

@testable import Index

@Suite struct FoldedWordsTests {
  @Test(arguments: [
    ("Amélie", "amelie"), ("SHOLAY (1975)", "sholay 1975"), ("Don't Look Up", "dont look up"),
    ("Straße & Søn", "strasse and son"), ("Łódź", "lodz"), ("Ångström", "angstrom"), ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
    ("東京物語", "東 京 物 語"), ("Ярость", "ярость"), ("", ""), ("!!!", ""), ("STRAẞE", "strasse"), ("Ħal", "hal"),
    ("L'Armée des ombres", "larmee armee des ombres"), ("L’Avventura", "lavventura avventura"), ("l'art", "lart art"),
    ("Soft\u{AD}hyphen", "softhyphen"), ("zero\u{200B}width", "zero width"), ("❤️ Dil", "u2764 dil"),
    ("Jai Hind 🇮🇳", "jai hind u1f1ee u1f1f3"), ("Film™ © 451°", "filmtm 451"),
  ])
  func `words are told without case and diacritics`(source: String, folded: String) {
    #expect(FoldedWords(source).text == folded)
  }

  @Test func `vowel signs of Indic scripts are part of their words`() {
    #expect(FoldedWords("कि").text != FoldedWords("की").text)
    #expect(FoldedWords("शोले").words.count == 1)
  }

  @Test func `joiners make no other word`() {
    #expect(FoldedWords("राष्\u{200D}ट्र").text == FoldedWords("राष्ट्र").text)
    #expect(FoldedWords("می\u{200C}خواهم").text == FoldedWords("میخواهم").text)
  }

  @Test func `both ways to write an accent fold alike`() {
    #expect(FoldedWords("Ame\u{301}lie").text == FoldedWords("Am\u{e9}lie").text)
  }
}
