internal import Jobs
internal import Synchronization
internal import SystemPackage

/// Contents of films that no job tells of: copies of others, above all. A film is not read again for them as long as its
/// file is plainly the same.
///
/// `.cpwx/films.json`; what is lost of it is reckoned again.
final class HashMemory: Sendable {
  private struct State {
    var known: [String: FilmIdentity]?
    var hasChanged = false
  }

  private let path: FilePath
  private let state = Mutex(State())

  init(in workspace: Workspace) { path = workspace.stateFolder.appending("films.json") }

  /// The film's identity, read from the film only where it is not remembered.
  ///
  /// - Throws: ``JobError`` with code `io`; `CancellationError` when the run is told to end.
  func identity(of film: FilePath, _ status: FileStatus, stop: StopSource?) throws -> FilmIdentity {
    let remembered = state.withLock { state in
      if state.known == nil { state.known = Self.read(path) }
      return state.known?[film.string]
    }
    if let remembered, remembered.stillFits(status) { return remembered }
    let identity = try FilmIdentity(hashing: film, stop: stop)
    state.withLock { state in
      state.known?[film.string] = identity
      state.hasChanged = true
    }
    return identity
  }

  /// Keeps what is known for the next run; of films that are gone nothing is kept.
  func save() {
    Leftovers.sweep(path.removingLastComponent(), beginning: ".films.json")
    let known = state.withLock { state -> [String: FilmIdentity]? in
      defer { state.hasChanged = false }
      return state.hasChanged ? state.known : nil
    }
    guard let known else { return }
    let films = known.filter { film, identity in (try? FileStatus(of: FilePath(film))).map(identity.stillFits) ?? false
    }
    let entries = films.sorted { $0.key < $1.key }.map { film, identity in
      var entry: JSON = ["file": .string(film)]
      identity.record(in: &entry)
      return entry
    }
    // Not being able to remember costs time, and nothing else.
    _ = try? makeFolder(path.removingLastComponent())
    try? DurableFile.writeFast(JSON.array(entries).bytes(), to: path)
  }

  private static func read(_ path: FilePath) -> [String: FilmIdentity] {
    guard let bytes = try? DurableFile.read(path), let entries = try? JSON(parsing: bytes).array else { return [:] }
    let known = entries.compactMap { entry -> (String, FilmIdentity)? in
      guard let file = entry["file"]?.string, let hash = entry["sha256"]?.string, let size = entry["size_bytes"]?.int,
        let modified = entry["modified_ns"]?.int, let inode = entry["inode"]?.int
      else { return nil }
      let number = UInt64(truncatingIfNeeded: inode)
      return (file, FilmIdentity(sha256: hash, size: size, modified: Int64(modified), inode: number))
    }
    return Dictionary(known, uniquingKeysWith: { $1 })
  }
}
