import Jobs
import Testing

@testable import cpwx_stage

struct NameCorrectorTests {
  private func corrected(_ text: String, names: [String], recognised: [String] = []) -> String {
    let words = text.split(separator: " ").map(String.init)
    return NameCorrector(names: names, transcript: words, recognised: recognised).correct(words).words
      .joined(separator: " ")
  }

  @Test(arguments: [
    ("and Mr. Jon Dashwod, then", ["John Dashwood"], "and Mr. Jon Dashwood, then"),
    ("was “Marianna's” own", ["Marianne Dashwood"], "was “Marianne's” own"),
    ("saw Wilougby there", ["Willoughby"], "saw Willoughby there"),
    ("said Valdo twice", ["Waldo"], "said Waldo twice"),
  ])
  func `a misheard name is corrected, its case ending and punctuation kept`(
    text: String, names: [String], wanted: String
  ) {
    #expect(corrected(text, names: names) == wanted)
  }

  @Test(arguments: [
    ("the Dashwoods came", ["Dashwood"]),
    ("he saw Mary and Marie there", ["Mary", "Marie"]),
    ("a dash of marks", ["Mark", "Dash"]),
    ("Park the car here", ["Mark Perk"]),
    ("he likes Apple pie, an apple", ["Apply Jones"]),
    ("in May it was", ["Max Mayer"]),
    ("ask Officers and Police", ["Police Officer"]),
    ("both Harri stood", ["Harry", "Harris"]),
    ("मुझे गब्बर सिंह", ["गब्बर", "Gabbar Singh"]),
  ])
  func `ordinary words, plurals and doubtful cases stay as they are`(text: String, names: [String]) {
    #expect(corrected(text, names: names) == text)
  }

  @Test func `the first word of a sentence is changed only when a recogniser takes it for a name`() {
    #expect(corrected("Elinore smiled.", names: ["Elinor"]) == "Elinore smiled.")
    #expect(corrected("Elinore smiled.", names: ["Elinor"], recognised: ["Elinore"]) == "Elinor smiled.")
  }

  @Test(arguments: [("", "", 0), ("abc", "acb", 1), ("kitten", "sitting", 3), ("a", "abcdef", 4), ("गब्बर", "गबर", 1)])
  func `distance counts letters, and swaps once`(left: String, right: String, wanted: Int) {
    #expect(editDistance(left, right, limit: 3) == min(wanted, 4))
  }
}
