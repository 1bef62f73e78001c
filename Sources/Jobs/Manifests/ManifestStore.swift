public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The one way to change a manifest.json: under its lock, from what the file says now, replaced in one step.
///
/// Stages write the same file, some of them without the lock; what they wrote is read again before every change.
public struct ManifestStore: Sendable {
  public let path: FilePath

  /// Microseconds between looks at a file that does not parse: most writers need a moment, few a second.
  var pauses: [UInt32] = [0, 20_000, 80_000, 200_000, 300_000, 400_000]

  public init(_ path: FilePath) { self.path = path }

  public init(jobFolder: FilePath) { path = jobFolder.appending("manifest.json") }

  /// Changes the manifest.
  ///
  /// - Parameters:
  ///   - fallback: what to start from when there is no manifest, or only a damaged one. A damaged file is set aside
  ///     beside itself, never removed.
  ///   - noteDamage: told of the file that was set aside.
  ///   - meanwhile: called once the change is decided and before it is durable, with the lock held: work that may
  ///     overlap the disk's.
  /// - Returns: the manifest as written.
  /// - Throws: ``JobError``; the old file then stands.
  @discardableResult
  public func update(
    orElse fallback: @autoclosure () -> Manifest, noteDamage: (FilePath) -> Void = { _ in },
    meanwhile: () throws -> Void = {},
    _ change: (inout Manifest) throws -> Void
  ) throws -> Manifest {
    let folder = path.removingLastComponent()
    let lock = try FileLock.wait(for: folder.appending(".manifest.lock"))
    let seen = try? FileStatus(of: path)
    var manifest = try readPatiently(noteDamage) ?? fallback()
    try change(&manifest)
    var staged = try DurableFile.stage(manifest.document.bytes(), for: path)
    do {
      try meanwhile()
    } catch {
      staged.discard()
      throw error
    }
    try staged.sync()
    if seen != (try? FileStatus(of: path)) {
      // Somebody without the lock has written meanwhile: the change is made again, on what they wrote.
      staged.discard()
      manifest = try readPatiently(noteDamage) ?? fallback()
      try change(&manifest)
      staged = try DurableFile.stage(manifest.document.bytes(), for: path)
      try staged.sync()
    }
    try staged.place()
    _ = consume lock
    return manifest
  }

  /// The manifest, or `nil` when there is none or it was damaged and is now set aside.
  ///
  /// A writer that does not lock may be in the middle of its write: what does not parse is read again for a second.
  private func readPatiently(_ noteDamage: (FilePath) -> Void) throws -> Manifest? {
    for pause in pauses {
      if pause > 0 { usleep(pause) }
      do {
        guard exists(path) else { return nil }
        let manifest = try Manifest(reading: path)
        if manifest.hasRoomForStages { return manifest }
      } catch let error as JobError where error.code == .damaged {
        continue
      }
    }
    noteDamage(try setAside(path, as: "manifest.json.damaged-\(Timestamp.now.format("%Y%m%dT%H%M%S"))"))
    return nil
  }
}
