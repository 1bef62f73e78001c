internal import Dispatch
internal import Jobs

/// Has a job that is at work stop once it is cancelled, for as long as this lives.
///
/// The file is looked for, as nothing tells of it when another machine of a cluster has written it.
final class CancellationWatch {
  private let timer: any DispatchSourceTimer

  /// Seconds between looks.
  private static let pause = 0.5

  init(of job: JobPaths, stop: StopSource) {
    timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + Self.pause, repeating: Self.pause, leeway: .milliseconds(100))
    timer.setEventHandler { if exists(job.cancellation) { stop.raise(to: .now) } }
    timer.activate()
  }

  deinit { timer.cancel() }
}
