internal import GRDB
internal import Jobs

/// What stages took of time and disk in the jobs that came through last, by the film's length and size.
public struct WorkHistory: Sendable, Equatable {
  /// Medians over jobs; `nil` where no job tells.
  public struct Stage: Sendable, Equatable {
    /// Seconds of work for a second of film.
    public var secondsPerSecond: Double?
    /// Seconds of work for a byte of film.
    public var secondsPerByte: Double?
    /// Bytes of outputs for a second of film.
    public var bytesPerSecond: Double?
    /// Bytes of outputs for a byte of film.
    public var bytesPerByte: Double?
    /// The most memory that one of its processes ever took.
    public var peakMemoryBytes: Int?
    /// Processors that it keeps busy, reckoned over those that took a second or more.
    public var processors: Double?

    public init(
      secondsPerSecond: Double? = nil, secondsPerByte: Double? = nil, bytesPerSecond: Double? = nil,
      bytesPerByte: Double? = nil
    ) {
      (self.secondsPerSecond, self.secondsPerByte) = (secondsPerSecond, secondsPerByte)
      (self.bytesPerSecond, self.bytesPerByte) = (bytesPerSecond, bytesPerByte)
    }
  }

  /// By the stage's name, with underscores.
  public var stages: [String: Stage] = [:]

  public init() {}
}

extension JobIndex {
  /// Reckons over the newest jobs that completed.
  public func workHistory(jobs: Int = 100) throws -> WorkHistory {
    struct Gathered {
      var seconds: (bySecond: [Double], byByte: [Double]) = ([], [])
      var bytes: (bySecond: [Double], byByte: [Double]) = ([], [])
      var peakMemory: Int?
      var processors: [Double] = []
    }
    var gathered: [String: Gathered] = [:]
    try read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT stage_name, stages.duration_seconds, output_bytes, size_bytes, inputs.duration_seconds,
            peak_memory_bytes, cpu_seconds
          FROM (SELECT key FROM jobs WHERE status = 'completed' ORDER BY key DESC LIMIT ?)
          CROSS JOIN stages ON stages.job = key JOIN inputs ON inputs.job = key WHERE stages.status = 'success'
          """, arguments: [jobs])
      while let row = try rows.next() {
        let (seconds, bytes): (Double?, Double?) = (row[1], row[2])
        let (size, length): (Double?, Double?) = (row[3], row[4])
        let (memory, busy): (Int?, Double?) = (row[5], row[6])
        var stage = gathered[StageName(row[0]).description] ?? Gathered()
        if let length, length > 0 {
          if let seconds { stage.seconds.bySecond.append(seconds / length) }
          if let bytes { stage.bytes.bySecond.append(bytes / length) }
        }
        if let size, size > 0 {
          if let seconds { stage.seconds.byByte.append(seconds / size) }
          if let bytes { stage.bytes.byByte.append(bytes / size) }
        }
        if let seconds, let busy, seconds >= 1 { stage.processors.append(busy / seconds) }
        if let memory { stage.peakMemory = max(stage.peakMemory ?? 0, memory) }
        gathered[StageName(row[0]).description] = stage
      }
    }
    var history = WorkHistory()
    history.stages = gathered.mapValues { stage in
      var known = WorkHistory.Stage(
        secondsPerSecond: stage.seconds.bySecond.sorted().percentile(50),
        secondsPerByte: stage.seconds.byByte.sorted().percentile(50),
        bytesPerSecond: stage.bytes.bySecond.sorted().percentile(50),
        bytesPerByte: stage.bytes.byByte.sorted().percentile(50))
      known.peakMemoryBytes = stage.peakMemory
      known.processors = stage.processors.sorted().percentile(50)
      return known
    }
    return history
  }
}
