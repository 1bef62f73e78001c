internal import Jobs
internal import SystemPackage

/// One stage of a job with its retries.
struct StageRun {
  enum Ending {
    /// It succeeded, or failed and may.
    case done
    case stopped
    case failed(reason: String, missingEngine: Bool)
    /// There is nothing any more to run stages with.
    case engineGone(reason: String)
  }

  /// How often one is begun anew because what runs it went away: should it be the stage that ends it, not for ever.
  private static let mostOutages = 3
  /// Seconds of work that are on the disk as soon as they are done. Of less the end waits for the next stage's beginning:
  /// a write of its own would take longer than doing it again.
  private static let worthAWrite = 1.0

  let stage: StageDefinition
  let paths: JobPaths
  let fingerprint: String
  /// Why it runs again; `nil` for one that has not run.
  let because: String?
  let runner: any StageRunner
  let lanes: Lanes
  let outage: EngineOutage
  let stop: StopSource
  let report: (RunEvent) -> Void

  /// - Throws: ``JobError`` when records or logs cannot be written.
  func run(_ context: JobContext, _ record: inout JobRecord) throws -> Ending {
    let rule = RetryRule(stage, setting: context.setting)
    var (delay, attemptsLeft) = (rule.delay, rule.retries)
    var outages = 0
    var because = because
    while true {
      let pause = attemptsLeft > 0 ? delay : nil
      guard let attempt = try runOnce(context, &record, because: because, retryAfter: pause) else { return .stopped }
      switch attempt.result {
      case .success, .skipped: return .done
      case .stopped: return .stopped
      case .failed(let reason):
        if attempt.isRetried {
          attemptsLeft -= 1
          because = "it failed, and is tried again"
          report(.stageRetrying(paths, stage: stage.name, after: delay, reason: attempt.cause ?? reason))
          try record.flush()
          wait(delay)
          delay = RetryRule.doubled(delay)
          if stop.level == .none { continue }
          return .stopped
        }
        // Without it the film would lack what it need not: the stage has not been tried.
        if attempt.isOfEngine {
          outages += 1
          try record.flush()
          if outages <= Self.mostOutages, isThereAgain(attempt, reason: attempt.cause ?? reason) {
            because = "what runs it was away, and is there again"
            continue
          }
          return stop.level > .none ? .stopped : .engineGone(reason: attempt.cause ?? reason)
        }
        if !stage.critical { return .done }
        return .failed(reason: attempt.cause ?? reason, missingEngine: attempt.isMissingEngine)
      }
    }
  }

  /// - Parameter pause: seconds after which it may be tried again; `nil` when it may not.
  /// - Returns: `nil` when the run was told to end before its lane had a place.
  private func runOnce(
    _ context: JobContext, _ record: inout JobRecord, because: String?, retryAfter pause: Double?
  ) throws -> StageAttempt? {
    let asked = ContinuousClock.now
    let place = try lanes.take(stage.lane, stop: stop) {
      // What has ended should be known, however long this takes.
      try record.flush()
      report(.stageWaiting(paths, stage: stage.name, number: stage.number, lane: stage.lane))
    }
    guard let place else { return nil }
    let begun = ContinuousClock.now
    let waited = (begun - asked) / .seconds(1)
    var attempt = try runInPlace(context, &record, because: because, retryAfter: pause, waited: waited)
    attempt.begun = begun
    place.release()
    if attempt.seconds >= Self.worthAWrite { try record.flush() }
    return attempt
  }

  private func runInPlace(
    _ context: JobContext, _ record: inout JobRecord, because: String?, retryAfter pause: Double?, waited: Double
  ) throws -> StageAttempt {
    let number = (record.latest.stage(stage.name)?.attempt ?? 0) + 1
    let began = Timestamp.now
    report(.stageStarted(paths, stage: stage.name, number: stage.number, lane: stage.lane, attempt: number))
    let inputs = context.inputs(of: stage).map { file in
      RecordedFile.fields(of: context.path(of: file, stage), description: file.description, key: file.key)
    }
    var attempt = try AttemptRun(runner: runner, stop: stop).run(
      stage, attempt: number, in: context,
      shown: { report(.stageCommand(paths, stage: stage.name, command: Secrets.masked($0, context.secrets))) },
      progress: { [paths, stage, report] fraction, text in
        report(.stageProgress(paths, stage: stage.name, fraction: fraction, text: text))
      },
      started: { start in
        try record.begin(
          stage, attempt: number, fingerprint: fingerprint, because: because, waited: waited, inputs: inputs,
          runner: runner.kind.rawValue, log: context.logFile(of: stage), start: start)
      }
    ).masked(context.secrets)
    let own = attempt.exitCode == 0 ? (try? Manifest(reading: paths.manifest))?.stage(stage.name) : nil
    if let own { attempt.takeOver(own, context.secrets) }
    attempt.retriedAfter = attempt.isWorthRetrying && stop.level == .none ? pause : nil
    let (status, reason) = judge(attempt)
    record.end(stage, attempt, status: status, reason: reason, began: began, in: context)
    report(
      .stageEnded(
        paths, stage: stage.name, status: status, seconds: Timestamp.now.seconds(since: began),
        reason: failureCause(reason: reason, said: attempt.errorText)))
    let notes = (own?.fields["metadata"]?["notes"]?.array ?? []).compactMap(\.string)
    if status == .success, !notes.isEmpty {
      let masked = notes.map { Secrets.masked($0, context.secrets) }
      report(.stageNoted(paths, stage: stage.name, notes: masked))
    }
    if status != .success, let said = attempt.errorText {
      let lines = said.split(whereSeparator: \.isNewline).suffix(4).map(String.init)
      report(.stageSaid(paths, stage: stage.name, lines: lines, log: context.logFile(of: stage)))
    }
    return attempt
  }

  private func judge(_ attempt: StageAttempt) -> (StageStatus, String?) {
    switch attempt.result {
    case .success: (.success, nil)
    case .skipped(let reason): (.skipped, reason)
    case .stopped: (.failed, stoppedOnRequest)
    case .failed(let reason) where stage.critical || attempt.isRetried || attempt.isOfEngine: (.failed, reason)
    case .failed(let reason): (.skipped, optionalFailure + reason)
    }
  }

  /// Waits for what runs the stages.
  private func isThereAgain(_ attempt: StageAttempt, reason: String) -> Bool {
    outage.wait(for: runner, since: attempt.begun, because: "\(stage.name): \(reason)", stop: stop) {
      report(.warning($0))
    }
  }

  /// Waits, unless the run is told to end.
  private func wait(_ seconds: Double) {
    let limit = ContinuousClock.now + .seconds(seconds)
    while stop.level == .none, ContinuousClock.now < limit { sleepBriefly() }
  }
}
