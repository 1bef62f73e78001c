internal import Jobs
internal import SystemPackage

/// Looks whether a completed job's results still stand.
struct CompletionCheck {
  let workspace: Workspace
  let selection: StageSelection
  let environment: [String: String]
  let stop: StopSource?

  /// Why a stage of the film's job must run again; `nil` when nothing must.
  ///
  /// - Throws: ``JobError`` when the job's files cannot be read; `CancellationError` when the run is told to end.
  func reasonToRun(_ film: InputDecision, _ job: JobPaths) throws -> String? {
    if !job.hasSettings { return JobRun.lostSettings(of: job, workspace) }
    let manifest = try Manifest(reading: job.manifest)
    let context = try JobContext(
      workspace: workspace, paths: job, input: film.input, title: film.title, year: film.year,
      filmHash: film.identity?.sha256 ?? "", environment: environment)
    var plan = ResumePlan(selection)
    var fingerprints = Fingerprints(stop: stop)
    for stage in selection.wanted where !context.isSwitchedOff(stage) {
      let fingerprint = try fingerprints.fingerprint(
        of: stage, in: context, after: selection.before(stage), manifest)
      if case .run(let because) = plan.judge(stage, manifest, fingerprint: fingerprint, in: context) {
        return "\(job.id) is completed, but \(stage.name) must run again: \(because)"
      }
    }
    return nil
  }
}
