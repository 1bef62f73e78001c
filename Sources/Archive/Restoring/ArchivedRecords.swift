public import Index
public import Jobs
internal import SeekableTar

extension IndexedJob {
  /// The job's manifest as its archive has it.
  ///
  /// - Throws: ``JobError`` with code `usage` when there is no archive or no manifest in it, `damaged`.
  public func archivedManifest(in workspace: Workspace) throws -> Manifest {
    do {
      return Manifest(document: try JSON(parsing: try archivedFile("manifest.json", in: workspace)))
    } catch let error as JSONSyntaxError {
      throw JobError(.damaged, jobID, "the manifest in its archive is no valid JSON", underlying: error)
    }
  }

  /// A file of the job's folder as its archive has it.
  ///
  /// - Throws: ``JobError`` with code `usage` when there is no archive or no such file in it, `damaged`.
  public func archivedFile(_ name: String, in workspace: Workspace) throws -> [UInt8] {
    guard let archive, let place = ArchivePlace(at: workspace.resolve(documentPath: archive), in: workspace) else {
      throw JobError(.usage, jobID, "has no archive")
    }
    return try telling(archive) {
      let open = try SeekableArchive(place.file(in: workspace))
      guard let member = open.contents.member(try ArchiveNames(place).inOutput(name)) else {
        throw JobError(.usage, archive, "holds no \(name)")
      }
      return try open.bytes(of: member)
    }
  }
}
