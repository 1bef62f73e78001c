internal import Jobs
internal import SystemPackage

extension RunEvent {
  /// The event as it may be shown and kept: `secrets`, which come longest first, masked in what names of films,
  /// paths and reasons say. What a stage says itself is masked where it is read.
  func masked(_ secrets: [String]) -> RunEvent {
    func masked(_ text: String) -> String { Secrets.masked(text, secrets) }
    func masked(_ path: FilePath) -> FilePath {
      let shown = masked(path.string)
      return shown == path.string ? path : FilePath(shown)
    }
    switch self {
    case .batchStarted, .filmsAdded, .batchStopping, .batchEnded, .resuming, .orphansEnded, .stageWaiting,
      .stageStarted,
      .stageProgress, .stageKept, .stageNoted:
      return self
    case .stageSaid(let job, let stage, let lines, let log):
      return .stageSaid(job, stage: stage, lines: lines, log: masked(log))
    case .stageCommand(let job, let stage, let command):
      return .stageCommand(job, stage: stage, command: masked(command))
    case .filmSettles(let film, let seconds): return .filmSettles(masked(film), seconds: seconds)
    case .jobStarted(let job, let title, let year, let input):
      return .jobStarted(job, title: masked(title), year: year, input: masked(input))
    case .stageEnded(let job, let stage, let status, let seconds, let reason):
      return .stageEnded(job, stage: stage, status: status, seconds: seconds, reason: reason.map(masked))
    case .stageAgain(let job, let stage, let because):
      return .stageAgain(job, stage: stage, because: masked(because))
    case .stageRetrying(let job, let stage, let after, let reason):
      return .stageRetrying(job, stage: stage, after: after, reason: masked(reason))
    case .jobEnded(let job, let status, let seconds, let reason):
      return .jobEnded(job, status: status, seconds: seconds, reason: reason.map(masked))
    case .warning(let text): return .warning(masked(text))
    }
  }
}
