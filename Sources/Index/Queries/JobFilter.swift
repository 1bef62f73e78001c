public import Jobs

/// A condition on jobs, as it is typed: `status=failed`, `user=2`, `since=7d`, `title~sholay`, `stage!=asr`.
///
/// Several values, by commas, mean any of them, or all together where a title or a name has commas itself; several filters
/// mean all of them.
public struct JobFilter: Sendable, Equatable {
  /// The keys that a filter can name.
  public enum Key: String, CaseIterable, Sendable {
    case status, user, year, stage, title, input, error, id, sha256, archive, since, until
  }

  enum Operation: String, CaseIterable, Sendable {
    // Longest first: `>=` is not `=`.
    case notEqual = "!="
    case atLeast = ">="
    case atMost = "<="
    case contains = "~"
    case equal = "="
  }

  /// What `status=` can name: a job's, or that its records cannot be read.
  public static let knownStatuses = PipelineStatus.allCases.map(\.rawValue) + ["damaged"]

  let key: Key
  let operation: Operation
  let values: [String]

  /// Reads a filter.
  ///
  /// - Throws: ``JobError`` with code `usage`, saying what was expected.
  public init(_ text: String, now: Timestamp = .now) throws {
    let found = Operation.allCases.compactMap { operation in
      text.firstRange(of: operation.rawValue).map { (operation, $0) }
    }.min { ($0.1.lowerBound, -$0.0.rawValue.count) < ($1.1.lowerBound, -$1.0.rawValue.count) }
    guard let (operation, range) = found else {
      throw JobError(
        .usage, text, "is no filter: expected KEY=VALUE, KEY!=VALUE, KEY~WORDS, KEY>=VALUE or KEY<=VALUE",
        remedy: "Keys: \(Key.allCases.map(\.rawValue).joined(separator: " "))")
    }
    let name = String(text[..<range.lowerBound])
    guard let key = Key(rawValue: name) else {
      let near = didYouMean(name, among: Key.allCases.map(\.rawValue))
      throw JobError(
        .usage, text, "'\(name)' is no key to filter by.\(near)",
        remedy: "Keys: \(Key.allCases.map(\.rawValue).joined(separator: " "))")
    }
    self.key = key
    self.operation = operation
    let value = String(text[range.upperBound...])
    var values = operation == .contains ? [value] : value.split(separator: ",").map(String.init)
    if values.count > 1, [.title, .input, .error].contains(key) { values.append(value) }
    self.values = try Self.checked(values, key, operation, text, now)
  }

  private static func checked(
    _ values: [String], _ key: Key, _ operation: Operation, _ text: String, _ now: Timestamp
  ) throws -> [String] {
    func mistake(_ message: String) -> JobError { JobError(.usage, text, message) }
    guard values.contains(where: { !$0.isEmpty }) else { throw mistake("names no value for \(key.rawValue)") }
    switch key {
    case .status:
      let known = knownStatuses
      for value in values where !known.contains(value) && operation != .contains {
        let near = didYouMean(value, among: known)
        throw mistake("'\(value)' is no status.\(near) Expected: \(known.joined(separator: " "))")
      }
    case .archive:
      let known = ArchiveState.allCases.map(\.rawValue)
      guard operation == .equal || operation == .notEqual else { throw mistake("expected archive= or archive!=") }
      for value in values where !known.contains(value) {
        let near = didYouMean(value, among: known)
        throw mistake("'\(value)' is no state of an archive.\(near) Expected: \(known.joined(separator: " "))")
      }
    case .sha256:
      for value in values where !value.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
        throw mistake("'\(value)' is no beginning of a SHA-256, which has the digits 0 to 9 and a to f")
      }
    case .year:
      for value in values where Int(value) == nil { throw mistake("'\(value)' is no year") }
    case .since, .until:
      guard operation == .equal, values.count == 1, let moment = parseMoment(values[0], now: now) else {
        throw mistake("expected \(key.rawValue)= and a date (2025-10-30), today, yesterday, or a duration (7d, 12h)")
      }
      return [String(moment.microseconds)]
    default: break
    }
    if operation == .atLeast || operation == .atMost {
      guard key == .year || key == .id else { throw mistake("\(operation.rawValue) is for year and id") }
      guard values.count == 1 else { throw mistake("\(operation.rawValue) takes one value") }
      if key == .id, keys(of: values[0]) == nil {
        throw mistake("expected an id (20251030-001) or a day (20251030) after \(operation.rawValue)")
      }
    }
    return values
  }

  /// What a filter for words of the title or the file's name asks the index of words; `nil` for all others.
  var words: String? {
    guard operation == .contains, key == .title || key == .input, !isOfPath else { return nil }
    return FoldedWords(values[0]).query.map { "{\(key == .title ? "title" : "file")} : (\($0))" }
  }

  /// What a filter for words of the title asks of a job itself, without the index of words; `nil` for all others.
  var conditionOfWords: Condition? {
    guard key == .title, words != nil else { return nil }
    let words = FoldedWords(values[0]).words.map { RowValue.text(" " + $0.joined(separator: " ")) }
    return Condition(words.map { _ in "instr(' ' || jobs.title_words, ?) > 0" }.joined(separator: " AND "), words)
  }

  /// Whether it is about the folders that films lie in, of which the index has no words.
  private var isOfPath: Bool { key == .input && values[0].contains("/") }

  /// The statuses that a filter asks for; none where it is about something else.
  var statuses: [String] { key == .status && operation == .equal ? values : [] }

  /// Whether it asks for none that are completed, which most jobs are.
  var isOfFew: Bool { !statuses.isEmpty && !statuses.contains(PipelineStatus.completed.rawValue) }

  /// The keys of the jobs with an id, or of a day's.
  private static func keys(of value: String) -> Range<Int64>? {
    if let id = JobID(value) { return JobKey.block(of: JobKey.first(id.date, number: id.number)) }
    return JobDate(digits: value[...]).flatMap { JobKey.days(beginning: $0.digits) }
  }

  /// The condition in SQL.
  var condition: Condition {
    let arguments = arguments
    let marks = arguments.map { _ in "?" }.joined(separator: ",")
    switch (key, operation) {
    case (.since, _):
      // The day narrows by the order of jobs; the moment decides. No zone's day is further than a day from the universal one.
      let dayBefore = Timestamp(microseconds: moment.microseconds - 86_400_000_000).universal
      let first = JobKey.first(from: dayBefore.prefix(10).filter(\.isNumber)) ?? 0
      return Condition(
        "jobs.key >= ? AND (jobs.created >= ? OR jobs.created IS NULL AND jobs.key >= ?)",
        [.integer(first), .integer(moment.microseconds), .integer(Self.day(of: moment).lowerBound)])
    case (.until, _):
      // A moment at midnight is the end of the day before.
      let day = Self.day(of: Timestamp(microseconds: moment.microseconds - 1))
      return Condition(
        "(jobs.created <= ? OR jobs.created IS NULL AND jobs.key < ?)",
        [.integer(moment.microseconds), .integer(day.upperBound)])
    case (.title, .contains),
      (.input, .contains) where !isOfPath:
      guard let words else { return Condition("0", []) }
      return Condition("jobs.key IN (SELECT rowid FROM words WHERE words MATCH ?)", [.text(words)])
    case (.sha256, _):
      let ranges = values.map { _ in "sha256 >= ? AND sha256 < ?" }.joined(separator: " OR ")
      let edges = values.flatMap { [RowValue.text($0.lowercased()), .text($0.lowercased() + "g")] }
      let isNot = operation == .notEqual ? "NOT " : ""
      return Condition("jobs.key \(isNot)IN (SELECT job FROM inputs WHERE \(ranges))", edges)
    case (.id, .atLeast): return Condition("jobs.key >= ?", [.integer(Self.keys(of: values[0])?.lowerBound ?? 0)])
    case (.id, .atMost): return Condition("jobs.key < ?", [.integer(Self.keys(of: values[0])?.upperBound ?? 0)])
    case (_, .contains):
      // All of the words, in any order.
      let words = values[0].split(whereSeparator: \.isWhitespace).map(String.init)
      let each = (words.isEmpty ? [values[0]] : words).map { key == .stage ? StageName($0).description : $0 }
      let text = key == .stage ? "replace(\(column), '-', '_')" : column
      return Condition(
        each.map { _ in "instr(lower(\(text)), lower(?)) > 0" }.joined(separator: " AND "), each.map { .text($0) })
    case (.status, .equal):
      let few = !isOfFew ? "" : " AND jobs.is_completed = 0"
      return Condition("jobs.status IN (\(marks))\(few)", arguments)
    case (.title, .equal):
      // The words lead to it by their index; the title decides.
      let words = values.map { RowValue.text(FoldedWords($0).text) }
      return Condition("jobs.title_words IN (\(marks)) AND \(column) IN (\(marks))", words + arguments)
    case (_, .equal): return Condition("\(column) IN (\(marks))", arguments)
    case (_, .notEqual): return Condition("(\(column) IS NULL OR \(column) NOT IN (\(marks)))", arguments)
    case (_, .atLeast): return Condition("\(column) >= ?", [arguments[0]])
    case (_, .atMost): return Condition("\(column) <= ?", [arguments[0]])
    }
  }

  /// The same over `counts`; `nil` where those do not tell.
  var countCondition: Condition? {
    guard operation == .equal, key == .status || key == .user else { return nil }
    let marks = values.map { _ in "?" }.joined(separator: ",")
    return Condition("\(key == .status ? "status" : "user_id") IN (\(marks))", arguments)
  }

  /// What `since` and `until` name.
  private var moment: Timestamp { Timestamp(microseconds: Int64(values[0]) ?? 0) }

  /// The keys of the local day of a moment, which jobs count by that do not tell when they were made.
  private static func day(of moment: Timestamp) -> Range<Int64> {
    JobKey.days(beginning: JobDate(moment).digits) ?? 0..<0
  }

  private var column: String {
    switch key {
    case .user: "jobs.user_id"
    case .archive: ArchiveState.column
    case .id: "jobs.job_id"
    case .since, .until: "jobs.created"
    default: "jobs.\(key.rawValue)"
    }
  }

  private var arguments: [RowValue] {
    values.flatMap { value -> [RowValue] in
      switch key {
      case .user: [.user(value)]
      case .year: [RowValue(Int(value) ?? 0)]
      // Both spellings name the stage.
      case .stage:
        [.text(StageName(value).description), .text(String(value.map { $0 == "_" ? "-" : $0 }))]
      default: [.text(value)]
      }
    }
  }
}
