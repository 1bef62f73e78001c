internal import Jobs
internal import Pipeline
internal import Synchronization

/// Lines of what has happened, and under them a live one for the stage that runs: how long, how far.
final class LiveDisplay: RunDisplay {
  private struct State {
    var running: (job: String, stage: String, number: Int, started: Timestamp)?
    var fraction: Double?
    var text = ""
    var isDrawn = false
  }

  private let state = Mutex(State())

  /// Draws the live line anew several times a second, as long as the display is used.
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
      switch event {
      case .stageProgress(_, _, let fraction, let text):
        state.fraction = fraction
        state.text = text
        return
      case .stageStarted(let job, let stage, let number, _):
        state.running = (job.id.description, stage, number, .now)
        (state.fraction, state.text) = (nil, "")
        return Self.draw(&state)
      case .stageEnded, .stageRetrying, .jobEnded: state.running = nil
      default: break
      }
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
      state.running = nil
      Self.erase(&state)
    }
  }

  private static func draw(_ state: inout State) {
    guard let running = state.running else { return }
    let elapsed = describeDuration(Timestamp.now.seconds(since: running.started))
    let progress = state.fraction.map { "\(bar($0)) \(percent($0))" } ?? "…"
    let line = "\(running.job)  \(running.number) \(running.stage)  \(progress)  \(elapsed)  \(state.text)"
    Console.write("\r\u{1B}[K" + line.fitting(max(20, Console.columns - 1)), to: 2)
    state.isDrawn = true
  }

  private static func erase(_ state: inout State) {
    guard state.isDrawn else { return }
    Console.write("\r\u{1B}[K", to: 2)
    state.isDrawn = false
  }

  private static func bar(_ fraction: Double) -> String {
    let width = 20
    let full = Int((fraction * Double(width)).rounded(.down))
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
  }

  private static func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded(.down))) %" }
}
