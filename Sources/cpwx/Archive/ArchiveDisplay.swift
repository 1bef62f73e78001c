internal import Index
internal import Archive
internal import Jobs
internal import Synchronization

/// Shows on standard error how archiving goes: a line a job, and on a terminal below them how far all is.
final class ArchiveDisplay: Sendable {
  private struct State {
    var done = 0
    var total = 0
    var ended = 0
    var isDrawn = false
    var drawn = Timestamp(microseconds: 0)
  }

  private let isQuiet: Bool
  private let jobs: Int
  private let started = Timestamp.now
  private let isLive = Console.errorIsTerminal
  private let state = Mutex(State())

  init(isQuiet: Bool, jobs: Int) { (self.isQuiet, self.jobs) = (isQuiet, jobs) }

  func show(_ event: ArchivingRun.Event) {
    if isQuiet { return }
    state.withLock { state in
      switch event {
      case .began: break
      case .moved(let done, let total): (state.done, state.total) = (done, total)
      case .ended(let outcome):
        state.ended += 1
        erase(&state)
        for line in lines(outcome) { Console.note(wrapping: line) }
      }
      draw(&state)
    }
  }

  func say(_ text: String) {
    state.withLock { state in
      erase(&state)
      Console.note(wrapping: text)
    }
  }

  func close() { state.withLock { erase(&$0) } }

  private func lines(_ outcome: ArchiveOutcome) -> [String] {
    var line = "\(outcome.job.jobID) \(outcome.status.rawValue)"
    if let bytes = outcome.bytes, let archive = outcome.archiveBytes {
      line += "  \(describeSize(bytes)) \(Style.isPlain ? "to" : "→") \(describeSize(archive))"
    }
    if let reason = outcome.reason { line += ": \(reason)" }
    return [line] + outcome.leftOut.map { "  left out  \($0)" }
  }

  private func draw(_ state: inout State) {
    guard isLive, state.total > 0, Timestamp.now.seconds(since: state.drawn) > 0.1 else { return }
    Console.drawLine(
      ByteMeter.line(
        "\(state.ended)/\(jobs) jobs", state.done, state.total, seconds: Timestamp.now.seconds(since: started)))
    (state.isDrawn, state.drawn) = (true, .now)
  }

  private func erase(_ state: inout State) {
    if state.isDrawn { Console.eraseLine() }
    state.isDrawn = false
  }
}
