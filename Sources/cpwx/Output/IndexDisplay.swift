internal import Index
internal import Synchronization

extension IndexNotice {
  /// Troubles of the index as lines, and the making of a new one as it goes on.
  static var console: IndexNotice {
    let display = IndexDisplay()
    return IndexNotice({ display.say($0) }, detail: { Console.detail($0) }, progress: { display.show($0) })
  }
}

/// How far a new index has come: on a terminal a live line, elsewhere a line now and then. Nothing of what takes a moment.
private final class IndexDisplay: Sendable {
  private struct State {
    var began: ContinuousClock.Instant?
    var next: ContinuousClock.Instant?
    var isDrawn = false
  }

  private let state = Mutex(State())

  func say(_ text: String) {
    state.withLock { state in
      Self.erase(&state)
      Console.error(text)
    }
  }

  func show(_ progress: Reindex.Progress) {
    if Console.isQuiet { return }
    let isLive = Console.errorIsTerminal
    state.withLock { state in
      if progress.isWhole {
        Self.erase(&state)
        state = State()
        return
      }
      let now = ContinuousClock.now
      let began = state.began ?? now
      state.began = began
      guard now >= state.next ?? began + (isLive ? .milliseconds(500) : .seconds(10)) else { return }
      state.next = now + (isLive ? .milliseconds(100) : .seconds(60))
      let text = Self.text(progress)
      if isLive {
        Console.drawLine(text)
        state.isDrawn = true
      } else {
        Console.error("the index of jobs is being made: \(text)")
      }
    }
  }

  private static func text(_ progress: Reindex.Progress) -> String {
    progress.daysDone == progress.days
      ? "\(progress.jobs) jobs read; they are being sorted"
      : "\(progress.jobs) jobs read, day \(progress.daysDone) of \(progress.days)"
  }

  private static func erase(_ state: inout State) {
    if state.isDrawn { Console.eraseLine() }
    state.isDrawn = false
  }
}
