internal import Jobs

/// A job as the rows of its tables. Making them is most of the work of storing a job, and needs no database.
struct JobRows: Sendable {
  /// A row of `jobs`.
  private(set) var job: [RowValue]
  /// A row of `words`.
  private(set) var words: [RowValue]
  /// A row of `inputs`.
  private(set) var input: [RowValue]
  /// Rows of `stages`.
  private(set) var stages: [[RowValue]]
  /// Rows of `history`.
  private(set) var history: [[RowValue]]

  init(_ job: IndexedJob) {
    self.job = job.row
    words = [
      .integer(job.key), .text(FoldedWords(job.title ?? "").text), .text(FoldedWords(job.fileName ?? "").text),
    ]
    input = [
      .integer(job.key), RowValue(job.input), RowValue(job.sha256), RowValue(job.inputBytes),
      RowValue(job.inputModified), RowValue(job.inputInode), RowValue(job.inputSeconds),
    ]
    stages = job.stages.enumerated().map { $1.row($0, of: job.key) }
    history = job.history.enumerated().map { $1.row($0, of: job.key) }
  }

  /// The place in the order of jobs, which every row begins with.
  var key: Int64 {
    get { if case .integer(let key) = job[0] { key } else { 0 } }
    set {
      guard newValue != key else { return }
      (job[0], words[0], input[0]) = (.integer(newValue), .integer(newValue), .integer(newValue))
      for index in stages.indices { stages[index][0] = .integer(newValue) }
      for index in history.indices { history[index][0] = .integer(newValue) }
    }
  }

  var folder: String { if case .text(let folder) = job[1] { folder } else { "" } }
}

extension IndexedJob {
  /// The film's file name.
  var fileName: String? { input.map { String($0.split(separator: "/").last ?? "") } }

  fileprivate var row: [RowValue] {
    [
      .integer(key), .text(folder), RowValue(logs), .text(jobID), .user(userID), RowValue(title), RowValue(year),
      .text(status), RowValue(stage), RowValue(input), RowValue(error), RowValue(createdAt), RowValue(completedAt),
      RowValue(totalSeconds), .integer(stamp.inode), .integer(stamp.size), .integer(stamp.modified),
    ]
  }
}

extension IndexedStage {
  fileprivate func row(_ position: Int, of key: Int64) -> [RowValue] {
    [
      .integer(key), RowValue(position), .text(name), RowValue(number), RowValue(status), RowValue(attempt),
      RowValue(startedAt), RowValue(completedAt), RowValue(seconds), RowValue(exitCode), RowValue(error),
      RowValue(peakMemory), RowValue(cpuSeconds), RowValue(because), RowValue(outputBytes),
    ]
  }
}

extension JobEvent {
  fileprivate func row(_ position: Int, of key: Int64) -> [RowValue] {
    [
      .integer(key), RowValue(position), .text(at), RowValue(who), .text(what.rawValue), RowValue(stage),
      RowValue(attempt), RowValue(reason),
    ]
  }
}
