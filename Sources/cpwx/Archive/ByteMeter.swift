internal import Jobs
internal import Synchronization
internal import TextWidth

/// On a terminal, a line that tells how far some work on bytes is, and how long it will still take.
final class ByteMeter: Sendable {
  private let what: String
  private let isLive: Bool
  private let started = Timestamp.now
  private let drawn = Mutex<Timestamp?>(nil)

  init(_ what: String, isQuiet: Bool = false) {
    (self.what, isLive) = (what, Console.errorIsTerminal && !isQuiet)
  }

  func show(_ done: Int, of total: Int) {
    guard isLive, total > 0 else { return }
    drawn.withLock { drawn in
      if let drawn, Timestamp.now.seconds(since: drawn) < 0.1 { return }
      drawn = .now
      Console.drawLine(Self.line(what, done, total, seconds: Timestamp.now.seconds(since: started)))
    }
  }

  func close() {
    drawn.withLock { drawn in
      if drawn != nil { Console.eraseLine() }
      drawn = nil
    }
  }

  /// `archiving  1.2 GB of 4.8 GB  25 %  about 3 min 20 s left`
  static func line(_ what: String, _ done: Int, _ total: Int, seconds: Double) -> String {
    let part = min(1, Double(done) / Double(max(1, total)))
    var line = "\(what)  \(describeSize(done)) of \(describeSize(total))  \(Int(part * 100)) %"
    if part > 0.01, seconds > 1 { line += "  about \(describeDuration(seconds / part * (1 - part))) left" }
    return line
  }
}
