internal import Jobs
internal import Pipeline
internal import Synchronization
internal import TextWidth

/// Lines of what has happened, and under them a live part: the whole batch, a line for each job under way, the lanes and
/// the last failures.
final class LiveDisplay: RunDisplay {
  private struct State {
    var progress = BatchProgress()
    /// How wide each line of the live part is.
    var drawn: [Int] = []
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Draws the live part anew several times a second, as long as the display is used.
  init() {
    Task.detached { [weak self] in
      while let self {
        self.state.withLock { Self.draw(&$0) }
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  func show(_ event: RunEvent) {
    state.withLock { state in
      state.progress.note(event)
      if case .stageProgress = event { return }
      Self.erase(&state)
      for line in event.lines { Self.write(line, of: event) }
      Self.draw(&state)
    }
  }

  func say(_ text: String) {
    state.withLock { state in
      Self.erase(&state)
      Console.note(wrapping: text)
      Self.draw(&state)
    }
  }

  func close() {
    state.withLock { state in
      Self.erase(&state)
      state.isClosed = true
    }
  }

  private static var width: Int { max(20, Console.columns - 1) }

  /// On one line of the screen, with its status in colour; what is told nowhere else stays whole.
  private static func write(_ line: String, of event: RunEvent) {
    let safe = Secrets.maskedURLs(line)
    switch event {
    case .warning, .stageAgain: Console.note(line)
    case .stageSaid(_, _, _, let log) where line.hasSuffix("\(log)"): Console.note(line)
    case .stageEnded(_, _, let status, _, _): write(safe, marking: status.rawValue)
    case .jobEnded(_, let status, _, _): write(safe, marking: status.rawValue)
    default: Console.write(safe.onOneLine.fitting(width) + "\n", to: 2)
    }
  }

  private static func write(_ line: String, marking status: String) {
    let line = line.onOneLine.fitting(width)
    Console.write(Style.marked(line, " \(status) ", as: status) + "\n", to: 2)
  }

  private static func draw(_ state: inout State) {
    guard !state.isClosed, !state.progress.running.isEmpty || !state.drawn.isEmpty else { return }
    let lines = ProgressLines(state.progress, within: width).lines.prefix(max(2, Console.rows - 2))
    erase(&state)
    let texts = lines.map { $0.text.onOneLine.fitting(width) }
    let marked = zip(texts, lines).map { Style.marked($0, $1.failure ?? "", as: "failed") }
    Console.write(marked.joined(separator: "\n"), to: 2)
    state.drawn = texts.map(\.displayWidth)
  }

  private static func erase(_ state: inout State) {
    guard !state.drawn.isEmpty else { return }
    // To the first of the lines, and all below it gone. A terminal that was made narrower since has broken them.
    let columns = max(1, Console.columns)
    let rows = state.drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
    let up = rows > 1 ? "\u{1B}[\(rows - 1)A" : ""
    Console.write("\r\(up)\u{1B}[J", to: 2)
    state.drawn = []
  }
}
