internal import Jobs
internal import Pipeline
internal import Synchronization
internal import TextWidth

/// Lines of what has happened, and under them a live part: the whole batch, a line for each job under way, the lanes and
/// the last failures.
final class LiveDisplay: RunDisplay {
  private struct State {
    var progress = BatchProgress()
    var drawn = 0
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
      for line in event.lines { Console.note(line) }
      Self.draw(&state)
    }
  }

  func say(_ text: String) {
    state.withLock { state in
      Self.erase(&state)
      Console.note(text)
      Self.draw(&state)
    }
  }

  func close() {
    state.withLock { state in
      Self.erase(&state)
      state.isClosed = true
    }
  }

  private static func draw(_ state: inout State) {
    guard !state.isClosed, !state.progress.running.isEmpty || state.drawn > 0 else { return }
    let width = max(20, Console.columns - 1)
    let lines = ProgressLines(state.progress).lines.prefix(max(2, Console.rows - 2))
    erase(&state)
    Console.write(lines.map { $0.onOneLine.fitting(width) }.joined(separator: "\n"), to: 2)
    state.drawn = lines.count
  }

  private static func erase(_ state: inout State) {
    guard state.drawn > 0 else { return }
    // To the first of the lines, and all below it gone.
    let up = state.drawn > 1 ? "\u{1B}[\(state.drawn - 1)A" : ""
    Console.write("\r\(up)\u{1B}[J", to: 2)
    state.drawn = 0
  }
}
