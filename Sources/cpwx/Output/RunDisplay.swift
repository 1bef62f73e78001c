internal import Jobs
internal import Pipeline

/// Shows a run while it goes on, on standard error.
protocol RunDisplay: Sendable {
  func show(_ event: RunEvent)
  /// Says something between events; from any thread.
  func say(_ text: String)
  /// Leaves the terminal as it was.
  func close()
}

/// For `-q`.
struct SilentDisplay: RunDisplay {
  /// A cluster's task is told of by whoever follows it, and the job's own log has its warnings.
  let warns: Bool

  func show(_ event: RunEvent) {
    if warns, case .warning(let text) = event { Console.error(text) }
  }
  func say(_ text: String) {}
  func close() {}
}

/// A line an event with its time, for logs and pipes.
struct PlainDisplay: RunDisplay {
  /// Whether all is told, as `-v` asks for.
  var isVerbose = false

  func show(_ event: RunEvent) {
    if case .resuming = event {
      return event.lines.forEach { Console.note(Style.isPlain ? $0.replacing("📋 ", with: "") : $0) }
    }
    let time = Timestamp.now.format("%H:%M:%S")
    for line in isVerbose ? event.allLines : event.lines { Console.note("\(time) \(line)") }
  }

  func say(_ text: String) { Console.note(wrapping: text) }
  func close() {}
}
