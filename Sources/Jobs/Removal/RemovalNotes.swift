internal import SystemPackage

/// `.cpwx/removals`: a note of each removal that was begun, so that those cut short are found again without a walk
/// through all the jobs there are.
struct RemovalNotes {
  let workspace: Workspace

  private var folder: FilePath { workspace.stateFolder.appending("removals") }

  /// Notes a removal before it begins. Durable on return.
  ///
  /// - Returns: the note, which goes when nothing is left to do.
  /// - Throws: ``JobError`` with code `io`.
  func begin(_ tombstone: Tombstone) throws -> FilePath {
    try makeFolder(folder)
    let serial = String(UInt32.random(in: .min ... .max), radix: 36)
    let note = folder.appending("\(tombstone.name)-\(serial)")
    try DurableFile.write(Array(workspace.documentPath(tombstone.folder).utf8), to: note)
    return note
  }

  /// The removals that were begun and have not ended; notes of those that have ended go.
  func all() -> [(note: FilePath, tombstone: Tombstone)] {
    Leftovers.sweep(folder)
    return names(in: folder).filter { !$0.hasPrefix(".") }.compactMap { name in
      let note = folder.appending(name)
      guard let bytes = try? DurableFile.read(note),
        let tombstone = Tombstone(at: workspace.resolve(documentPath: String(decoding: bytes, as: UTF8.self)))
      else { return nil }
      if exists(tombstone.folder) { return (note, tombstone) }
      // Whoever is about to rename the job has it in hand.
      let job = tombstone.folder.removingLastComponent().appending(tombstone.name)
      if !FileLock.isHeld(job.appending(JobPaths.lockName)) { unlink(note) }
      return nil
    }
  }
}
