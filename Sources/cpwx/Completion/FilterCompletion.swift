internal import Index
internal import Jobs

/// What a filter of `cpwx job list` can be: its key, then what is behind it.
struct FilterCompletion {
  typealias Candidate = Completion.Candidate

  let candidates: [Candidate]

  init(_ typed: String, users: @autoclosure () -> [Candidate], stages: @autoclosure () -> [Candidate]) {
    guard let end = typed.lastIndex(where: { "=~".contains($0) }) else {
      candidates = JobFilter.Key.allCases.map(Self.opening)
      return
    }
    // Of several values the last one is being typed.
    let begun = typed[...(typed.lastIndex(of: ",").map { max($0, end) } ?? end)]
    let named = Set(typed[typed.index(after: end)...].split(separator: ",").map(String.init))
    let key = JobFilter.Key(rawValue: String(begun.prefix { $0.isLetter || $0.isNumber }))
    let values: [Candidate] =
      switch key {
      case .status: JobFilter.knownStatuses.map { Candidate(value: $0) }
      case .archive: ArchiveState.allCases.map { Candidate(value: $0.rawValue) }
      case .user: users()
      case .stage: stages()
      case .since, .until: ["today", "yesterday", "24h", "7d", "30d"].map { Candidate(value: $0) }
      case .year, .title, .input, .error, .id, .sha256, nil: []
      }
    let last = String(typed[begun.endIndex...])
    candidates = values.filter { $0.value == last || !named.contains($0.value) }.map {
      Candidate(value: begun + $0.value, description: $0.description)
    }
  }

  private static func opening(_ key: JobFilter.Key) -> Candidate {
    let (operation, description) =
      switch key {
      case .status: ("=", "how it went")
      case .user: ("=", "whose it is")
      case .year: ("=", "of the film; also >= and <=")
      case .stage: ("=", "that runs or failed")
      case .title: ("~", "words of the title")
      case .input: ("~", "words of the film's path")
      case .error: ("~", "words of why it failed")
      case .id: ("=", "the job")
      case .sha256: ("=", "the film's content")
      case .archive: ("=", "archived, restored or none")
      case .since: ("=", "made since: a date, or how long ago")
      case .until: ("=", "made until then")
      }
    return Candidate(value: key.rawValue + operation, description: description)
  }
}
