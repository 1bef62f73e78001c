internal import Glibc
internal import Jobs
internal import SystemPackage

/// One attempt of a stage in a container: the compose client that shows its output and ends with its exit code, and the
/// container itself, which does not end with the client.
final class ContainerWork: StageWork, RemoteWork {
  private let docker: Docker
  private let name: String
  private let job: JobPaths
  private let overrideFile: FilePath?
  private let call: StageProcess
  private let begun = Timestamp.now
  private let companion: ContainerCompanion
  private var companionThread: StartedThread?

  init(docker: Docker, name: String, job: JobPaths, overrideFile: FilePath?, call: StageProcess) {
    (self.docker, self.name, self.job) = (docker, name, job)
    (self.overrideFile, self.call) = (overrideFile, call)
    companion = ContainerCompanion(docker, name, of: job)
  }

  var process: StageProcess {
    var process = call
    process.remote = self
    return process
  }

  var shown: String { call.arguments.joined(separator: " ") }

  func began() {
    companionThread = StartedThread { [companion] in companion.run() }
  }

  func calledOff() {
    if let overrideFile { unlink(overrideFile) }
    ContainerNote.remove(of: job)
  }

  func end(grace: Double) { companion.stop(grace: grace) }

  func kill() { try? docker.removeContainers(of: job) }

  func ended(_ outcome: StageProcess.Outcome, said: String) -> StageProcess.Outcome {
    let used = companion.finish()
    companionThread?.join()
    if let overrideFile { unlink(overrideFile) }
    var outcome = outcome
    (outcome.cpuSeconds, outcome.peakMemoryBytes) = (used?.cpuSeconds, used?.peakMemoryBytes)
    switch outcome.end {
    case .exited(0):
      ContainerNote.remove(of: job)
      return outcome
    case .exited(let code): outcome.end = reason(code, wasSeen: used != nil, said)
    default:
      // Of a client that was ended the daemon may be making the container still.
      if used == nil, (try? docker.removeUnmade(name, of: job)) == nil { return outcome }
    }
    // Whatever became of the client, nothing of the container stays.
    if (try? docker.removeContainers(of: job)) != nil { ContainerNote.remove(of: job) }
    return outcome
  }

  /// Why the client ended with `code`: it passes the container's own on, and has one for all its troubles.
  ///
  /// - Parameter wasSeen: the container was at work.
  private func reason(_ code: Int, wasSeen: Bool, _ said: String) -> StageProcess.End {
    let story: Docker.Story
    do throws(DockerFailure) {
      story = try docker.story(of: name, of: job, since: begun, wasSeen: wasSeen)
    } catch {
      if !wasSeen, let trouble = DockerTrouble(said) { return .refused(trouble.refusal) }
      guard error.isOfDaemon else { return .exited(code) }
      return .refused(
        StageRefusal(reason: "it ended with exit code \(code), and \(error)", exitCode: 69, isOfEngine: true))
    }
    if story.ranOutOfMemory { return .outOfMemory(code) }
    if story.isForgotten {
      return .refused(
        StageRefusal(
          reason: "the Docker daemon was started anew while its container was at work", exitCode: 69, isOfEngine: true))
    }
    if wasSeen || story.hasStarted {
      // A client that is told to end leaves its container at work.
      return story.isAtWork ? .signalled(Int(SIGTERM)) : .exited(code)
    }
    if let trouble = DockerTrouble(said) { return .refused(trouble.refusal) }
    let last = Docker.withoutWarnings(said).split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
    return .refused(StageRefusal(reason: "docker compose did not start its container\(last)", exitCode: code))
  }
}
