internal import Jobs

/// Moves trees by their entries in the journal, several at a time.
struct TreeMover: Sendable {
  let workspace: Workspace
  let journal: MigrationJournal
  let inputs: InputFilms
  let targets: LinkTargets
  let env: JobEnvTemplate

  /// What became of one tree.
  struct Made: Sendable {
    var move: EntryMove
    /// The new manifest's hash.
    var hash: Result<String, JobError>
  }

  func move(at offset: Int64) -> Result<Made?, any Error> {
    Result {
      let entry = try journal.entry(at: offset)
      guard let move = EntryMove(entry, in: workspace, targets: targets) else { return nil }
      let documents = NewDocuments(
        workspace: workspace, entry: entry, work: move.work, paths: move.paths, inputs: inputs, env: env,
        migration: journal.id)
      do {
        return Made(move: move, hash: .success(try move.apply(documents)))
      } catch {
        let error =
          error as? JobError ?? Steps.failed(entry.source.path, "cannot be moved to \(move.paths.output)", error)
        return Made(move: move, hash: .failure(error))
      }
    }
  }
}
