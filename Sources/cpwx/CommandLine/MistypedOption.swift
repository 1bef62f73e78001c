internal import Jobs

/// The first option on a command line that its command does not have, or the first value that an option does not take.
///
/// The parser tells of one only when nothing else is wrong; and what is missing is often what was mistyped.
struct MistypedOption {
  /// What is wrong, and what was probably meant.
  let message: String

  init?(_ arguments: [String]) {
    let line = CommandLineSoFar(arguments)
    if let unknown = line.unknownOptions.first {
      // That it may stand before the command does not mean that every command has it.
      if LeadingOptions.names.contains(unknown) {
        let words = ["cpwx"] + CommandPath(arguments).words
        message = "Unknown option '\(unknown)': \(words.joined(separator: " ")) has none of that name."
        return
      }
      let known = line.arguments.flatMap(\.names) + ["--help", "--version"]
      message = "Unknown option '\(unknown)'." + didYouMean(unknown, among: known.filter { $0.hasPrefix("--") })
      return
    }
    let wrong = line.arguments.lazy.compactMap { argument -> String? in
      guard let name = argument.names.first(where: { line.given[$0] != nil }), let value = line.given[name],
        !argument.allValues.isEmpty, !argument.allValues.contains(value)
      else { return nil }
      let values = argument.allValues
      let list = [values.dropLast().joined(separator: ", "), values.last ?? ""].filter { !$0.isEmpty }
        .joined(separator: " or ")
      return "'\(value)' is nothing that \(name) takes.\(didYouMean(value, among: values)) Expected \(list)."
    }
    guard let wrong = wrong.first else { return nil }
    message = wrong
  }
}
