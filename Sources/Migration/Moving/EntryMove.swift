internal import Glibc
internal import Hashing
internal import Jobs
internal import SystemPackage

/// Carries out what the plan says of one tree, and takes it back. Either may be begun again wherever it was cut off.
struct EntryMove: Sendable {
  let workspace: Workspace
  let entry: MigrationEntry
  let work: EntryWork
  let paths: JobPaths
  let targets: LinkTargets

  /// In a job's folder, what lay in `jobs/`.
  static let preparedName: FilePath.Component = "prepared"

  init?(_ entry: MigrationEntry, in workspace: Workspace, targets: LinkTargets) {
    guard let work = entry.work, let paths = entry.paths(in: workspace) else { return nil }
    (self.workspace, self.entry, self.work, self.paths, self.targets) = (workspace, entry, work, paths, targets)
  }

  var source: FilePath { entry.source.path }
  private var created: Timestamp { entry.created ?? Timestamp(microseconds: 0) }
  var top: TreeScan.Folder? { work.folders.first { $0.path.isEmpty } }

  /// Does it.
  ///
  /// - Returns: the new manifest's SHA-256.
  /// - Throws: ``JobError``; whatever was done is done again, or undone, by the next migration.
  func apply(_ documents: NewDocuments) throws -> String {
    let root = try whereItIs()
    if root == source { try refuseLive() }
    openFolders(in: root)
    for file in work.renames { try Steps.rename(root.appending(file), to: root.appending(newPlace(file))) }
    try repoint(in: root)
    for folder in work.newFolders { try Steps.makeFolder(root.appending(folder), like: top) }
    for link in work.newLinks {
      let target = LinkTargets.relative(from: link.path.folder, to: newPlace(link.target))
      try Steps.link(
        root.appending(link.path), to: target, modified: created.microseconds * 1000, like: top)
    }
    let hash = try write(documents, in: root)
    if let prepared = work.prepared { try move(prepared.path, to: root.appending(Self.preparedName)) }
    for folder in work.newFolders { Steps.setTime(root.appending(folder), created.microseconds * 1000) }
    closeInner(in: root)
    try moveTree(from: root)
    closeTop(paths.output)
    TreeCopy.remove(TreeCopy.setAsideName(of: source))
    try moveLogs()
    return hash
  }

  /// Where the tree lies at this moment.
  private func whereItIs() throws -> FilePath {
    if work.isInPlace { return source }
    if Steps.isThere(halfway) { return halfway }
    if entry.bearsYear, Steps.isThere(paths.output), isYearFolder { return paths.output }
    switch (Steps.isThere(source), Steps.isThere(paths.output)) {
    case (true, false): return source
    case (false, true): return paths.output
    case (false, false):
      throw JobError(.io, source.string, "is gone", remedy: "Somebody moved or removed it since the plan was made.")
    case (true, true):
      // A copy that was finished before its original could go.
      let copied = try? DurableFile.read(paths.manifest)
      if let copied, copied == (try? DurableFile.read(source.appending("manifest.json"))) {
        TreeCopy.remove(source)
        return paths.output
      }
      throw JobError(
        .io, paths.output.string, "is there already: \(entry.path) stays where it is",
        remedy: "Make a new plan: cpwx migrate --from-legacy -n")
    }
  }

  /// Where a tree that bears a year's name waits while that year's folder is made, maybe for itself.
  var halfway: FilePath {
    source.removingLastComponent().appending(".leaving-\(source.lastComponent?.string ?? "")")
  }

  /// Whether what lies where the tree lay has become the folder of a year's jobs.
  private var isYearFolder: Bool {
    guard let inner = try? FlatFolder(source) else { return false }
    return inner.files.isEmpty && inner.links.isEmpty && inner.folders.allSatisfy(\.isMonth)
  }

  private func moveTree(from root: FilePath) throws {
    if root == paths.output { return }
    var from = root
    if entry.bearsYear, root == source {
      try Steps.rename(source, to: halfway)
      from = halfway
    }
    try makeFolder(paths.output.removingLastComponent())
    try TreeCopy.move(from, to: paths.output)
    TreeCopy.remove(TreeCopy.setAsideName(of: from))
  }

  private func refuseLive() throws {
    for name in [".cpwx.lock", ".manifest.lock"] where FileLock.isHeld(source.appending(name)) {
      throw JobError(
        .locked, source.string, "is being run: its lock is held",
        remedy: "It is left as it is. Migrate again when it has ended.")
    }
  }

  func newPlace(_ file: RawPath) -> RawPath { work.newPlace(of: file, id: paths.id) }

  /// Lets their owner change folders that are closed to him, too.
  func openFolders(in root: FilePath) {
    for folder in work.folders where folder.isClosed { Steps.setMode(root.appending(folder.path), folder.mode | 0o700) }
  }

  /// Gives the folders below the top one the mode and the time that they had.
  func closeInner(in root: FilePath) {
    for folder in work.folders.reversed() where !folder.path.isEmpty { close(folder, in: root) }
  }

  /// The same for the top one, which must be open for as long as it is moved.
  func closeTop(_ root: FilePath) {
    if let top { close(top, in: root) }
  }

  private func close(_ folder: TreeScan.Folder, in root: FilePath) {
    let path = root.appending(folder.path)
    Steps.setTime(path, folder.modified)
    if folder.isClosed { Steps.setMode(path, folder.mode) }
  }

  private func repoint(in root: FilePath) throws {
    guard !work.links.isEmpty else { return }
    let new = RawPath(Self.realFolder(paths.output.removingLastComponent())).appending(paths.id.description)
    let old = RawPath(Self.realFolder(source.removingLastComponent())).appending(entry.source.name)
    for link in work.links {
      let target = targets.target(
        of: link.target, in: old.appending(link.path.folder), afterwardsIn: new.appending(link.path.folder))
      guard target != link.target else { continue }
      try Steps.link(root.appending(newPlace(link.path)), to: target, modified: link.modified, like: top)
    }
  }

  /// A folder's path with no links in it, be it there or still to be made.
  private static func realFolder(_ folder: FilePath) -> FilePath {
    if let real = realPath(folder) { return real }
    guard let name = folder.lastComponent else { return folder }
    return realFolder(folder.removingLastComponent()).appending(name)
  }

  private func write(_ documents: NewDocuments, in root: FilePath) throws -> String {
    let manifest = root.appending("manifest.json")
    for (name, kept) in [("manifest.json", work.keptManifest)] + work.keptOthers {
      guard let kept, !Steps.isThere(root.appending(kept)) else { continue }
      try Steps.rename(root.appending(name), to: root.appending(kept))
    }
    let owner: FilePermissions = [.ownerReadWrite]
    let open: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
    if work.written.contains("job.env") {
      let settings = try documents.settings(at: ownSettings(in: root))
      try Steps.write(settings, to: root.appending("job.env"), mode: owner, like: top, at: created)
    }
    if work.written.contains("job_info.json") {
      let old = work.kept("job_info.json").flatMap { try? JobInfo(reading: root.appending($0)) }
      try Steps.write(documents.info(old), to: root.appending("job_info.json"), mode: open, like: top, at: created)
    }
    let old = work.keptManifest.flatMap { OldManifest(wholeAt: root.appending($0)).manifest }
    let bytes = documents.manifest(in: root, old)
    try Steps.write(bytes, to: manifest, mode: open, like: top, at: created)
    return SHA256.hex(of: bytes)
  }

  /// Where the tree's own settings lie at this moment; `nil` where it has none.
  private func ownSettings(in root: FilePath) -> FilePath? {
    guard let settings = work.env else { return nil }
    if let inner = settings.below(entry.source) {
      return root.appending(work.kept(inner.text).map { RawPath($0) } ?? newPlace(inner))
    }
    if let prepared = work.prepared, let inner = settings.below(prepared), !Steps.isThere(prepared.path) {
      return root.appending(Self.preparedName).appending(inner)
    }
    return settings.path
  }

  private func move(_ from: FilePath, to: FilePath) throws {
    if Steps.isThere(from) {
      try TreeCopy.move(from, to: to)
    } else if !Steps.isThere(to) {
      throw JobError(.io, from.string, "is gone", remedy: "Somebody moved or removed it since the plan was made.")
    }
  }

  private func moveLogs() throws {
    if let folder = work.logFolder {
      try makeFolder(paths.logs.removingLastComponent())
      try move(folder.path, to: paths.logs)
    }
    if work.logs.isEmpty { return }
    try makeFolder(paths.logs)
    // One that somebody has removed since is no reason to stop.
    for log in work.logs where Steps.isThere(log.path) {
      try TreeCopy.move(log.path, to: paths.logs.appending(log.name))
    }
  }
}
