internal import Jobs

/// How the stages of an old tree ended: what their records say, and where those say nothing, the files.
struct StageVerdicts: Sendable {
  private(set) var completed: [String] = []
  private(set) var failed: [String] = []
  /// A ``PipelineStatus``.
  private(set) var status = PipelineStatus.interrupted
  /// Nothing tells that it was ever begun.
  private(set) var isUntouched = false
  /// What the stages' own records say.
  private(set) var recorded: [String: StageStatus] = [:]
  /// Lists of the manifest that its own stages contradict.
  private(set) var contradicted: [String] = []

  init(_ manifest: Manifest?, _ scan: TreeScan) {
    var states: [String: StageStatus] = [:]
    var order: [String] = []
    for record in manifest?.stages ?? [] {
      let name = StageName(record.name).description
      guard let status = record.status else { continue }
      if states[name] == nil { order.append(name) }
      states[name] = status
    }
    recorded = states
    let pipeline = manifest?.document["pipeline"]
    for name in (pipeline?["failed_stages"]?.array ?? []).compactMap(\.string).map({ StageName($0).description }) {
      if let status = states[name] {
        if status != .failed {
          contradicted.append("failed_stages still names \(name), whose status is \(status.rawValue)")
        }
      } else {
        states[name] = .failed
        order.append(name)
      }
    }
    for name in (pipeline?["completed_stages"]?.array ?? []).compactMap(\.string).map({ StageName($0).description })
    where states[name] == nil {
      states[name] = .success
      order.append(name)
    }
    for files in StageFiles.all where states[files.stage] == nil {
      guard files.proof(in: scan) != nil else { continue }
      states[files.stage] = .success
      order.append(files.stage)
    }
    let known = StageFiles.names.filter { states[$0] != nil }
    let ordered = Self.inOrder(order, known)
    completed = ordered.filter { states[$0] == .success }
    failed = ordered.filter { states[$0] == .failed }
    status = Self.status(manifest, states)
    isUntouched = states.isEmpty && [nil, .pending].contains(manifest?.recordedStatus)
  }

  /// The documented stages in the documented order, each other one where it stood: behind what came before it.
  private static func inOrder(_ order: [String], _ known: [String]) -> [String] {
    var result = known
    for (index, name) in order.enumerated() where !known.contains(name) {
      let before = order[..<index].last { result.contains($0) }
      result.insert(name, at: before.flatMap { result.firstIndex(of: $0) }.map { $0 + 1 } ?? 0)
    }
    return result
  }

  private static func status(_ manifest: Manifest?, _ states: [String: StageStatus]) -> PipelineStatus {
    let failed = states.filter { $0.value == .failed }.map(\.key)
    let hard = failed.filter { !StageFiles.optional.contains($0) }
    let isOpen = states.values.contains(.running)
    if states["mux"] == .success, hard.isEmpty { return .completed }
    let recorded = manifest?.recordedStatus
    if recorded == .completed, failed.isEmpty, !isOpen { return .completed }
    if !hard.isEmpty || (recorded == .failed && !failed.isEmpty) { return .failed }
    if states.isEmpty, let recorded, recorded != .running { return recorded }
    return .interrupted
  }
}
