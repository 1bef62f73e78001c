internal import Jobs
internal import SystemPackage

/// Moves trees by their entries in the journal, several at a time.
struct TreeMover: Sendable {
  let workspace: Workspace
  let journal: MigrationJournal
  let inputs: InputFilms
  let targets: LinkTargets
  let env: JobEnvTemplate
  let tell: @Sendable (String) -> Void

  /// What became of one tree.
  struct Made: Sendable {
    var move: EntryMove
    var documents: NewDocuments
    var hashes: Result<WrittenHashes, JobError>
    /// What is to be brought to the disk, of a tree that was moved.
    var devices = Devices()
  }

  /// - Parameters:
  ///   - journal: says with what it was begun; one of an earlier version, of what is so today.
  ///   - input: the folder of films by then.
  init(
    _ workspace: Workspace, _ journal: MigrationJournal, input: FilePath, targets: LinkTargets,
    tell: @escaping @Sendable (String) -> Void
  ) {
    (self.workspace, self.journal, self.targets, self.tell) = (workspace, journal, targets, tell)
    inputs = InputFilms(in: journal.input?.path ?? input)
    env = journal.env ?? JobEnvTemplate(of: workspace.config)
  }

  func move(of entry: MigrationEntry) -> (EntryMove, NewDocuments)? {
    guard let move = EntryMove(entry, in: workspace, targets: targets, tell: tell) else { return nil }
    let documents = NewDocuments(
      workspace: workspace, entry: entry, work: move.work, paths: move.paths, inputs: inputs, targets: targets,
      env: env, migration: journal.id)
    return (move, documents)
  }

  /// - Parameter blocked: years whose folder is a film's directory that could not make way.
  func move(at offset: Int64, butNotInto blocked: Set<Int>) -> Result<Made?, any Error> {
    Result {
      let entry = try journal.entry(at: offset)
      guard let (move, documents) = move(of: entry) else { return nil }
      do {
        if blocked.contains(move.paths.id.date.year) { throw refusal(of: move) }
        var made = Made(move: move, documents: documents, hashes: .success(try move.apply(documents)))
        made.devices.add(move.paths.output)
        made.devices.add(entry.source.path.removingLastComponent())
        if !move.work.logs.isEmpty { made.devices.add(move.paths.logs) }
        return made
      } catch {
        let error =
          error as? JobError ?? Steps.failed(entry.source.path, "cannot be moved to \(move.paths.output)", error)
        return Made(move: move, documents: documents, hashes: .failure(error))
      }
    }
  }

  private func refusal(of move: EntryMove) -> JobError {
    let folder = workspace.documentPath(workspace.outputRoot.appending(String(move.paths.id.date.year)))
    return JobError(
      .io, move.source.string, "belongs into \(folder), which is a film's directory that could not make way",
      remedy: "See why that one stays, and migrate again; or rename it.")
  }
}
