internal import TextWidth

/// A command's help, broken at words: what belongs to a line is indented as the line's own text is.
struct HelpText {
  let text: String

  /// - Parameter help: with each paragraph on one line.
  init(_ help: String, within columns: Int) {
    text = help.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { Self.lines(of: String($0), within: columns) }
      .joined(separator: "\n")
  }

  /// What is told of something goes on in its column, or, where that is too far to the right, below it.
  private static func lines(of line: String, within columns: Int) -> [String] {
    if line.displayWidth <= columns { return [line] }
    let indent = line.prefix { $0 == " " }
    if line.hasPrefix("USAGE: ") { return line.wrapped(to: columns, hanging: 7) }
    guard let gap = line.dropFirst(indent.count).firstRange(of: "  ") else {
      return line.wrapped(to: columns, hanging: indent.count == 2 ? 4 : indent.count)
    }
    let told = line[gap.lowerBound...].drop { $0 == " " }
    let column = line[..<told.startIndex].displayWidth
    if column <= columns / 2 { return line.wrapped(to: columns, hanging: column) }
    return [String(line[..<gap.lowerBound])] + "      \(told)".wrapped(to: columns, hanging: 6)
  }
}
