public import Jobs
internal import SystemPackage

/// Finds the film of a job that was done, wherever it lies now: by its content.
public enum FilmSearch {
  /// - Parameter input: what the job's manifest says of its film.
  /// - Returns: the same for the film as it lies now.
  /// - Throws: ``JobError``: with code `usage` when it is in none of the folders looked into, `damaged` when the manifest
  ///   names no film.
  public static func input(_ input: JSON, in workspace: Workspace) throws -> JSON {
    guard let file = input["file"]?.string else {
      throw JobError(
        .damaged, "manifest.json", "names no film to go on with", remedy: "Run the film itself: cpwx run FILE")
    }
    let recorded = workspace.resolve(documentPath: file)
    let (size, hash) = (input["size_bytes"]?.int, input["sha256"]?.string)
    var places = [recorded]
    places += (try? MediaFiles.find(at: workspace.inputRoot, outside: workspace.ownFolders).files.map(\.path)) ?? []
    // It may be called anything by now.
    if let size { places += files(of: size, below: workspace.inputRoot, outside: workspace.ownFolders) }
    var seen: Set<FilePath> = []
    for place in places where seen.insert(place).inserted {
      guard let status = try? FileStatus(of: place), status.isRegular, size.map({ $0 == status.size }) ?? true else {
        continue
      }
      let identity = try FilmIdentity(hashing: place, stop: nil)
      // A job of another writer knows no content: its path is all there is.
      guard hash.map({ $0 == identity.sha256 }) ?? (place == recorded) else { continue }
      var found = input
      found["file"] = .string(workspace.documentPath(place))
      identity.record(in: &found)
      return found
    }
    throw JobError(
      .usage, file, "is not there, and no file below \(workspace.inputRoot) has its content",
      remedy: "Put the film there under any name, and run this again.")
  }

  /// All files of a size, hidden ones too. Links are not followed.
  private static func files(of size: Int, below folder: FilePath, outside: [FilePath]) -> [FilePath] {
    names(in: folder).map { folder.appending($0) }.flatMap { path -> [FilePath] in
      guard !outside.contains(path), let status = try? FileStatus(ofLink: path) else { return [] }
      if status.isDirectory { return files(of: size, below: path, outside: outside) }
      return status.isRegular && status.size == size ? [path] : []
    }
  }
}
