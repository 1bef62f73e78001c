internal import Jobs
internal import Pipeline
internal import Synchronization
internal import SystemPackage

/// Each event as a JSON line on standard output, for `--format ndjson`.
final class EventDisplay: RunDisplay {
  private let turn = Mutex(())

  func show(_ event: RunEvent) {
    let line = event.document.text(.compact)
    turn.withLock { _ in Console.out(line) }
  }

  func say(_ text: String) { Console.note(wrapping: text) }
  func close() {}
}

extension RunEvent {
  /// `event`, `at`, and what there is to tell of it.
  var document: JSON {
    let (kind, job, members): (String, JobPaths?, JSON) =
      switch self {
      case .batchStarted(let id, let films, let stages, let lanes, let expected):
        (
          "batch_started", nil,
          [
            "batch_id": .string(id), "films": .int(films), "stages": .int(stages),
            "lanes": .array(
              lanes.sorted { $0.key < $1.key }.map { ["lane": .string($0.key), "places": .int($0.value)] }),
            "expected_seconds": expected.map { .double($0.rounded()) } ?? .null,
          ]
        )
      case .filmSettles(let film, let seconds):
        ("film_settles", nil, ["input": .string(film.string), "settle_seconds": .double(seconds)])
      case .filmsAdded(let films, let stages):
        ("films_added", nil, ["films": .int(films), "stages": .int(stages)])
      case .batchStopping(let level, let because):
        ("batch_stopping", nil, ["stops": .string(level.word), "reason": .string(because)])
      case .batchEnded(let id, let status):
        ("batch_ended", nil, ["batch_id": .string(id), "status": .string(status.rawValue)])
      case .jobStarted(let job, let title, let year, let input):
        ("job_started", job, ["title": .string(title), "year": .int(year), "input": .string(input.string)])
      case .resuming(let job, let completed, let skipped):
        ("job_resuming", job, ["completed": .strings(completed), "skipped": .strings(skipped)])
      case .orphansEnded(let job): ("orphans_ended", job, [:])
      case .stageWaiting(let job, let stage, _, let lane):
        ("stage_waiting", job, ["stage": .string(stage), "lane": .string(lane)])
      case .stageStarted(let job, let stage, let number, let lane, let attempt):
        (
          "stage_started", job,
          ["stage": .string(stage), "stage_number": .int(number), "lane": .string(lane), "attempt": .int(attempt)]
        )
      case .stageCommand(let job, let stage, let command):
        ("stage_command", job, ["stage": .string(stage), "command": .string(command)])
      case .stageProgress(let job, let stage, let fraction, let text):
        ("stage_progress", job, ["stage": .string(stage), "fraction": .double(fraction), "text": .string(text)])
      case .stageEnded(let job, let stage, let status, let seconds, let reason):
        (
          "stage_ended", job,
          [
            "stage": .string(stage), "status": .string(status.rawValue), "duration_seconds": .double(seconds),
            "reason": .string(reason),
          ]
        )
      case .stageSaid(let job, let stage, let lines, let log):
        ("stage_said", job, ["stage": .string(stage), "lines": .strings(lines), "log": .string(log.string)])
      case .stageKept(let job, let stage): ("stage_kept", job, ["stage": .string(stage)])
      case .stageNoted(let job, let stage, let notes):
        ("stage_noted", job, ["stage": .string(stage), "notes": .strings(notes)])
      case .stageRetrying(let job, let stage, let after, let reason):
        ("stage_retrying", job, ["stage": .string(stage), "after_seconds": .double(after), "reason": .string(reason)])
      case .jobEnded(let job, let status, let seconds, let reason):
        (
          "job_ended", job,
          ["status": .string(status.rawValue), "duration_seconds": .double(seconds), "reason": .string(reason)]
        )
      // Where it has no other name: as it was always told.
      case .stageAgain: ("warning", nil, ["message": .string(lines.joined())])
      case .warning(let text): ("warning", nil, ["message": .string(text)])
      }
    var document: JSON = ["event": .string(kind), "at": .string(Timestamp.now.text)]
    if let job { document["job_id"] = .string(job.id.description) }
    for member in members.object?.members ?? [] { document[member.name] = member.value }
    return document
  }
}
