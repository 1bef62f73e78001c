internal import Index
internal import Jobs

/// What a film will take, reckoned from what earlier ones took.
public struct WorkEstimate: Sendable, Equatable {
  /// `nil` as long as no job has come through.
  public var seconds: Double?
  /// What its files will come to.
  public var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  /// - Parameters:
  ///   - size: the film's, in bytes.
  ///   - playTime: how long it plays, in seconds, where that is known.
  ///   - stages: those that are left to run.
  init(size: Int, playTime: Double?, stages: [StageDefinition], _ history: WorkHistory) {
    var seconds: Double?
    var bytes: Double?
    for stage in stages {
      guard let known = history.stages[stage.canonicalName.description] else { continue }
      func reckoned(_ bySecond: Double?, _ byByte: Double?) -> Double? {
        if let bySecond, let playTime { return bySecond * playTime }
        return byByte.map { $0 * Double(size) }
      }
      if let one = reckoned(known.secondsPerSecond, known.secondsPerByte) { seconds = (seconds ?? 0) + one }
      if let one = reckoned(known.bytesPerSecond, known.bytesPerByte) { bytes = (bytes ?? 0) + one }
    }
    self.seconds = seconds
    // Without any history: the finished film, and as much again for what comes on the way.
    self.bytes = Int(min(bytes ?? (stages.isEmpty ? 0 : 2 * Double(size)), 1e18))
  }
}
