import TestSupport
import Testing
import Titles

struct FilmNameRandomTests {
  @Test func `any name gives a title and at most a plausible year`() throws {
    var random = SplitMix64(seed: 1888)
    let pieces = try FilmNameCase.fixture("filenames.csv").flatMap { wordsAndSeparators($0.fileName) }
    for _ in 0..<20_000 {
      let name = (0..<Int.random(in: 1...12, using: &random)).map { _ in
        Int.random(in: 0..<4, using: &random) == 0
          ? anyScalars(using: &random) : pieces.randomElement(using: &random) ?? ""
      }.joined()
      let film = FilmName(parsing: name, latestYear: 2030)
      #expect(!film.title.isEmpty || name.isEmpty, "\(name.debugDescription)")
      #expect(film.year.map((1888...2030).contains) ?? true, "\(name.debugDescription)")
    }
  }

  @Test(arguments: ["(", "([", "(a)", "[2010]", ".", "/", " / ", "1080p.", "é", "\u{301}", "The "])
  func `a name of absurd length is read all the same`(piece: String) {
    let name = String(repeating: piece, count: 100_000)
    #expect(!FilmName(parsing: name).title.isEmpty)
  }

  private func wordsAndSeparators(_ name: String) -> [String] {
    name.split { $0.isLetter || $0.isNumber }.map(String.init)
      + name.split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private func anyScalars(using random: inout SplitMix64) -> String {
    let planes: [ClosedRange<UInt32>] = [
      0...0x7F, 0...0x2FF, 0x300...0x36F, 0x900...0xDFF, 0x3000...0xD7FF, 0...0x10FFFF,
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      let plane = planes[Int.random(in: planes.indices, using: &random)]
      if let scalar = Unicode.Scalar(UInt32.random(in: plane, using: &random)) { text.append(scalar) }
    }
    return String(text)
  }
}
