internal import SystemPackage

/// A job's logs as one text: printed once, or followed until nobody runs the job any more.
///
/// Before the lines of another log comes a line `==> NAME <==`. The text of one stage alone has none. Where single lines
/// are asked for there are no such headings, and a line comes when it has ended, or will grow no more.
public final class LogReading {
  let paths: JobPaths
  let stage: String?
  private let lines: Int?
  private let write: ([UInt8]) -> Void
  private let eachLine: ((LogLine) -> Void)?
  /// The beginnings of lines that have not ended.
  private var unfinished: [FilePath: [UInt8]] = [:]
  private(set) var sources: [LogSource] = []
  /// The logs that were there at the last look.
  private var known: Set<String> = []
  /// Whose lines were written last.
  private var current: FilePath?
  private var isInsideLine = false
  private var isFirstLook = true

  /// - Parameters:
  ///   - stage: only this stage's log, by either spelling of its name.
  ///   - lines: only so many last lines of what each log holds now; `nil` for all.
  ///   - write: takes the text, piece by piece.
  public init(of paths: JobPaths, stage: String? = nil, lines: Int? = nil, write: @escaping ([UInt8]) -> Void) {
    (self.paths, self.stage, self.lines, self.write) = (paths, stage, lines, write)
    eachLine = nil
  }

  /// - Parameters:
  ///   - stage: only this stage's log, by either spelling of its name.
  ///   - lines: only so many last lines of what each log holds now; `nil` for all.
  ///   - eachLine: takes the lines, one by one.
  public init(of paths: JobPaths, stage: String? = nil, lines: Int? = nil, eachLine: @escaping (LogLine) -> Void) {
    (self.paths, self.stage, self.lines, self.eachLine) = (paths, stage, lines, eachLine)
    write = { _ in }
  }

  /// Prints what the logs hold now.
  ///
  /// - Throws: ``JobError`` with code `usage` when the stage has no log, `io` when one cannot be read.
  public func print() throws {
    if let stage { _ = try JobLogs(of: paths).file(of: stage) }
    findNewLogs()
    for source in sources {
      begin(source.path)
      try source.drain { take($0, of: source.path) }
      source.close()
      finish()
    }
  }

  /// Writes what is new since the last look: what stages said, what the orchestrator said of their ends and of the next
  /// beginning, what stages said that began.
  func writeNews() throws {
    let before = Set(sources.map(\.path))
    findNewLogs()
    func rank(_ source: LogSource) -> Int {
      if isFirstLook { return 0 }
      if isOrchestrators(source.path) { return 1 }
      return before.contains(source.path) ? 0 : 2
    }
    for wanted in 0...2 {
      for source in sources where rank(source) == wanted {
        try source.drain { take($0, of: source.path) }
        // At first there may be hundreds of logs of earlier runs, and few of them will grow.
        if isFirstLook { source.close() }
      }
    }
    isFirstLook = false
  }

  /// Ends a line that has not ended.
  func finish() {
    for source in sources { endLine(of: source.path) }
    if stage == nil, isInsideLine { text([0x0A]) }
  }

  private func endLine(of log: FilePath) {
    if let rest = unfinished.removeValue(forKey: log) { eachLine?(LogLine(of: log, rest)) }
  }

  private func isOrchestrators(_ log: FilePath) -> Bool {
    log.lastComponent.map { JobLogs.isOrchestrators($0.string) } ?? false
  }

  /// Logs that came since the last look go behind the others, as their stages began.
  private func findNewLogs() {
    let present = Set(names(in: paths.logs).filter { $0.hasSuffix(".log") })
    if present == known { return }
    known = present
    let logs = JobLogs(of: paths)
    let wanted = stage.map { [try? logs.file(of: $0)].compactMap { $0 } } ?? logs.files
    for file in wanted where !sources.contains(where: { $0.path == file }) {
      sources.append(LogSource(file, lines: isFirstLook ? lines : nil))
    }
  }

  private func take(_ piece: [UInt8], of log: FilePath) {
    guard let eachLine else {
      begin(log)
      return text(piece)
    }
    // Stages run one after the other.
    if !isOrchestrators(log) {
      for other in sources.map(\.path) where other != log && !isOrchestrators(other) { endLine(of: other) }
    }
    var rest = piece[...]
    while let end = rest.firstIndex(of: 0x0A) {
      eachLine(LogLine(of: log, (unfinished.removeValue(forKey: log) ?? []) + rest[..<end]))
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { unfinished[log, default: []] += rest }
  }

  private func begin(_ log: FilePath) {
    guard eachLine == nil, stage == nil, current != log else { return }
    finish()
    text(Array("==> \(log.lastComponent?.string ?? "") <==\n".utf8))
    current = log
  }

  private func text(_ bytes: [UInt8]) {
    guard let last = bytes.last else { return }
    write(bytes)
    isInsideLine = last != 0x0A
  }
}
