internal import TextWidth

/// What must not stand at either end of a line where no blanks part the words, as in Japanese and Chinese.
///
/// Source of the classes: W3C, Requirements for Japanese Text Layout, 3.1.7 and 3.1.8, with the halfwidth and Latin forms
/// of their characters.
enum LineEdge {
  /// Closing brackets, stops, commas, middle dots, iteration marks, the mark of a long vowel, small kana.
  private static let neverFirst = Set(
    "」』）】〕〉》］｝〙〗〟’”»｠)]}。．、，・：；！？‼⁇⁈⁉.,:;!?｡､｣･％゠‐〜～ヽヾゝゞ々〻ーｰ"
      + "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｬｭｮｯ")

  /// Opening brackets.
  private static let neverLast = Set("「『（【〔〈《［｛〘〖〝‘“«｟([{｢")

  /// Whether a line must not end between two characters, though one could be broken there.
  static func forbids(_ last: Character, _ next: Character) -> Bool {
    neverLast.contains(last) || neverFirst.contains(next)
  }

  /// Whether a line may end between two characters of a word: one of them must be a wide one.
  static func mayBreak(_ last: Character, _ next: Character) -> Bool {
    (last.displayWidth > 1 || next.displayWidth > 1) && !forbids(last, next)
  }

  /// Whether `text` is nothing but marks that belong to what stands before them, as the French `?` behind its blank.
  static func isClosing(_ text: String) -> Bool {
    text.allSatisfy { neverFirst.contains($0) && $0.isPunctuation }
  }
}
