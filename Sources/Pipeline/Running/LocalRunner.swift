internal import Jobs
internal import SystemPackage

/// Runs stages as processes of this machine.
struct LocalRunner {
  static let name = "local"

  let environment: [String: String]
  let toolFolders: [FilePath]
  let stop: StopSource

  /// Runs one attempt of `stage`.
  ///
  /// - Parameter started: called once the processes are there, before anything is waited for.
  /// - Throws: ``JobError`` when the stage's log cannot be opened, or what `started` throws.
  func run(
    _ stage: StageDefinition, attempt: Int, in context: JobContext,
    progress: @escaping (Double, String) -> Void, started: (() throws -> Void) throws -> Void
  ) throws -> StageAttempt {
    guard let templates = stage.command else {
      return StageAttempt(
        result: .failed(reason: "the stage declares no command for the local runner, only a service"), exitCode: 78)
    }
    var log = try StageLog(appendingTo: context.logFile(of: stage), secrets: context.secrets, progress: progress)
    let arguments = context.placeholders(for: stage).expand(templates)
    log.note("\(Timestamp.now.text) \(stage.name), attempt \(attempt): \(arguments.joined(separator: " "))")
    let process = StageProcess(
      arguments: arguments,
      environment: context.environment(for: stage, attempt: attempt, over: environment),
      directory: context.workspace.root, toolFolders: toolFolders, timeout: stage.timeout, grace: stage.grace,
      marker: context.marker)
    let begun = ContinuousClock.now
    var child: StageProcess.Child?
    var startFailure: Errno?
    do {
      try started {
        do { child = try process.start() } catch let error as Errno { startFailure = error }
      }
    } catch {
      // Without its record the stage must not go on, and nobody will follow it.
      let stopNow = try StopSource()
      stopNow.raise(to: .now)
      if let child { _ = process.follow(child, stop: stopNow) { _ in } }
      throw error
    }
    guard let child else {
      let reason = "\(arguments.first ?? "") cannot be started: \(startFailure ?? .noSuchFileOrDirectory)"
      log.note(reason)
      var attempt = StageAttempt(result: .failed(reason: reason), errorText: reason)
      attempt.notStarted = true
      return attempt
    }
    let outcome = process.follow(child, stop: stop) { log.append($0) }
    log.finish()
    return self.attempt(stage, outcome, log: log, seconds: (ContinuousClock.now - begun) / .seconds(1), context)
  }

  private func attempt(
    _ stage: StageDefinition, _ outcome: StageProcess.Outcome, log: borrowing StageLog, seconds: Double,
    _ context: JobContext
  ) -> StageAttempt {
    var attempt = StageAttempt(result: .success)
    switch outcome.end {
    case .exited(0):
      attempt.exitCode = 0
      let missing = stage.outputs.filter { !$0.optional && !exists(context.path(of: $0, stage)) }.map(\.path)
      if !missing.isEmpty {
        attempt.result = .failed(reason: "it ended well but did not make \(missing.joined(separator: ", "))")
      }
    case .exited(let code):
      attempt.exitCode = code
      attempt.result = .failed(reason: "exit code \(code)")
    case .signalled(15) where stop.level > .none:
      // Whoever told the run to end, as a cluster does, has told the stage too.
      attempt.result = .stopped
    case .signalled(let signal):
      attempt.exitCode = 128 + signal
      attempt.result = .failed(
        reason: "ended by signal \(signal)\(signal == 9 ? " (killed, perhaps for want of memory)" : "")")
    case .timedOut:
      attempt.result = .failed(reason: "it took longer than \(describeDuration(stage.timeout ?? 0)) and was ended")
    case .stopped: attempt.result = .stopped
    case .notStarted(let error): attempt.result = .failed(reason: "it cannot be started: \(error)")
    }
    if attempt.result == .success, let failure = log.failure {
      attempt.result = .failed(reason: "its log could not be written: \(failure)")
    }
    if attempt.result != .success {
      let lines = log.lastLines(12)
      attempt.errorText = lines.isEmpty ? nil : lines
    }
    attempt.cpuSeconds = outcome.cpuSeconds
    attempt.peakMemoryBytes = outcome.peakMemoryBytes
    attempt.seconds = seconds
    return attempt
  }
}
