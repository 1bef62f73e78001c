internal import ArgumentParser

/// Options that commands have in common, and that stand before the command: `cpwx -C films job list`.
enum LeadingOptions {
  /// Those with a value, and those without.
  private static let valued: Set<String> = ["-C", "--format", "--color"]
  private static let flags: Set<String> = ["-q", "--quiet", "-v", "--verbose"]
  static var names: Set<String> { valued.union(flags) }

  /// The words as the parser wants them: these options behind the words of the command.
  static func behindCommand(_ words: [String]) -> [String] {
    var rest = words[...]
    var options: [String] = []
    while let word = rest.first, let count = length(of: word), rest.count >= count {
      options += rest.prefix(count)
      rest = rest.dropFirst(count)
    }
    if options.isEmpty { return words }
    // There is no command that they could be about.
    if rest.isEmpty || rest.first?.hasPrefix("-") == true || rest.first == "help" { return Array(rest) }
    let path = CommandPath(rest)
    // What a command never says, it need not be told to leave unsaid.
    let known = CommandLineSoFar(path.words).arguments.flatMap(\.names)
    options.removeAll { flags.contains($0) && !known.contains($0) }
    let isGroup = !path.command.configuration.subcommands.isEmpty
    if isGroup, path.command.configuration.defaultSubcommand == nil { return Array(rest) }
    return path.words + options + rest.dropFirst(path.words.count)
  }

  private static func length(of word: String) -> Int? {
    if flags.contains(word) { return 1 }
    if valued.contains(word) { return 2 }
    let name = word.prefix { $0 != "=" }
    return name.hasPrefix("--") && valued.contains(String(name)) ? 1 : nil
  }
}
