public import Jobs

extension BatchReport {
  /// What came of the batch, in one line.
  public var headline: String {
    let (wanted, done) = (wanted, count(.done))
    let (failed, givenUp) = (count(.failed), count(.givenUp))
    // The batch has not tried them: none of them failed in it.
    let left = givenUp > 0 ? ", \(givenUp) given up" : ""
    switch status {
    case .running:
      if jobs.isEmpty { return "The batch has begun" }
      // How many are to come it does not know.
      return "\(films(wanted)) begun so far, \(done) done" + (failed > 0 ? ", \(failed) failed" : "") + left
    case _ where jobs.isEmpty:
      return status == .interrupted ? "The batch was interrupted before its first film" : "There was nothing to do"
    case _ where wanted == 0: return "Nothing to do: \(films(jobs.count)) done before or not ready"
    case _ where failed > 0: return "\(failed) of \(films(wanted)) failed" + left
    case _ where done == wanted: return wanted == 1 ? "The film is done" : "All \(wanted) films are done"
    case .interrupted: return "Interrupted: \(done) of \(films(wanted)) done" + left
    default: return "\(done) of \(films(wanted)) done" + left
    }
  }

  /// When, by whom and over what, in one line.
  ///
  /// - Parameter now: of who reads it at a terminal, where times are as in lists, with how long ago that was; nobody knows
  ///   when a page is read.
  public func subline(now: Timestamp? = nil) -> String {
    var line = status == .running ? "Running" : status == .interrupted ? "Interrupted" : "Ended"
    if let started {
      let (day, moment) = now == nil ? ("%-d %B %Y", "%-d %B %Y, %H:%M") : ("%Y-%m-%d", "%Y-%m-%d %H:%M")
      line = "From \(started.format(moment))"
      if let completed {
        let isSameDay = started.format(day) == completed.format(day)
        line += " to \(completed.format(isSameDay ? "%H:%M" : moment))"
      }
      if let timezone { line += " (\(timezone))" }
      if let now {
        let zone = Timestamp.foreignZone(timezone, made: started.text)
        let last = Timestamp((completed ?? started).text, in: zone) ?? completed ?? started
        line += ", \(describeAge(now.seconds(since: last)))"
      }
      if status == .running || status == .interrupted {
        line += ", \(status == .running ? "still running" : "interrupted")"
      }
    }
    if let who { line += ", by \(who)" }
    if !inputs.isEmpty {
      line += ", over \(inputs.prefix(3).joined(separator: ", "))"
      if inputs.count > 3 { line += " and \(inputs.count - 3) more" }
    }
    return line
  }

  private func films(_ count: Int) -> String { count == 1 ? "1 film" : "\(count) films" }
}

extension ReportedJob.Outcome {
  /// As a person reads it.
  public var label: String {
    switch self {
    case .failed: "failed"
    case .givenUp: "given up"
    case .interrupted: "interrupted"
    case .running: "running"
    case .held: "held"
    case .notBegun: "not begun"
    case .done: "done"
    case .pending: "not ready"
    case .skipped: "done before"
    }
  }
}
