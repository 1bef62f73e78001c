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
  private(set) var recorded = StageStates()
  /// Where the manifest says one thing, and its own stages or the files another.
  private(set) var problems: [Problem] = []

  /// - Parameter muxIsOff: whether the job was to leave out its last stage.
  init(_ manifest: Manifest?, _ outputs: StageOutputs, muxIsOff: Bool = false) {
    let records = OldRecords(manifest)
    for record in records.all { if let status = record.verdict { recorded.add(record.name, status) } }
    var states = recorded
    for (number, name) in StageFiles.names.enumerated()
    where states[name] == nil && outputs.proof(ofStage: number) != nil {
      states.add(name, .success)
    }
    for name in records.listedAsCompleted { states.add(name, .success) }
    for name in records.listedAsFailed {
      states.add(name, .failed)
      guard let status = states[name], status != .failed else { continue }
      let told = recorded[name] == nil ? "which came to succeed" : "whose status is \(status.rawValue)"
      problems.append(.info("failed_stages still names \(name), \(told); the lists do not count"))
    }
    for name in records.listedAsSkipped { states.add(name, .skipped) }
    let known = StageFiles.names.filter { states[$0] != nil }
    let ordered = Self.inOrder(states.all.map(\.name), known)
    completed = ordered.filter { states[$0] == .success }
    failed = ordered.filter { states[$0] == .failed }
    let isWhole = muxIsOff || Self.isWholeList(manifest, records)
    status = Self.status(manifest?.recordedStatus, states, isWhole: isWhole)
    isUntouched = states.all.isEmpty && [nil, .pending].contains(manifest?.recordedStatus)
    if manifest?.recordedStatus == .completed, status == .interrupted {
      let what = "recorded as completed, and mux neither succeeded nor left a film"
      problems.append(.warning("\(what): it counts as interrupted"))
    }
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

  /// Whether the manifest lists all stages that were to be done beforehand, and all were.
  private static func isWholeList(_ manifest: Manifest?, _ records: OldRecords) -> Bool {
    manifest?.document["stages"]?.array != nil && records.all.count > 1
      && records.all.allSatisfy { $0.verdict == .success || $0.verdict == .skipped }
  }

  /// - Parameter isWhole: whether there was nothing else to be done.
  private static func status(
    _ recorded: PipelineStatus?, _ states: StageStates, isWhole: Bool
  ) -> PipelineStatus {
    let failed = states.all.filter { $0.status == .failed }.map(\.name)
    let hard = failed.filter { !StageFiles.optional.contains($0) }
    let isOpen = states.contains(.running)
    if states["mux"] == .success, hard.isEmpty { return .completed }
    if recorded == .completed, failed.isEmpty, !isOpen {
      // A film of the documented pipeline has come through when its last stage has.
      let isDocumented = StageFiles.names.contains { states[$0] != nil }
      return !isDocumented || isWhole || states["mux"] == .skipped ? .completed : .interrupted
    }
    if !hard.isEmpty || (recorded == .failed && !failed.isEmpty) { return .failed }
    if states.all.isEmpty, let recorded, recorded != .running { return recorded }
    return .interrupted
  }
}
