internal import Jobs

extension IndexedJob {
  /// Reads a manifest as cpwx writes it of a job that came through or was interrupted, which nearly all in a large
  /// workspace are, at a fraction of what a whole document takes.
  ///
  /// - Returns: `nil` for all others. What it returns is just what ``init(reading:in:)`` makes of the document.
  init?(skimming bytes: [UInt8], at place: JobPlace, stamp: JobStamp) {
    guard !place.user.isEmpty, let read = try? unsafe bytes.withUnsafeBufferPointer({ try unsafe ManifestSkim($0) }),
      let status = read.status, status == .completed || status == .interrupted, let created = read.createdAt,
      // Without a zone it may be another writer's, whose title is to be held against the file's name.
      let zone = read.timezone, let input = read.input, let file = input.file, input.hasSize, !read.stages.isEmpty,
      !read.history.isEmpty
    else { return nil }
    self.init(at: place, stamp: stamp)
    (title, year, self.status) = (input.title, input.year, status.rawValue)
    error = status == .interrupted ? read.error?.lastLine : nil
    stage =
      read.stages.last { $0.status == StageStatus.running.rawValue || $0.status == StageStatus.failed.rawValue }?
      .name
    (self.input, createdAt, timezone) = (file, created, zone)
    (completedAt, totalSeconds) = (read.completedAt, read.totalSeconds)
    (sha256, inputBytes, inputModified) = (input.sha256, input.bytes, input.modified)
    (inputInode, inputSeconds) = (input.inode, input.seconds)
    stages = read.stages
    history = [JobEvent(at: created, who: read.createdBy, .created)] + read.history
  }
}

/// The members of a manifest that the index keeps.
private struct ManifestSkim {
  struct Input {
    var file, title, sha256: String?
    var year, bytes, modified, inode: Int?
    var seconds: Double?
    var hasSize = false
  }

  private(set) var createdAt: String?
  private(set) var createdBy: String?
  private(set) var timezone: String?
  private(set) var status: PipelineStatus?
  private(set) var error: String?
  private(set) var input: Input?
  private(set) var stages: [IndexedStage] = []
  private(set) var history: [JobEvent] = []
  private(set) var completedAt: String?
  private(set) var totalSeconds: Double?

  init(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    var skim = unsafe JSONSkim(bytes)
    var runningSeconds: Double?
    var seen = 0
    /// A member that stands twice is not plain.
    func once(_ bit: Int) throws {
      guard seen & bit == 0 else { throw JSONSkim.Uncommon() }
      seen |= bit
    }
    try skim.members { name, skim in
      if name == "created_at" {
        createdAt = try skim.text()
      } else if name == "created_by" {
        createdBy = try skim.text()
      } else if name == "timezone" {
        timezone = try skim.text()
      } else if name == "input" {
        try once(1)
        input = try Self.input(&skim)
      } else if name == "stages" {
        try once(2)
        stages.reserveCapacity(10)
        try skim.members { name, skim in
          stages.append(try IndexedStage(named: name.text, &skim))
        }
      } else if name == "pipeline" {
        try once(4)
        try skim.members { name, skim in
          if name == "status" {
            status = try skim.text().flatMap { PipelineStatus(rawValue: $0) }
          } else if name == "error" {
            error = try skim.text()
          } else if name == "steps" {
            throw JSONSkim.Uncommon()
          } else {
            try skim.skip()
          }
        }
      } else if name == "timing" {
        try once(8)
        try skim.members { name, skim in
          if name == "completed_at" {
            completedAt = try skim.text()
          } else if name == "total_seconds" {
            totalSeconds = try skim.number()?.seconds
          } else if name == "running_seconds" {
            runningSeconds = try skim.number()?.seconds
          } else {
            try skim.skip()
          }
        }
      } else if name == "history" {
        try once(16)
        try skim.elements { history.append(try Self.event(&$0)) }
      } else {
        try skim.skip()
      }
    }
    guard skim.isAtEnd else { throw JSONSkim.Uncommon() }
    totalSeconds = runningSeconds ?? totalSeconds
  }

  private static func input(_ skim: inout JSONSkim) throws -> Input {
    var input = Input()
    try skim.members { name, skim in
      if name == "file" {
        input.file = try skim.text()
      } else if name == "title" {
        input.title = try skim.text()
      } else if name == "year" {
        input.year = try skim.number()?.int
      } else if name == "sha256" {
        input.sha256 = try skim.text()
      } else if name == "size_bytes" {
        input.hasSize = true
        input.bytes = try skim.number()?.byteCount
      } else if name == "modified_ns" {
        input.modified = try skim.number()?.int
      } else if name == "inode" {
        input.inode = try skim.number()?.int
      } else if name == "duration_seconds" {
        input.seconds = try skim.number()?.seconds
      } else {
        try skim.skip()
      }
    }
    return input
  }

  private static func event(_ skim: inout JSONSkim) throws -> JobEvent {
    var at: String?
    var what: JobEvent.What?
    var (who, stage, reason): (String?, String?, String?)
    var attempt: Int?
    try skim.members { name, skim in
      if name == "at" {
        at = try skim.text()
      } else if name == "event" {
        what = try skim.text().flatMap { JobEvent.What(rawValue: $0) }
      } else if name == "who" {
        who = try skim.text()
      } else if name == "stage" {
        stage = try skim.text()
      } else if name == "attempt" {
        attempt = try skim.number()?.ordinal
      } else if name == "reason" {
        reason = try skim.text()
      } else {
        try skim.skip()
      }
    }
    guard let at, let what else { throw JSONSkim.Uncommon() }
    return JobEvent(at: at, who: who, what, stage: stage, attempt: attempt, reason: reason)
  }
}

extension IndexedStage {
  fileprivate init(named name: String, _ skim: inout JSONSkim) throws {
    self.name = name
    var reason: String?
    var hasResources = false
    try skim.members { name, skim in
      if name == "status" {
        status = try skim.text()
      } else if name == "started_at" {
        startedAt = try skim.text()
      } else if name == "completed_at" {
        completedAt = try skim.text()
      } else if name == "stage_number" {
        number = try skim.number()?.ordinal
      } else if name == "attempt" {
        attempt = try skim.number()?.ordinal
      } else if name == "duration_seconds" {
        seconds = try skim.number()?.seconds
      } else if name == "exit_code" {
        exitCode = try skim.number()?.int
      } else if name == "error" {
        error = try skim.text()
      } else if name == "reason" {
        reason = try skim.text()
      } else if name == "because" {
        because = try skim.text()
      } else if name == "who" {
        who = try skim.text()
      } else if name == "resources" {
        guard !hasResources else { throw JSONSkim.Uncommon() }
        hasResources = true
        try readResources(&skim)
      } else if name == "duration" {
        throw JSONSkim.Uncommon()
      } else {
        try skim.skip()
      }
    }
    // As a later writer called success.
    if status == PipelineStatus.completed.rawValue { status = StageStatus.success.rawValue }
    error = failureCause(reason: reason, said: error)?.lastLine
  }

  private mutating func readResources(_ skim: inout JSONSkim) throws {
    try skim.members { name, skim in
      if name == "peak_memory_bytes" {
        peakMemory = try skim.number()?.byteCount
      } else if name == "cpu_seconds" {
        cpuSeconds = try skim.number()?.seconds
      } else if name == "output_bytes" {
        outputBytes = try skim.number()?.byteCount
      } else {
        try skim.skip()
      }
    }
  }
}
