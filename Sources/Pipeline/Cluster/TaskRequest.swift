internal import Index
internal import Jobs

/// What one job asks of its node: enough for the stage that needs most, and time for all.
struct TaskRequest: Equatable {
  /// What a cluster's largest node has: the one with most memory, and of such the one with most processors.
  struct Node: Equatable {
    /// Processors.
    var cpus: Int
    /// Bytes; `nil` where the cluster counts none.
    var memory: Int?
    /// The longest that a job may take; `nil`: as long as it wants.
    var minutes: Int?
  }

  /// Processors; `nil`: one.
  var cpus: Int?
  /// Minutes; `nil`: what the partition gives.
  var minutes: Int?
  /// Bytes; `nil`: what the partition gives.
  var memory: Int?
  var gres: String?

  /// - Parameters:
  ///   - expected: what the longest of the films was reckoned to take, in seconds; `nil` where there is no history of it.
  ///   - gres: what a stage in the lane `gpu` needs.
  ///   - node: what the cluster has: no more is asked for because of what stages took elsewhere. `nil` where it does not say.
  ///   - setting: gives a setting by its key.
  init(
    _ stages: [StageDefinition], _ history: WorkHistory, expected: Double?, gres: String?, node: Node? = nil,
    setting: (String) -> String? = { _ in nil }
  ) {
    let known = stages.map { history.stages[$0.canonicalName.description] }
    // Four times what was expected is no film that goes on, and stages have limits of their own.
    let limits = stages.map { Self.longest($0, RetryRule($0, setting: setting)) }
    let declared = limits.contains(nil) ? nil : limits.reduce(0) { $0 + ($1 ?? 0) }
    let reckoned = known.contains { $0 == nil } ? nil : expected.map { $0 * 4 + 600 }
    // A minute more: the worker is told that the end is near before the cluster ends it.
    let needed = [declared, reckoned].compactMap { $0 }.min().map { Int(min($0, 3e7) / 60) + 2 }
    // What asks for more waits for ever, or is not taken.
    minutes = needed.map { min($0, node?.minutes ?? .max) }
    // What a stage says goes before what it took; where neither is known of one, the partition says.
    let memories = zip(stages, known).map { stage, known in
      stage.memory ?? known?.peakMemoryBytes.flatMap { Self.memory(for: $0, of: node) }
    }
    memory = memories.contains(nil) ? nil : memories.compactMap { $0 }.max()
    let processors = zip(stages, known).compactMap { stage, known in
      stage.cpus.map { Int($0.rounded(.up)) } ?? node.flatMap { Self.busy(known?.processors, atMost: $0.cpus) }
    }
    cpus = processors.max()
    let gpus = stages.compactMap(\.gpus).max()
    self.gres = gpus.map { $0 > 0 ? "gpu:\($0)" : nil } ?? (stages.contains { $0.lane == "gpu" } ? gres : nil)
  }

  /// As `sbatch` takes them.
  var options: [String] {
    [
      cpus.map { "--cpus-per-task=\($0)" }, minutes.map { "--time=\($0)" },
      memory.map { "--mem=\(($0 + (1 << 20) - 1) >> 20)M" },
      gres.map { "--gres=\($0)" },
    ].compactMap { $0 }
  }

  /// Seconds that a stage may take with all its attempts; `nil` when nothing ends it.
  private static func longest(_ stage: StageDefinition, _ rule: RetryRule) -> Double? {
    stage.timeout.map { ($0 + stage.grace) * Double(rule.retries + 1) + rule.waiting }
  }

  /// Whole processors of those that a stage kept busy; what it does beside its work is none. `nil` for no more than one.
  private static func busy(_ processors: Double?, atMost most: Int) -> Int? {
    guard let processors, processors.isFinite else { return nil }
    let count = min(Int(min(max(0, processors - 0.25), 1e6).rounded(.up)), most)
    return count > 1 ? count : nil
  }

  /// What is asked for because of what was taken elsewhere: no more than there is, and nothing of a cluster that counts no
  /// memory, which would take no job that asks for some.
  private static func memory(for peak: Int, of node: Node?) -> Int? {
    guard let node else { return roomy(peak) }
    return node.memory.map { min(roomy(peak), $0) }
  }

  /// Half as much again as was ever needed, and 512 MiB for cpwx itself and the file cache.
  private static func roomy(_ peak: Int) -> Int { min(peak, 1 << 50) / 2 * 3 + (512 << 20) }
}
