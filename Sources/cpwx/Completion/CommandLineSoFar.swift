internal import ArgumentParser
internal import Jobs

/// The words before the one that is being typed, read as the parser reads them: which command, which of its arguments.
struct CommandLineSoFar {
  /// An argument of a command, as the parser describes it.
  struct Argument {
    let names: [String]
    let valueName: String
    let isPositional: Bool
    let takesValue: Bool
    let isRepeating: Bool
    let takesSeveral: Bool
    let allValues: [String]
    let description: String
  }

  private(set) var command: any ParsableCommand.Type = CPWX.self
  /// Its subcommands that can still follow.
  private(set) var subcommands: [any ParsableCommand.Type]
  private(set) var arguments: [Argument]
  /// The option whose value is awaited.
  private(set) var awaited: Argument?
  /// Whether `--` has been there.
  private(set) var endsOptions = false
  /// Words that are no options and no commands.
  private(set) var operands: [String] = []
  /// Options that have been given, by their names, with their last values.
  private(set) var given: [String: String] = [:]
  /// Options that have been given and that the command does not have.
  private(set) var unknownOptions: [String] = []

  init(_ words: some Sequence<String>) {
    subcommands = CPWX.shownSubcommands
    // What commands have in common may stand before them.
    let common = Self.arguments(of: RunCommand.self).filter { !LeadingOptions.names.isDisjoint(with: $0.names) }
    arguments = common + Self.arguments(of: CPWX.self)
    for word in words { read(word) }
  }

  /// The positional argument that comes next.
  var nextPositional: Argument? {
    let positionals = arguments.filter(\.isPositional)
    if operands.count < positionals.count { return positionals[operands.count] }
    return positionals.last.flatMap { $0.isRepeating ? $0 : nil }
  }

  func option(_ name: String) -> Argument? { arguments.first { $0.names.contains(name) } }

  private mutating func read(_ word: String) {
    if let option = awaited, !(option.takesSeveral && word.hasPrefix("-")) {
      for name in option.names { given[name] = word }
      if !option.takesSeveral { awaited = nil }
    } else if endsOptions || !word.hasPrefix("-") || word == "-" {
      readOperand(word)
    } else if word == "--" {
      (awaited, endsOptions) = (nil, true)
    } else {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let option = option(parts[0])
      if option == nil, !isCluster(word), word != "-h" { unknownOptions.append(parts[0]) }
      for name in option?.names ?? [parts[0]] { given[name] = parts.count == 2 ? parts[1] : "" }
      awaited = option.flatMap { $0.takesValue && parts.count == 1 ? $0 : nil }
    }
  }

  /// Whether it is several flags of a letter each: `-nq`.
  private func isCluster(_ word: String) -> Bool {
    !word.hasPrefix("--") && word.count > 2 && word.dropFirst().allSatisfy { option("-\($0)")?.takesValue == false }
  }

  private mutating func readOperand(_ word: String) {
    let isHelp = command == CPWX.self && word == "help" && operands.isEmpty
    if isHelp { return arguments = [] }
    if let subcommand = subcommands.first(where: { $0.configuration.commandName == word }) {
      command = subcommand
      subcommands = subcommand.shownSubcommands
      arguments = Self.arguments(of: subcommand)
    } else {
      operands.append(word)
      subcommands = []
    }
  }

  private static func flags(of command: any ParsableCommand.Type) -> [Argument] {
    let help = Argument(flag: "help", "Show help information.")
    return command == CPWX.self ? [Argument(flag: "version", "Show the version."), help] : [help]
  }

  /// A group's are those of the command that it is when nothing follows.
  private static func arguments(of command: any ParsableCommand.Type) -> [Argument] {
    let told = command.configuration.subcommands.isEmpty ? command : command.configuration.defaultSubcommand
    let document = told.flatMap { try? JSON(parsing: Array($0._dumpHelp().utf8)) }
    return (document?["command"]?["arguments"]?.array ?? []).map { Argument($0) }
      + (told == nil ? flags(of: command) : [])
  }
}

extension CommandLineSoFar.Argument {
  fileprivate init(flag name: String, _ description: String) {
    self.init(["abstract": .string(description), "names": .array([["kind": .string("long"), "name": .string(name)]])])
  }

  /// From the parser's own description.
  fileprivate init(_ document: JSON) {
    names = (document["names"]?.array ?? []).compactMap { name in
      name["name"]?.string.map { (name["kind"]?.string == "long" ? "--" : "-") + $0 }
    }
    valueName = document["valueName"]?.string ?? ""
    isPositional = document["kind"]?.string == "positional"
    takesValue = document["kind"]?.string == "option"
    isRepeating = document["isRepeating"]?.bool == true
    takesSeveral = document["parsingStrategy"]?.string == "upToNextOption"
    allValues = (document["allValues"]?.array ?? []).compactMap(\.string)
    description = document["abstract"]?.string ?? ""
  }
}
