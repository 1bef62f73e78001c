/// Options of `sbatch` that are cpwx's own: what an array is called, which tasks it has, what it waits for, where it is run,
/// what is told of it.
enum SubmissionFlags {
  private static let words = [
    "array", "chdir", "clusters", "dependency", "error", "job-name", "output", "parsable", "test-only", "wait", "wrap",
  ]
  private static let letters: Set<Character> = ["a", "d", "D", "e", "J", "M", "o", "W"]

  /// Whether a word of a command line is one of them, in either spelling; long ones may be cut short.
  static func isTaken(_ word: String) -> Bool {
    if word.hasPrefix("--") {
      let name = word.dropFirst(2).prefix { $0 != "=" }
      return !name.isEmpty && words.contains { $0.hasPrefix(name) }
    }
    return word.hasPrefix("-") && word.dropFirst().first.map { letters.contains($0) } == true
  }
}
