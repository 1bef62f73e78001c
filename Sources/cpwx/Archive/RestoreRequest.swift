internal import Archive
internal import Index
internal import Jobs
internal import SeekableTar
internal import SystemPackage

/// The archives that a `cpwx archive restore` is about.
struct RestoreRequest {
  private let workspace: Workspace
  private let files: [ArchiveFile]
  /// Where the jobs go, instead of into the workspace.
  private let folder: FilePath?
  private let restoration: JobRestoration
  private let isQuiet: Bool

  /// - Throws: ``JobError`` with code `usage` when a name fits no archive; nothing is then restored.
  init(_ command: ArchiveRestoreCommand, in workspace: Workspace) throws {
    files = try command.jobs.reduce(into: []) { files, name in
      let file = try ArchiveFile(named: name, in: { workspace }, notice: .console)
      // Named twice it is one job.
      if !files.contains(where: { $0.file == file.file }) { files.append(file) }
    }
    folder = command.to.map { absolute(FilePath($0)) }
    var restoration = JobRestoration(in: workspace, to: folder)
    (restoration.replaces, restoration.salvages) = (command.replace, command.salvage)
    self.restoration = restoration
    (self.workspace, isQuiet) = (workspace, command.workOptions.quiet)
  }

  /// Restores one job after the other; trouble with one does not keep the others.
  func run() throws -> RestoreResults {
    let inWorkspace = ArchiveRecovery.run(in: workspace) { Console.error("\($0)") }
    let finished = folder == nil ? inWorkspace : restoration.finishInterrupted { Console.error("\($0)") }
    let interruption = try ArchiveInterruption()
    var results = RestoreResults()
    for file in files {
      var row = file.indexed?.document(in: workspace) ?? ["archive": .string(file.name)]
      (row["status"], row["reason"]) = (.string("restored"), .null)
      // The folder in the workspace is not the one that it is restored into.
      if folder != nil { row["output_dir"] = .null }
      do {
        try interruption.check()
        if let relative = file.place?.relative, finished.contains(relative) {
          row["reason"] = .string("what was begun earlier is finished")
        } else {
          let outcome = try restore(file, interruption)
          tell(outcome, of: file)
          note(outcome, in: &row)
          if outcome.isSalvaged { results.causes.insert(ExitStatus.damaged.rawValue) }
        }
      } catch is CancellationError {
        if results.interruption == nil { Console.error("Stopped. What was not restored yet is as it was.") }
        results.interruption = interruption.exitStatus
        (row["status"], row["reason"]) = (.string("failed"), .string("stopped"))
      } catch {
        let error = error as? JobError ?? JobError(.io, file.name, "cannot be put in place", underlying: error)
        Console.error("\(error)")
        (row["status"], row["reason"]) = (.string("failed"), .string(error.reason))
        results.causes.insert(ExitStatus(error.code).rawValue)
      }
      results.rows.append(row)
    }
    return results
  }

  private func restore(_ file: ArchiveFile, _ interruption: ArchiveInterruption) throws -> JobRestoration.Outcome {
    let meter = ByteMeter("restoring \(file.indexed?.jobID ?? file.name)", isQuiet: isQuiet)
    defer { meter.close() }
    var restoration = restoration
    restoration.progress = { done, total in
      try interruption.check()
      meter.show(done, of: total)
    }
    return try restoration.restore(file)
  }

  private func note(_ outcome: JobRestoration.Outcome, in row: inout JSON) {
    row["output_dir"] = .string(folder == nil ? workspace.documentPath(outcome.output) : outcome.output.string)
    (row["members"], row["bytes"]) = (.int(outcome.members), .int(outcome.bytes))
    row["lost"] = .strings(outcome.damaged.map(\.path.text))
    guard outcome.isSalvaged else { return }
    row["status"] = .string("salvaged")
    let lost = outcome.damaged.count == 1 ? "1 member is lost" : "\(outcome.damaged.count) members are lost"
    row["reason"] = .string(
      outcome.damaged.isEmpty
        ? outcome.problems.first : outcome.isCutShort ? "\(lost), and whatever came after the last good one" : lost)
  }

  private func tell(_ outcome: JobRestoration.Outcome, of file: ArchiveFile) {
    for path in outcome.aside { Console.note(wrapping: "What was there is now \(path)") }
    for member in outcome.damaged { Console.error("\(file.name): lost: \(member.path): \(member.reason)") }
    for problem in outcome.problems { Console.error("\(file.name): \(problem)") }
    if !isQuiet, !outcome.excluded.isEmpty {
      Console.note(
        wrapping: "Not in the archive, as they were excluded then: \(outcome.excluded.joined(separator: " "))")
    }
  }
}

extension JobRestoration.Outcome {
  /// Whether the archive was damaged, and this is what was still good of it.
  fileprivate var isSalvaged: Bool { !damaged.isEmpty || !problems.isEmpty }
}

/// What became of the jobs that were to be restored.
struct RestoreResults {
  var rows: [JSON] = []
  /// The exit codes of what went wrong.
  var causes: Set<Int32> = []
  /// What the program ends with where it was told to stop before all was done.
  var interruption: ExitStatus?

  func listing() -> Listing {
    Listing(
      rows: rows,
      columns: [
        .init("JOB", key: "job_id"), .init("STATUS", key: "status", style: Style.status),
        .init("SIZE") { $0["bytes"]?.int.map(describeSize) ?? "" }.dispensable(2),
        .init("FOLDER", key: "output_dir", isFlexible: true).cutAtStart.readable(20).dispensable(1),
        .reason { plain($0["reason"] ?? .null) }.rare,
      ])
  }

  /// `nil` when all is restored.
  var exitStatus: ExitStatus? { interruption ?? ExitStatus(sharedBy: causes) }
}
