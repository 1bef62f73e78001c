internal import Jobs
internal import SystemPackage

/// The program `docker`, and what it is asked.
struct Docker: Sendable {
  /// What Docker tells of a container that has gone.
  struct Story: Equatable {
    var hasStarted = false
    /// Whether it had started, and has not ended.
    var isAtWork = false
    var ranOutOfMemory = false
    /// Whether the daemon knows nothing of its beginning, and would: it was itself started after that.
    var isForgotten = false
  }

  /// What its client is run with.
  let environment: [String: String]
  private let programs: ProgramCall

  /// - Throws: `Errno` when no pipe can be made.
  init(environment: [String: String], folder: FilePath) throws {
    var environment = environment.merging(Self.quiet) { $1 }
    // Compose names what it makes after the folder, in these characters alone, and refuses one that has none of them; of
    // one behind a link it takes either name.
    let names = [folder, realPath(folder)].map { $0?.lastComponent?.string.lowercased() ?? "" }
    let isNamed = names.allSatisfy { name in
      name.utf8.contains { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }
    if !isNamed {
      environment.merge(["COMPOSE_PROJECT_NAME": "cpwx"]) { own, _ in own }
    }
    self.environment = environment
    programs = try ProgramCall(environment: self.environment, folder: folder)
  }

  /// Logs are for what stages say.
  private static let quiet = [
    "COMPOSE_PROGRESS": "quiet", "COMPOSE_IGNORE_ORPHANS": "true", "COMPOSE_ANSI": "never", "DOCKER_CLI_HINTS": "false",
  ]

  /// Where the daemon is that it speaks to: what DOCKER_HOST says, else the context in use; `nil` where that is not told.
  var address: String? {
    if let named = environment["DOCKER_HOST"], named.contains("://") { return named }
    let told = try? answer(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])
    return told?.split(whereSeparator: \.isNewline).map(String.init).last { $0.contains("://") }
  }

  /// The GPUs that a Slurm cluster gave to the task which this is a part of, by the machine's own numbers; empty where it
  /// is no part of one.
  var grantedGPUs: [String] {
    let numbers = environment["SLURM_JOB_GPUS"]?.split(separator: ",").map(String.init) ?? []
    return numbers.allSatisfy { Int($0) != nil } ? numbers : []
  }

  /// The containers of a job that are there, at work or not, by their ids.
  ///
  /// - Throws: ``DockerFailure``.
  func containers(of paths: JobPaths) throws -> [String] {
    try answer(["ps", "-a", "-q", "--no-trunc", "--filter", "label=\(ContainerName.label)=\(paths.output.string)"])
      .split(whereSeparator: \.isNewline).map(String.init)
  }

  /// Whether a container has that name.
  func isTaken(_ name: String) throws -> Bool {
    try !answer(["ps", "-a", "-q", "--filter", "name=^/?\(name.replacing(".", with: "\\."))$"]).isEmpty
  }

  /// Asks the containers of a job to end, makes them after so many seconds, and waits for that.
  ///
  /// - Returns: those that there were; whether each has ended is not told.
  /// - Throws: ``DockerFailure`` when that could not be seen.
  func stopContainers(of paths: JobPaths, grace: Double) throws -> [String] {
    let there = try containers(of: paths)
    let seconds = Int(grace.rounded(.up))
    if !there.isEmpty { _ = try? answer(["stop", "-t", String(seconds)] + there, within: Double(seconds) + 30) }
    return there
  }

  /// Ends the containers of a job whose run died, which the daemon keeps at work, and takes away what is left of them. The
  /// caller holds the job's lock.
  ///
  /// - Returns: whether there were any.
  /// - Throws: ``DockerFailure`` when that could not be seen.
  func endOrphans(of paths: JobPaths) throws -> Bool {
    let left = try stopContainers(of: paths, grace: 2)
    if !left.isEmpty { try remove(left) }
    return !left.isEmpty
  }

  /// Ends containers at once, and takes away what is left of them. None there is as good.
  private func remove(_ containers: [String]) throws {
    for _ in 0..<50 {
      do throws(DockerFailure) {
        _ = try answer(["rm", "-f", "-v"] + containers)
        return
      } catch {
        if error.said.contains("No such container") { return }
        // One that has ended is removed by the daemon itself.
        guard error.said.contains("already in progress") else { throw error }
      }
      for _ in 0..<5 { sleepBriefly() }
    }
  }

  /// Takes away a job's container that the daemon may be making still, for a client that has died: it goes on with it, and
  /// shows it once it is made. Until then it gives its name to no other one, by which that is known.
  ///
  /// - Returns: whether there was one.
  /// - Throws: ``DockerFailure`` when it is not made within a minute, or the daemon does not answer.
  func removeUnmade(_ name: String, of paths: JobPaths) throws -> Bool {
    var found = false
    var images = try answer(["image", "ls", "-q", "--no-trunc"]).split(whereSeparator: \.isNewline)[...]
    let limit = ContinuousClock.now + .seconds(60)
    // Whichever image it is: nothing is started. Without one that a container can be made of, none is being made.
    while let image = images.first {
      switch try take(name, of: paths, image: String(image)) {
      case .free:
        try removeContainers(of: paths)
        return found
      case .unknown: images.removeFirst()
      case .taken(let failure):
        let isShown = try isTaken(name)
        let own = try containers(of: paths)
        if !own.isEmpty {
          try remove(own)
          found = true
        } else if isShown {
          // Somebody else's has it: none of the job's is being made by that name.
          return found
        }
        guard ContinuousClock.now < limit else { throw failure }
        for _ in 0..<5 { sleepBriefly() }
      }
    }
    return found
  }

  /// What an attempt to give a container a name tells.
  private enum NameState {
    case free
    case taken(DockerFailure)
    /// Of that image none can be made here, whatever its name.
    case unknown
  }

  /// Makes a container of that name that is not started.
  ///
  /// - Throws: ``DockerFailure`` when the daemon does not answer.
  private func take(_ name: String, of paths: JobPaths, image: String) throws(DockerFailure) -> NameState {
    let label = "\(ContainerName.label)=\(paths.output.string)"
    do throws(DockerFailure) {
      _ = try answer(["create", "--pull", "never", "--name", name, "--label", label, image, "true"])
      return .free
    } catch {
      if case .nameTaken? = error.trouble { return .taken(error) }
      if error.isOfDaemon { throw error }
      return .unknown
    }
  }

  /// Whether the daemon is a user's own: root in its containers is that user here.
  ///
  /// - Throws: ``DockerFailure``.
  func isRootless() throws(DockerFailure) -> Bool {
    try answer(["info", "--format", "{{.SecurityOptions}}"]).contains("name=rootless")
  }

  /// Whether a container could be run now, as far as the daemon and the plugin tell.
  func isReady() -> Bool {
    // One that has hung up gives no answer for long.
    (try? answer(["version", "--format", "{{.Server.Version}}"], within: 10)) != nil
      && (try? answer(["compose", "version"], within: 10)) != nil
  }

  /// Ends the containers of a job at once, and takes away what is left of them: never another one that has their name.
  ///
  /// - Throws: ``DockerFailure``.
  func removeContainers(of paths: JobPaths) throws {
    let left = try containers(of: paths)
    if !left.isEmpty { try remove(left) }
  }

  /// The id of a job's container and the number of its first process; `nil` while it does not run.
  func running(_ name: String, of paths: JobPaths) -> (id: String, pid: Int)? {
    let wanted = "{{.Id}} {{.State.Pid}} {{index .Config.Labels \"\(ContainerName.label)\"}}"
    guard let told = try? answer(["inspect", "-f", wanted, name]) else { return nil }
    let words = told.split(maxSplits: 2, whereSeparator: \.isWhitespace)
    guard words.last.map({ $0.split(whereSeparator: \.isNewline).joined() }) == paths.output.string else { return nil }
    guard words.count == 3, let pid = Int(words[1]), pid > 0 else { return nil }
    return (String(words[0]), pid)
  }

  /// What has befallen a job's container of that name since a moment.
  ///
  /// - Parameter wasSeen: the container was at work.
  /// - Throws: ``DockerFailure``.
  func story(
    of name: String, of paths: JobPaths, since: Timestamp, wasSeen: Bool
  ) throws(DockerFailure) -> Story {
    func moment(_ time: Timestamp, _ offset: Double) -> String {
      let microseconds = time.microseconds + Int64(offset * 1e6)
      let fraction = String(microseconds % 1_000_000)
      return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }
    // The last event may be a moment late.
    let span = ["--since", moment(since, -0.1), "--until", moment(.now, 0.2)]
    let filters = ["type=container", "container=\(name)", "label=\(ContainerName.label)=\(paths.output.string)"]
    let told = try answer(["events"] + span + filters.flatMap { ["--filter", $0] } + ["--format", "{{.Action}}"])
    let events = told.split(whereSeparator: \.isNewline)
    // Of those that lie long back the daemon keeps few, and none of the time before it was started itself.
    let (hasStarted, hasEnded) = (events.contains("start"), events.contains("die"))
    var story = Story(
      hasStarted: hasStarted || hasEnded, isAtWork: hasStarted && !hasEnded, ranOutOfMemory: events.contains("oom"))
    if wasSeen, !hasStarted {
      let all = try answer(["events"] + span + ["--format", "{{.Type}}"]).split(whereSeparator: \.isNewline)
      story.isForgotten = all.count < Self.keptEvents
    }
    return story
  }

  /// As many events at the least does a daemon keep: 256, as it comes.
  private static let keptEvents = 100

  /// What the client answers.
  ///
  /// - Throws: ``DockerFailure``.
  func answer(_ arguments: [String], within seconds: Double = 60) throws(DockerFailure) -> String {
    let answer: (end: StageProcess.End, text: String)
    do {
      answer = try programs.answer(["docker"] + arguments, within: seconds)
    } catch {
      throw DockerFailure(trouble: .noProgram, said: "\(error)")
    }
    switch answer.end {
    case .exited(0): return answer.text
    case .timedOut:
      throw DockerFailure(
        trouble: nil, said: "docker had not answered after \(describeDuration(seconds))", isSilent: true)
    default:
      let said = Self.withoutWarnings(answer.text)
      throw DockerFailure(trouble: DockerTrouble(said), said: said)
    }
  }

  /// What a client says of a failure, without what it warned of before: variables that are not set, fields of old.
  static func withoutWarnings(_ said: String) -> String {
    said.split(whereSeparator: \.isNewline).filter { !($0.hasPrefix("time=") && $0.contains("level=warning")) }.joined(
      separator: "\n")
  }
}

/// A call of docker that came to nothing.
struct DockerFailure: Error, CustomStringConvertible {
  /// `nil`: nothing that is known.
  var trouble: DockerTrouble?
  var said: String
  /// Whether no answer came at all, as of a daemon that is not there and whose socket somebody else keeps open.
  var isSilent = false

  var description: String {
    trouble?.message
      ?? (said.isEmpty ? "docker failed" : said.split(whereSeparator: \.isNewline).joined(separator: "; "))
  }

  /// Whether the daemon is not there, or its socket is not yet everybody's whose it is to be.
  var isOfDaemon: Bool {
    switch trouble {
    case .noDaemon, .forbidden: true
    default: isSilent
    }
  }

  var refusal: StageRefusal {
    trouble?.refusal ?? StageRefusal(reason: description, exitCode: isSilent ? 69 : nil, isOfEngine: isSilent)
  }

  /// As an error of a run that has begun nothing.
  func error(about subject: String) -> JobError {
    trouble?.error(about: subject) ?? JobError(.missingEngine, subject, description, remedy: "No job was made.")
  }
}
