public import Index
public import Jobs
internal import SeekableTar

extension ArchiveFile {
  /// The manifest of the job in it, its settings, and what files it has.
  ///
  /// - Throws: ``JobError`` with code `usage` when it is of no job, `damaged`.
  public func documents() throws -> (manifest: Manifest, env: [UInt8], content: JobContent) {
    guard let archive = try open(), let content = JobContent(of: archive) else {
      throw JobError(.usage, name, "holds no job's manifest")
    }
    func bytes(_ record: String) throws -> [UInt8]? {
      try content.member(record).map { member in try telling(name) { try archive.bytes(of: member) } }
    }
    do {
      let manifest = Manifest(document: try JSON(parsing: try bytes("manifest.json") ?? []))
      return (manifest, try bytes("job.env") ?? [], content)
    } catch let error as JSONSyntaxError {
      throw JobError(.damaged, name, "the manifest in it is no valid JSON", underlying: error)
    }
  }
}

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
