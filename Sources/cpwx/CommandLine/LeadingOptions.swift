internal import ArgumentParser

/// Options that commands have in common, and that stand before the command: `cpwx -C films job list`.
struct LeadingOptions {
  /// Those with a value, and those without.
  private static let valued: Set<String> = ["-C", "--format", "--color"]
  private static let flags: Set<String> = ["-q", "--quiet", "-v", "--verbose"]
  static var names: Set<String> { valued.union(flags) }

  /// The command line as the parser wants it: these options behind the words of the command.
  private(set) var words: [String]
  /// What was asked of a command that has no result to write, and so concerns what it says alone.
  private(set) var format: FormatChoice?
  private(set) var color: ColorChoice?

  init(_ given: [String]) {
    words = given
    var rest = given[...]
    var options: [[String]] = []
    while let word = rest.first, let count = Self.length(of: word), rest.count >= count {
      options.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    if options.isEmpty { return }
    words = Array(rest)
    // There is no command that they could be about.
    if rest.isEmpty || rest.first?.hasPrefix("-") == true || rest.first == "help" { return }
    let path = CommandPath(rest)
    let isGroup = !path.command.configuration.subcommands.isEmpty
    if isGroup, path.command.configuration.defaultSubcommand == nil { return }
    let known = CommandLineSoFar(path.words).arguments.flatMap(\.names)
    options.removeAll { !known.contains(Self.name(of: $0)) && isOfNoUse($0) }
    words = path.words + options.joined() + rest.dropFirst(path.words.count)
  }

  /// What a command never says or shows, it need not be told to leave unsaid, or how to show it.
  private mutating func isOfNoUse(_ option: [String]) -> Bool {
    let value = option.count == 2 ? option[1] : option[0].split(separator: "=", maxSplits: 1).dropFirst().joined()
    switch Self.name(of: option) {
    case "--format":
      guard let choice = FormatChoice(rawValue: value), [.plain, .table].contains(choice) else { return false }
      format = choice
    case "--color":
      guard let choice = ColorChoice(rawValue: value) else { return false }
      color = choice
    case let name: return Self.flags.contains(name)
    }
    return true
  }

  private static func name(of option: [String]) -> String { String(option[0].prefix { $0 != "=" }) }

  private static func length(of word: String) -> Int? {
    if flags.contains(word) { return 1 }
    if valued.contains(word) { return 2 }
    let name = word.prefix { $0 != "=" }
    return name.hasPrefix("--") && valued.contains(String(name)) ? 1 : nil
  }
}
