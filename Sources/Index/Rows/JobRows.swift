internal import Jobs

/// A job as the rows of its tables. Making them is most of the work of storing a job, and needs no database.
struct JobRows: Sendable {
  private(set) var values: RowBuffer
  private let stageCount: Int
  private let historyCount: Int

  /// How many values the rows have.
  private static let widths = (job: 22, input: 7, stage: 16, event: 8, words: 3)
  private static let firstStage = widths.job + widths.input
  /// Where the row of `jobs` has the words of the title: they come with the row of `words`.
  static let titleWords = widths.job - 1

  /// - Parameter withWords: else the row of `words` is missing, which takes as long as many others and seldom changes.
  init(_ job: IndexedJob, withWords: Bool = true) {
    (stageCount, historyCount) = (job.stages.count, job.history.count)
    let count = Self.firstStage + stageCount * Self.widths.stage + historyCount * Self.widths.event + Self.widths.words
    values = RowBuffer(capacity: count, textCapacity: count * 12)
    job.addRow(to: &values)
    job.addInput(to: &values)
    for (position, stage) in job.stages.enumerated() {
      stage.addRow(position, of: job.key, by: job.whoElse(ran: stage), to: &values)
    }
    for (position, event) in job.history.enumerated() { event.addRow(position, of: job.key, to: &values) }
    if withWords { addWords(of: job) }
  }

  /// Adds the row of `words` where it is missing.
  mutating func addWords(of job: IndexedJob) {
    guard !hasWords else { return }
    values.add(.integer(key))
    values.add(.text(FoldedWords(job.title ?? "").text))
    values.add(.text(FoldedWords(job.fileName ?? "").text))
    if job.title != nil { values.copy(from: words.lowerBound + 1, to: Self.titleWords) }
  }

  private var hasWords: Bool { values.values.count >= words.upperBound }

  /// Where the row of `jobs` is.
  var job: Range<Int> { 0..<Self.widths.job }
  /// Where the row of `inputs` is.
  var input: Range<Int> { job.upperBound..<Self.firstStage }
  /// Where the row of `words` is.
  var words: Range<Int> {
    let start = firstEvent + historyCount * Self.widths.event
    return start..<start + Self.widths.words
  }

  private var firstEvent: Int { Self.firstStage + stageCount * Self.widths.stage }

  /// Where the rows of `stages` are.
  var stages: [Range<Int>] { Self.rows(stageCount, of: Self.widths.stage, from: Self.firstStage) }

  /// Where the rows of `history` are.
  var history: [Range<Int>] { Self.rows(historyCount, of: Self.widths.event, from: firstEvent) }

  private static func rows(_ count: Int, of width: Int, from start: Int) -> [Range<Int>] {
    (0..<count).map { start + $0 * width..<start + ($0 + 1) * width }
  }

  /// The place in the order of jobs, which every row begins with.
  var key: Int64 {
    get { if case .integer(let key) = values.values[0] { key } else { 0 } }
    set {
      guard newValue != key else { return }
      let rows = [job, input] + stages + history + (hasWords ? [words] : [])
      for row in rows { values.replace(at: row.lowerBound, by: newValue) }
    }
  }
}

extension IndexedJob {
  /// The film's file name.
  var fileName: String? {
    input.map { String(Substring($0.utf8.split(separator: UInt8(ascii: "/")).last ?? "".utf8[...])) }
  }

  fileprivate func addRow(to row: inout RowBuffer) {
    row.add(.integer(key))
    row.add(.text(folder))
    row.add(RowValue(logs))
    row.add(.text(jobID))
    row.add(.user(userID))
    row.add(RowValue(title))
    row.add(RowValue(year))
    row.add(.text(status))
    row.add(RowValue(stage))
    row.add(RowValue(input))
    row.add(RowValue(error))
    row.add(RowValue(createdAt))
    row.add(RowValue(completedAt))
    row.add(RowValue(totalSeconds))
    row.add(.integer(stamp.inode))
    row.add(.integer(stamp.size))
    row.add(.integer(stamp.modified))
    row.add(RowValue(timezone))
    let created = created
    row.add(RowValue(created?.microseconds))
    row.add(RowValue(completed(created: created)?.microseconds))
    row.add(.integer(status == PipelineStatus.completed.rawValue ? 1 : 0))
    row.add(.null)
  }

  /// Who ran a stage, where that is another than who had begun to run the job last by then, as the clock showed it: it may
  /// have been set back.
  fileprivate func whoElse(ran stage: IndexedStage) -> String? {
    guard let who = stage.who, let began = stage.startedAt else { return stage.who }
    let run = history.last { $0.what == .started && $0.at <= began }
    return run?.who == who ? nil : who
  }

  fileprivate func addInput(to row: inout RowBuffer) {
    row.add(.integer(key))
    row.add(RowValue(input))
    row.add(RowValue(sha256))
    row.add(RowValue(inputBytes))
    row.add(RowValue(inputModified))
    row.add(RowValue(inputInode))
    row.add(RowValue(inputSeconds))
  }
}

extension IndexedStage {
  fileprivate func addRow(_ position: Int, of key: Int64, by who: String?, to row: inout RowBuffer) {
    row.add(.integer(key))
    row.add(.integer(Int64(position)))
    row.add(.text(name))
    row.add(RowValue(number))
    row.add(RowValue(status))
    row.add(RowValue(attempt))
    row.add(RowValue(startedAt))
    row.add(RowValue(completedAt))
    row.add(RowValue(seconds))
    row.add(RowValue(exitCode))
    row.add(RowValue(error))
    row.add(RowValue(peakMemory))
    row.add(RowValue(cpuSeconds))
    row.add(RowValue(because))
    row.add(RowValue(outputBytes))
    row.add(RowValue(who))
  }
}

extension JobEvent {
  fileprivate func addRow(_ position: Int, of key: Int64, to row: inout RowBuffer) {
    row.add(.integer(key))
    row.add(.integer(Int64(position)))
    row.add(.text(at))
    row.add(RowValue(who))
    row.add(.text(what.rawValue))
    row.add(RowValue(stage))
    row.add(RowValue(attempt))
    row.add(RowValue(reason))
  }
}
