internal import Jobs
internal import SystemPackage

/// Decides, stage by stage as a run comes to it, whether the stage's earlier result stands.
struct ResumePlan {
  enum Verdict: Equatable {
    case run(because: String)
    /// Its record says success, its outputs are there, its fingerprint holds; or it was skipped, and nothing that led
    /// to that has changed.
    case keep
  }

  private let forced: Set<StageName>
  private let all: [StageDefinition]
  /// Stages that ran or run in this run.
  private var ran: [StageDefinition] = []

  init(_ selection: StageSelection) { (forced, all) = (selection.forced, selection.all) }

  /// Says what becomes of `stage`, which `manifest` has the earlier record of.
  mutating func judge(_ stage: StageDefinition, _ manifest: Manifest, fingerprint: String, in context: JobContext)
    -> Verdict
  {
    let verdict = verdict(stage, manifest, fingerprint, context)
    if case .run = verdict { ran.append(stage) }
    return verdict
  }

  private func verdict(
    _ stage: StageDefinition, _ manifest: Manifest, _ fingerprint: String, _ context: JobContext
  ) -> Verdict {
    if forced.contains(stage.canonicalName) { return .run(because: "asked for") }
    guard let record = manifest.stage(stage.name), let status = record.status else {
      return .run(because: "it has not run")
    }
    if let earlier = ran.first(where: { depends(stage, on: $0, context) }) {
      return .run(because: "\(earlier.name) ran again")
    }
    switch status {
    case .failed: return .run(because: record.isInterrupted ? "it was interrupted" : "it failed")
    case .running: return .run(because: "it was interrupted")
    case .success, .skipped:
      // Records of other orchestrators have no fingerprint; their outputs must speak for them.
      if let recorded = record.fingerprint, recorded != fingerprint {
        return .run(because: "its settings, command or inputs have changed")
      }
      if record.fields["switched_off"]?.bool == true { return .run(because: "it was switched off and is on again") }
      if status == .skipped { return verdict(ofSkipped: stage, record, manifest, context) }
      let reason = missingOutput(of: stage, record, context) ?? missingRecorded(stage, record, manifest, context)
      return reason.map { .run(because: $0) } ?? .keep
    }
  }

  /// A stage that matters is not left out for good because it was optional when it failed, or because another
  /// orchestrator, whose skipped stages are failures, too, came no further.
  private func verdict(
    ofSkipped stage: StageDefinition, _ record: StageRecord, _ manifest: Manifest, _ context: JobContext
  ) -> Verdict {
    guard stage.critical else { return .keep }
    if record.reason?.hasPrefix(optionalFailure) == true { return .run(because: "it failed, and is optional no more") }
    let isPassed = all.contains { $0.number > stage.number && manifest.stage($0.name)?.status == .success }
    guard record.fingerprint == nil, !isPassed else { return .keep }
    return missingOutput(of: stage, record, context).map { .run(because: "it was skipped, and \($0)") } ?? .keep
  }

  /// Whether `stage` reads what `earlier` makes; one that declares no inputs may read anything.
  private func depends(_ stage: StageDefinition, on earlier: StageDefinition, _ context: JobContext) -> Bool {
    guard let inputs = stage.inputs else { return true }
    let made = earlier.outputs.map { context.path(of: $0, earlier) }
    return inputs.contains { input in
      let read = context.path(of: input, stage)
      return made.contains { $0.starts(with: read) || read.starts(with: $0) }
    }
  }

  private func missingOutput(of stage: StageDefinition, _ record: StageRecord, _ context: JobContext) -> String? {
    for output in stage.outputs {
      let path = context.path(of: output, stage)
      let recorded = record.outputs.first { $0.key == output.key }?.file
      guard let status = try? FileStatus(of: path) else {
        if output.optional && recorded?.exists != true { continue }
        return "its output \(output.path) is gone"
      }
      if let size = recorded?.size, !status.isDirectory, size != status.size {
        return "its output \(output.path) has \(status.size) bytes where \(size) were recorded"
      }
    }
    return nil
  }

  /// The same for files in the job's folder that the stage itself recorded and the pipeline does not declare: of these
  /// none may be gone, or empty where it was not. Somebody may have mended them by hand, and that is to last.
  ///
  /// Other orchestrators' records, and files that a later stage has recorded as its own, say nothing.
  private func missingRecorded(
    _ stage: StageDefinition, _ record: StageRecord, _ manifest: Manifest, _ context: JobContext
  ) -> String? {
    if record.fingerprint == nil { return nil }
    let folder = context.paths.output
    func place(_ file: RecordedFile) -> FilePath? { file.path.flatMap { manifest.ownPlace(of: $0, in: folder) } }
    let own = record.outputs.filter { output in
      output.file.exists != false && output.file.size != nil && !stage.outputs.contains { $0.key == output.key }
    }
    if own.isEmpty { return nil }
    let number = record.fields["stage_number"]?.int ?? stage.number
    let later = manifest.stages.filter { ($0.fields["stage_number"]?.int ?? 0) > number }
    let taken = Set(later.flatMap { $0.outputs.compactMap { place($0.file) } })
    for output in own {
      guard let path = place(output.file), !taken.contains(path) else { continue }
      var shown = path
      _ = shown.removePrefix(folder)
      guard let status = try? FileStatus(of: path) else { return "its recorded output \(shown) is gone" }
      if let size = output.file.size, size > 0, !status.isDirectory, status.size == 0 {
        return "its recorded output \(shown) has no byte where \(size) were recorded"
      }
    }
    return nil
  }
}
