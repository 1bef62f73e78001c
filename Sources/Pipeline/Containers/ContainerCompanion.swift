internal import Jobs
internal import Synchronization

/// What is done for a container while it runs, beside following its output: counting what it takes, and stopping it.
final class ContainerCompanion: Sendable {
  private struct State {
    var isOver = false
    /// Set when the container is to end.
    var grace: Double?
    var used: ContainerUse?
  }

  private let docker: Docker
  private let name: String
  private let job: JobPaths
  private let state = Mutex(State())
  private let news = WakeUp()

  init(_ docker: Docker, _ name: String, of job: JobPaths) { (self.docker, self.name, self.job) = (docker, name, job) }

  /// Has the container asked to end, and made to after `grace` seconds.
  func stop(grace: Double) {
    state.withLock { $0.grace = grace }
    news.signal()
  }

  /// The client has ended.
  ///
  /// - Returns: what the container took; `nil` where that could not be seen.
  func finish() -> ContainerUse? {
    let used = state.withLock { state in
      state.isOver = true
      return state.used
    }
    news.signal()
    return used
  }

  /// Seconds between looks for a container that is about to come, and between looks at what it takes.
  private static let pause = 0.1

  /// Until ``finish()``.
  func run() {
    var group: ContainerGroup?
    var looks = 0
    var isStopped = false
    while true {
      let (isOver, grace) = state.withLock { ($0.isOver, $0.grace) }
      if isOver { return }
      if let grace, !isStopped {
        // One that is still being made cannot be stopped yet.
        isStopped = (try? docker.stopContainers(of: job, grace: grace))?.isEmpty == false
      } else if let group {
        if let use = group.use() { state.withLock { $0.used = $0.used?.followed(by: use) ?? use } }
      } else if looks.isMultiple(of: looks < 50 ? 2 : 20) {
        group = docker.running(name, of: job).flatMap { ContainerGroup(of: $0.pid, id: $0.id) }
      }
      looks += 1
      news.wait(atMost: Self.pause)
    }
  }
}
