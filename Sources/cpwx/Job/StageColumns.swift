internal import Jobs

/// What is shown of a job's stages, by the keys of their JSON.
enum StageColumns {
  static var all: [Listing.Column] {
    [
      .init("#", key: "stage_number"), .init("STAGE", key: "stage_name"),
      .init("STATUS", key: "status", style: Style.status),
      .init("TIME") { $0["duration_seconds"]?.seconds.map { describeDuration($0) } ?? "" },
      .init("ATTEMPT", key: "attempt").dispensable(1),
      .reason("ERROR") { failureCause(reason: $0["reason"]?.string, said: $0["error"]?.string) ?? "" },
    ]
  }

  /// Of a job that nobody runs, a stage that its last run has left at work is at work no more; and one that failed because
  /// its run was told to end, or died, is interrupted.
  static func rows(_ stages: [JSON], isRunning: Bool) -> [JSON] {
    stages.map { stage in
      var stage = stage
      let isLeft = !isRunning && stage["status"]?.string == StageStatus.running.rawValue
      let record = StageRecord(name: "", fields: stage)
      if isLeft || record.status == .failed && record.isInterrupted {
        stage["status"] = .string(PipelineStatus.interrupted.rawValue)
      }
      return stage
    }
  }
}

extension StageRecord {
  /// The documented keys of a stage in `job show`.
  var document: JSON {
    [
      "stage_name": .string(name), "stage_number": fields["stage_number"] ?? .null,
      "status": fields["status"] ?? .null, "attempt": fields["attempt"] ?? .null,
      "duration_seconds": fields["duration_seconds"] ?? .null, "error": fields["error"] ?? fields["reason"] ?? .null,
      "reason": fields["reason"] ?? .null,
    ]
  }
}
