internal import Jobs

/// Has a job that is at work stop once it is cancelled, for as long as this lives.
///
/// The file is looked for, as nothing tells of it when another machine of a cluster has written it.
final class CancellationWatch {
  private let looks: RepeatedLook

  init(of job: JobPaths, stop: StopSource) {
    looks = RepeatedLook(every: 0.5) { if exists(job.cancellation) { stop.raise(to: .now) } }
  }
}
