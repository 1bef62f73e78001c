import Foundation
import Testing
import Titles

/// A file's name and what a person reads from it.
struct FilmNameCase {
  let fileName: String
  let title: String
  let year: Int?
  /// Whether the year counts: of some names nobody can say.
  let assertsYear: Bool

  func accepts(_ film: FilmName) -> Bool {
    comparable(film.title) == comparable(title) && (!assertsYear || film.year == year)
  }

  static func fixture(_ name: String) throws -> [FilmNameCase] {
    let folder = Bundle.module.url(forResource: "Fixtures", withExtension: nil)
    let url = try #require(folder).appendingPathComponent(name)
    return csvRecords(try String(contentsOf: url, encoding: .utf8)).map { record in
      FilmNameCase(
        fileName: record["filename"] ?? "", title: record["title"] ?? "",
        year: record["year"].flatMap(Int.init),
        assertsYear: record["year_state"] != "unasserted")
    }
  }
}

/// A title without what two spellings of it may differ in: accents, case, punctuation, `&` for `and`.
private func comparable(_ title: String) -> String {
  var words = ""
  for scalar in title.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
    let isIndic = (0x0900...0x0DFF).contains(scalar.value)
    if scalar == "&" {
      words += " and "
    } else if scalar == "'" || scalar == "’" || (scalar.properties.isMark && !isIndic) {
      continue
    } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil || isIndic {
      words.unicodeScalars.append(scalar)
    } else {
      words += " "
    }
  }
  return words.split(separator: " ").joined(separator: " ")
}

extension Unicode.Scalar.Properties {
  fileprivate var isMark: Bool {
    [.nonspacingMark, .spacingMark, .enclosingMark].contains(generalCategory)
  }
}
