internal import Glibc
internal import Jobs
internal import SystemPackage

/// Runs one attempt of a stage, whoever does its work.
struct AttemptRun {
  let runner: any StageRunner
  let stop: StopSource

  /// Why a stage failed that somebody killed, most often the kernel.
  static let killed = "ended by signal 9 (killed, perhaps for want of memory)"

  /// Why a stage failed that ended by itself. What a shell had begun and somebody killed it tells of by this code.
  static func ended(with code: Int) -> String {
    guard code == 128 + Int(SIGKILL) else { return "exit code \(code)" }
    return "what it had begun was killed, perhaps for want of memory (exit code 137)"
  }

  /// Why a stage failed that a signal ended.
  static func ended(by signal: CInt) -> String { signal == SIGKILL ? killed : "ended by signal \(signal)" }

  /// - Parameters:
  ///   - shown: told what is run, as the log has it.
  ///   - started: called once the processes are there, before anything is waited for.
  /// - Throws: ``JobError`` when the stage's log cannot be opened, or what `started` throws.
  func run(
    _ stage: StageDefinition, attempt: Int, in context: JobContext,
    shown: (String) -> Void, progress: @escaping (Double, String) -> Void,
    started: (() throws -> Void) throws -> Void
  ) throws -> StageAttempt {
    var log = try StageLog(appendingTo: context.logFile(of: stage), secrets: context.secrets, progress: progress)
    let work: any StageWork
    do {
      work = try runner.prepare(stage, attempt: attempt, in: context)
    } catch let refusal as StageRefusal {
      try started {}
      return Self.refused(refusal, &log)
    }
    log.note("\(Timestamp.now.text) \(stage.name), attempt \(attempt): \(work.shown)")
    shown(work.shown)
    let process = work.process
    let begun = ContinuousClock.now
    var child: StageProcess.Child?
    var startFailure: Errno?
    do {
      try started {
        do {
          child = try process.start()
          work.began()
        } catch let error as Errno {
          startFailure = error
        }
      }
    } catch {
      // Without its record the stage must not go on, and nobody will follow it.
      let stopNow = try StopSource()
      stopNow.raise(to: .now)
      if let child {
        _ = work.ended(process.follow(child, stop: stopNow) { _ in }, said: "")
      } else {
        work.calledOff()
      }
      throw error
    }
    guard let child else {
      work.calledOff()
      let program = process.arguments.first ?? ""
      let isLost = !process.toolFolders.isEmpty && !process.isThere
      let cause =
        isLost
        ? "it is neither beside cpwx, nor among the engines, nor in PATH" : "\(startFailure ?? .noSuchFileOrDirectory)"
      return Self.refused(StageRefusal(reason: "\(program) cannot be started: \(cause)"), &log)
    }
    var outcome = process.follow(child, stop: stop) { log.append($0) }
    log.finish()
    outcome = work.ended(outcome, said: log.lastLines(12))
    return self.attempt(stage, outcome, log: log, seconds: (ContinuousClock.now - begun) / .seconds(1), context)
  }

  private static func refused(_ refusal: StageRefusal, _ log: inout StageLog) -> StageAttempt {
    log.note(refusal.reason)
    var attempt = StageAttempt(
      result: .failed(reason: refusal.reason), exitCode: refusal.exitCode, errorText: refusal.reason)
    attempt.notStarted = refusal.exitCode == nil
    attempt.isOfEngine = refusal.isOfEngine
    return attempt
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
      attempt.result = .failed(reason: Self.ended(with: code))
    case .signalled(15) where stop.level > .none:
      // Whoever told the run to end, as a cluster does, has told the stage too.
      attempt.result = .stopped
    case .signalled(let signal):
      attempt.exitCode = 128 + signal
      attempt.result = .failed(reason: Self.ended(by: CInt(signal)))
    case .timedOut:
      attempt.result = .failed(reason: "it took longer than \(describeDuration(stage.timeout ?? 0)) and was ended")
    case .stopped: attempt.result = .stopped
    case .outOfMemory(let code):
      attempt.exitCode = code
      let limit = stage.memory.map { " (its limit is \(describeSize($0)))" } ?? ""
      attempt.result = .failed(
        reason:
          "it needed more memory than there was for it, and was killed; give the stage more by 'memory' in the pipeline file\(limit)"
      )
    case .refused(let refusal):
      attempt.exitCode = refusal.exitCode
      attempt.notStarted = refusal.exitCode == nil
      attempt.isOfEngine = refusal.isOfEngine
      attempt.result = .failed(reason: refusal.reason)
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
