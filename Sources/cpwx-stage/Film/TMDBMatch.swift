internal import Jobs

/// Which of a search's results is the film that was meant.
enum TMDBMatch {
  /// The best of `answer`'s results: the same title and year, then the same title, then a year that fits; between
  /// equals the better known. Without any likeness the service's own first.
  static func best(of answer: JSON, title: String, year: Int?) -> JSON? {
    let results = answer["results"]?.array ?? []
    let scored = results.map { (score(of: $0, title: title, year: year), $0) }
    return scored.max { left, right in
      (left.0, left.1["popularity"]?.double ?? 0) < (right.0, right.1["popularity"]?.double ?? 0)
    }?.1
  }

  private static func score(of result: JSON, title: String, year: Int?) -> Int {
    let wanted = folded(title)
    let titles = ["title", "original_title"].compactMap { result[$0]?.string }.map { folded($0) }
    var score = 0
    if titles.contains(wanted) {
      score += 10
    } else if titles.contains(where: { $0.hasPrefix(wanted) || wanted.hasPrefix($0) && !$0.isEmpty }) {
      score += 4
    }
    if let year, let released = result["release_date"]?.string.flatMap({ Int($0.prefix(4)) }) {
      switch abs(released - year) {
      case 0: score += 5
      case 1: score += 3
      default: score -= 3
      }
    }
    return score
  }

  /// Letters and digits only, in lower case.
  static func folded(_ title: String) -> String {
    title.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
