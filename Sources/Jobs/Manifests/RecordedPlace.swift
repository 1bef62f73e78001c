public import SystemPackage

extension Manifest {
  /// Where a file is that the manifest in `folder` records.
  ///
  /// Other writers record absolute paths, of another host or as containers see them, and workspaces are moved: where
  /// nothing is at the recorded path, what comes there after the job's own folder is looked for in `folder`.
  public func place(of recorded: String, in folder: FilePath) -> (path: FilePath, isElsewhere: Bool) {
    let path = resolve(recorded, against: folder)
    if exists(path) { return (path, false) }
    guard let here = place(of: path, below: folder) else { return (path, false) }
    return exists(here) ? (here, true) : (path, false)
  }

  /// The same for a file in the job's folder that may be gone; `nil` for one that was recorded elsewhere, which may be
  /// another job's as well.
  public func ownPlace(of recorded: String, in folder: FilePath) -> FilePath? {
    let path = resolve(recorded, against: folder).lexicallyNormalized()
    return path.starts(with: folder) ? path : place(of: path, below: folder)
  }

  /// What comes in a path after the job's own folder, in `folder`.
  private func place(of path: FilePath, below folder: FilePath) -> FilePath? {
    let own = Set(
      [document["output_dir"], document["movie_dir"], document["job_id"]]
        .compactMap { $0?.string.flatMap { FilePath($0).lastComponent?.string } }
        + [folder.lastComponent?.string].compactMap { $0 })
    let parts = path.components.map(\.string)
    guard let place = parts.lastIndex(where: own.contains), place + 1 < parts.count else { return nil }
    return folder.pushing(FilePath(parts[(place + 1)...].joined(separator: "/")))
  }
}
