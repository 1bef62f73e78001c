public import Jobs

extension BatchReport {
  /// The report as JSON; every key is always there, `null` where nothing is known.
  ///
  ///     {batch_id, status, who, inputs: [path], started_at, completed_at, timezone, wall_seconds, waited_seconds, output_bytes,
  ///      totals: {films, failed, given_up, interrupted, running, held, not_begun, done, pending, skipped, resumed, retried,
  ///               unreadable, gone, done_before},
  ///      causes:  [{kind, stage_name, cause, count, job_ids, inputs, example, log_lines}]   kind: failed optional held
  ///      lanes:   [{lane, slots, busy_seconds, waited_seconds, share}]
  ///      stages:  [{stage_name, stage_number, succeeded, failed, total_seconds, median_seconds, p95_seconds,
  ///                 longest_seconds, longest_job, waited_seconds, output_bytes}]
  ///      slowest: [{job_id, title, duration_seconds}]
  ///      jobs:    [{job_id, user_id, title, year, input, decision, outcome, reason, cause, output_dir, problem, start_seconds,
  ///                 end_seconds, duration_seconds, waited_seconds, output_bytes, kept_stages,
  ///                 stages: [{stage_name, stage_number, attempt, status, lane, start_seconds, end_seconds,
  ///                           duration_seconds, waited_seconds, output_bytes, peak_memory_bytes, cpu_seconds,
  ///                           reason, error}]}]}
  ///
  /// Starts and ends are seconds from `started_at`. `outcome` is one of the counted words of `totals`;
  /// what an earlier batch had done is counted in `done_before` and nowhere else.
  public var document: JSON {
    var totals: JSON = ["films": .int(jobs.count)]
    for (outcome, films) in self.totals { totals[outcome.rawValue] = .int(films) }
    totals["resumed"] = .int(resumed)
    totals["retried"] = .int(retried)
    totals["unreadable"] = .int(unreadable)
    totals["gone"] = .int(gone)
    totals["done_before"] = .int(doneBefore)
    return [
      "batch_id": .string(id), "status": .string(status.rawValue), "who": .string(who), "inputs": .strings(inputs),
      "started_at": .string(started?.text), "completed_at": .string(completed?.text), "timezone": .string(timezone),
      "wall_seconds": .seconds(wallSeconds), "waited_seconds": .seconds(waitedSeconds),
      "output_bytes": .int(outputBytes), "totals": totals, "causes": .array(causes.map(document)),
      "lanes": .array(lanes.map(\.document)), "stages": .array(stages.map(\.document)),
      "slowest": .array(
        slowest().map {
          ["job_id": .string($0.jobID), "title": .string($0.title), "duration_seconds": .seconds($0.durationSeconds)]
        }), "jobs": .array(jobs.map(\.document)),
    ]
  }

  private func document(of cause: FailureCause) -> JSON {
    [
      "kind": .string(cause.kind.rawValue), "stage_name": .string(cause.stage), "cause": .string(cause.text),
      "count": .int(cause.jobs.count), "job_ids": .strings(cause.jobs.compactMap { jobs[$0].jobID }),
      "inputs": .strings(cause.jobs.compactMap { jobs[$0].input }), "example": .string(cause.example),
      "log_lines": .strings(cause.logLines),
    ]
  }
}

extension LaneUse {
  fileprivate var document: JSON {
    [
      "lane": .string(name), "slots": .int(slots), "busy_seconds": .seconds(busySeconds),
      "waited_seconds": .seconds(waitedSeconds), "share": .seconds(share),
    ]
  }
}

extension StageTotal {
  fileprivate var document: JSON {
    [
      "stage_name": .string(name), "stage_number": .int(number), "succeeded": .int(succeeded), "failed": .int(failed),
      "total_seconds": .seconds(totalSeconds), "median_seconds": .seconds(medianSeconds),
      "p95_seconds": .seconds(p95Seconds), "longest_seconds": .seconds(longestSeconds),
      "longest_job": .string(longestJob), "waited_seconds": .seconds(waitedSeconds), "output_bytes": .int(outputBytes),
    ]
  }
}

extension ReportedJob {
  /// The keys of an entry of `jobs`.
  public var document: JSON {
    [
      "job_id": .string(jobID), "user_id": .int(userID), "title": .string(title), "year": .int(year),
      "input": .string(input), "decision": .string(decision), "outcome": .string(outcome.rawValue),
      "reason": .string(reason), "cause": .string(cause), "output_dir": .string(outputFolder),
      "problem": .string(problem),
      "start_seconds": .seconds(startSeconds), "end_seconds": .seconds(endSeconds),
      "duration_seconds": .seconds(durationSeconds), "waited_seconds": .seconds(waitedSeconds),
      "output_bytes": .int(outputBytes), "kept_stages": .int(keptStages), "stages": .array(stages.map(\.document)),
    ]
  }
}

extension StageSpan {
  fileprivate var document: JSON {
    [
      "stage_name": .string(name), "stage_number": .int(number), "attempt": .int(attempt),
      "status": .string(status.rawValue), "lane": .string(lane), "start_seconds": .seconds(startSeconds),
      "end_seconds": .seconds(endSeconds), "duration_seconds": .seconds(durationSeconds),
      "waited_seconds": .seconds(waitedSeconds), "output_bytes": .int(outputBytes),
      "peak_memory_bytes": .int(peakMemoryBytes), "cpu_seconds": .seconds(cpuSeconds), "reason": .string(reason),
      "error": .string(error),
    ]
  }
}

extension JSON {
  /// To the microsecond, as the manifests have it.
  fileprivate static func seconds(_ value: Double?) -> JSON {
    value.map { .double(($0 * 1_000_000).rounded() / 1_000_000) } ?? .null
  }
}
