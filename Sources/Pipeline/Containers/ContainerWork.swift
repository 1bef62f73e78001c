internal import Glibc
internal import Jobs
internal import SystemPackage

/// One attempt of a stage in a container: the compose client that shows its output and ends with its exit code, and the
/// container itself, which does not end with the client.
final class ContainerWork: StageWork, RemoteWork {
  private let docker: Docker
  private let name: String
  private let overrideFile: FilePath?
  private let call: StageProcess
  private let begun = Timestamp.now
  private let companion: ContainerCompanion
  private var companionThread: StartedThread?

  init(docker: Docker, name: String, overrideFile: FilePath?, call: StageProcess) {
    (self.docker, self.name, self.overrideFile, self.call) = (docker, name, overrideFile, call)
    companion = ContainerCompanion(docker, name)
  }

  var process: StageProcess {
    var process = call
    process.remote = self
    return process
  }

  /// The client's own options are the same every time.
  var shown: String { call.arguments.joined(separator: " ") }

  func began() {
    companionThread = StartedThread { [companion] in companion.run() }
  }

  func end(grace: Double) { companion.stop(grace: grace) }

  func kill() { try? docker.remove([name]) }

  func ended(_ outcome: StageProcess.Outcome, said: String) -> StageProcess.Outcome {
    let used = companion.finish()
    companionThread?.join()
    if let overrideFile { unlink(overrideFile) }
    var outcome = outcome
    (outcome.cpuSeconds, outcome.peakMemoryBytes) = (used?.cpuSeconds, used?.peakMemoryBytes)
    switch outcome.end {
    case .exited(0): return outcome
    case .exited(let code): outcome.end = reason(code, said)
    default: break
    }
    // Whatever became of the client, nothing of the container stays.
    try? docker.remove([name])
    return outcome
  }

  /// Why the client ended with `code`: it passes the container's own on, and has one for all its troubles.
  private func reason(_ code: Int, _ said: String) -> StageProcess.End {
    let trouble = DockerTrouble(said)
    guard let story = docker.story(of: name, since: begun), story.isKnown || trouble == nil else {
      return trouble.map { .refused($0.refusal) } ?? .exited(code)
    }
    if story.hasStarted {
      if story.ranOutOfMemory { return .outOfMemory(code) }
      // A client that is told to end leaves its container at work.
      return story.hasEnded ? .exited(code) : .signalled(Int(SIGTERM))
    }
    if let trouble { return .refused(trouble.refusal) }
    let last = said.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
    return .refused(StageRefusal(reason: "docker compose did not start its container\(last)", exitCode: code))
  }
}
