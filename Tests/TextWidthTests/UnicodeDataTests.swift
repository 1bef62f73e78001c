import TestSupport
import Testing
import TextWidth

/// Every code point for itself, against the tables that Python carries.
struct `The width of every code point` {
  private struct Run {
    var range: ClosedRange<UInt32>
    var columns: Int
  }

  /// By general category and East Asian Width: 0, 1 or 2 columns, in runs of code points; unassigned ones left out.
  private static let script = """
    import unicodedata as data
    runs = []
    for code in [*range(0xD800), *range(0xE000, 0x110000)]:
        kind, east = data.category(chr(code)), data.east_asian_width(chr(code))
        if kind == "Cn":
            continue
        width = 0 if kind in ("Cc", "Cf", "Mn", "Me", "Zl", "Zp") else 2 if east in ("W", "F") else 1
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == width:
            runs[-1][1] = code
        else:
            runs.append([code, code, width])
    for run in runs:
        print(*run)
    """

  /// Letters of flags are pictures when they stand alone, and narrow in the tables. Unicode 16 made the hexagrams and
  /// counting rods wide, which terminals do not follow yet; 15.1 gave U+1171E another category.
  private static let disputed: [ClosedRange<UInt32>] = [
    0x1F1E6...0x1F1FF, 0x2630...0x2637, 0x268A...0x268F, 0x4DC0...0x4DFF, 0x1D300...0x1D376,
    0x1171E...0x1171E,
  ]

  @Test func `is that of its East Asian Width, and nothing where it is invisible`() throws {
    let lines = try output(of: ["python3", "-c", Self.script]).split(separator: "\n")
    let runs = lines.map { line in
      let numbers = line.split(separator: " ").compactMap { UInt32($0) }
      return Run(range: numbers[0]...numbers[1], columns: Int(numbers[2]))
    }
    var compared = 0
    var wrong: [String] = []
    for run in runs {
      for scalar in sample(of: run.range).compactMap(Unicode.Scalar.init) where !isDisputed(scalar) {
        compared += 1
        let found = Character(scalar).displayWidth
        if found != run.columns { wrong.append("\(String(scalar.value, radix: 16)) \(found) for \(run.columns)") }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(50))")
    #expect(compared > 40_000)
  }

  /// All of a run, but of the very long ones, which are ideographs, syllables and private use, each thirty-first.
  private func sample(of range: ClosedRange<UInt32>) -> [UInt32] {
    range.count < 5000
      ? Array(range) : Array(stride(from: range.lowerBound, through: range.upperBound, by: 31)) + [range.upperBound]
  }

  /// What one side knows and the other does not yet is no difference.
  private func isDisputed(_ scalar: Unicode.Scalar) -> Bool {
    guard let age = scalar.properties.age, age.major <= 14 else { return true }
    return Self.disputed.contains { $0.contains(scalar.value) }
  }
}
