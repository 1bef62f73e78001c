internal import Glibc
internal import Hashing
internal import Jobs
internal import SystemPackage

/// Carries out what the plan says of one tree, and takes it back. Either may be begun again wherever it was cut off.
struct EntryMove {
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

  private var source: FilePath { entry.source.path }
  private var created: Timestamp { entry.created ?? Timestamp(microseconds: 0) }
  private var top: TreeScan.Folder? { work.folders.first { $0.path.isEmpty } }

  /// Does it.
  ///
  /// - Returns: the new manifest's SHA-256.
  /// - Throws: ``JobError``; whatever was done is done again, or undone, by the next migration.
  func apply(_ inputs: InputFilms, migration: String) throws -> String {
    let root = try whereItIs()
    if root == source { try refuseLive() }
    try makeFolder(paths.output.removingLastComponent())
    openFolders(in: root)
    for file in work.renames { try Steps.rename(root.appending(file), to: root.appending(newPlace(file))) }
    try repoint(in: root)
    for folder in work.newFolders { try Steps.makeFolder(root.appending(folder), like: top) }
    for link in work.newLinks {
      let target = LinkTargets.relative(from: link.path.folder, to: newPlace(link.target))
      try Steps.link(
        root.appending(link.path), to: target, modified: created.microseconds * 1000, like: top)
    }
    let hash = try write(in: root, inputs, migration)
    if let prepared = work.prepared { try move(prepared.path, to: root.appending(Self.preparedName)) }
    for folder in work.newFolders { Steps.setTime(root.appending(folder), created.microseconds * 1000) }
    closeFolders(in: root, butTop: true)
    if root == source, !work.isInPlace { try TreeCopy.move(source, to: paths.output) }
    closeFolders(in: paths.output, butTop: false)
    TreeCopy.remove(TreeCopy.setAsideName(of: source))
    try moveLogs()
    return hash
  }

  /// Where the tree lies at this moment.
  private func whereItIs() throws -> FilePath {
    if work.isInPlace { return source }
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

  private func refuseLive() throws {
    for name in [".cpwx.lock", ".manifest.lock"] where FileLock.isHeld(source.appending(name)) {
      throw JobError(
        .locked, source.string, "is being run: its lock is held",
        remedy: "It is left as it is. Migrate again when it has ended.")
    }
  }

  private func newPlace(_ file: RawPath) -> RawPath { work.newPlace(of: file, id: paths.id) }

  /// Lets their owner change folders that are closed to him, too.
  private func openFolders(in root: FilePath) {
    for folder in work.folders where folder.mode & 0o700 != 0o700 {
      Steps.setMode(root.appending(folder.path), folder.mode | 0o700)
    }
  }

  /// Gives folders the mode and the time that they had.
  private func closeFolders(in root: FilePath, butTop: Bool) {
    for folder in work.folders.reversed() where !butTop || !folder.path.isEmpty {
      let path = root.appending(folder.path)
      Steps.setTime(path, folder.modified)
      Steps.setMode(path, folder.mode)
    }
  }

  private func repoint(in root: FilePath) throws {
    guard !work.links.isEmpty, let parent = realPath(paths.output.removingLastComponent()),
      let oldParent = realPath(source.removingLastComponent()) ?? Optional(source.removingLastComponent())
    else { return }
    let new = RawPath(parent).appending(paths.id.description)
    let old = RawPath(oldParent).appending(entry.source.name)
    for link in work.links {
      let target = targets.target(
        of: link.target, in: old.appending(link.path.folder), afterwardsIn: new.appending(link.path.folder))
      guard target != link.target else { continue }
      try Steps.link(root.appending(newPlace(link.path)), to: target, modified: link.modified, like: top)
    }
  }

  private func write(in root: FilePath, _ inputs: InputFilms, _ migration: String) throws -> String {
    let documents = NewDocuments(
      workspace: workspace, entry: entry, work: work, paths: paths, inputs: inputs, migration: migration)
    let manifest = root.appending("manifest.json")
    if let kept = work.keptManifest, !Steps.isThere(root.appending(kept)) {
      try Steps.rename(manifest, to: root.appending(kept))
    }
    let owner: FilePermissions = [.ownerReadWrite]
    let open: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
    if work.written.contains("job.env") {
      try Steps.write(documents.env(), to: root.appending("job.env"), mode: owner, like: top, at: created)
    }
    if work.written.contains("job_info.json") {
      try Steps.write(documents.info(), to: root.appending("job_info.json"), mode: open, like: top, at: created)
    }
    let old = work.keptManifest.flatMap { OldManifest(in: root, whole: true, name: $0).manifest }
    let bytes = documents.manifest(in: root, old)
    try Steps.write(bytes, to: manifest, mode: open, like: top, at: created)
    return SHA256.hex(of: bytes)
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

  // MARK: Back

  /// Why it cannot be taken back; `nil` when it can.
  ///
  /// - Parameter hash: of the manifest that was written; `nil` for one whose move was not finished.
  func refusal(_ hash: String?) -> String? {
    guard !work.isInPlace || Steps.isThere(source) else { return "it is gone: it was archived or removed since" }
    if let hash {
      guard Steps.isThere(paths.output) || Steps.isThere(source) else {
        return "it is gone from \(entry.outputDir ?? paths.output.string): it was archived or removed since"
      }
      if FileLock.isHeld(paths.lock) { return "it is being run" }
      if Steps.isThere(paths.output), let now = try? DurableFile.read(paths.manifest), SHA256.hex(of: now) != hash,
        !isHalfBack
      {
        return "it has been run, or its manifest has been changed, since it was migrated"
      }
      if !work.isInPlace, Steps.isThere(source), Steps.isThere(paths.output) { return "\(entry.path) is there again" }
    }
    let archives = workspace.archiveRoot.pushing(FilePath(paths.id.date.folders))
    let names = [archives, archives.appending(String(paths.userID))].flatMap { (try? FlatFolder($0).files) ?? [] }
    if let archive = names.first(where: { $0.text.hasPrefix("\(paths.id).") }) {
      return "it has been archived since: \(archive.text)"
    }
    return nil
  }

  /// Whether taking it back had begun: its old manifest has its name again.
  private var isHalfBack: Bool {
    guard let kept = work.keptManifest else { return false }
    return !Steps.isThere(paths.output.appending(kept))
  }

  /// Puts every byte, name, mode and time back.
  func reverse() throws {
    try returnLogs()
    var root = source
    if !work.isInPlace, Steps.isThere(paths.output) {
      root = paths.output
    } else if !Steps.isThere(source) {
      return
    }
    openFolders(in: root)
    if let top, !work.isInPlace, root == paths.output { Steps.setMode(root, top.mode | 0o700) }
    if let prepared = work.prepared, Steps.isThere(root.appending(Self.preparedName)) {
      try TreeCopy.move(root.appending(Self.preparedName), to: prepared.path)
    }
    try removeWritten(in: root)
    for link in work.newLinks where Steps.read(link: root.appending(link.path)) != nil {
      unlink(root.appending(link.path))
    }
    for folder in work.newFolders.reversed() { Steps.removeEmpty(root.appending(folder)) }
    for link in work.links {
      let places = [newPlace(link.path), link.path].map { root.appending($0) }
      if let place = places.first(where: { Steps.isThere($0) }) {
        try Steps.link(place, to: link.target, modified: link.modified, like: top)
      }
    }
    for file in work.renames where Steps.isThere(root.appending(newPlace(file))) {
      try Steps.rename(root.appending(newPlace(file)), to: root.appending(file))
    }
    closeFolders(in: root, butTop: true)
    if root != source {
      try TreeCopy.move(root, to: source)
      TreeCopy.remove(TreeCopy.setAsideName(of: root))
    }
    closeFolders(in: source, butTop: false)
  }

  private func removeWritten(in root: FilePath) throws {
    for name in ["job.env", "job_info.json", "manifest.json"] {
      unlinkIfThere(root.appending(".\(name).migrating"))
    }
    for name in work.written where name != "manifest.json" { unlinkIfThere(root.appending(name)) }
    let manifest = root.appending("manifest.json")
    guard let kept = work.keptManifest else { return unlinkIfThere(manifest) }
    guard Steps.isThere(root.appending(kept)) else { return }
    unlinkIfThere(manifest)
    try Steps.rename(root.appending(kept), to: manifest)
  }

  private func unlinkIfThere(_ path: FilePath) {
    if Steps.isThere(path) { unlink(path) }
  }

  private func returnLogs() throws {
    for log in work.logs where Steps.isThere(paths.logs.appending(log.name)) && !Steps.isThere(log.path) {
      try TreeCopy.move(paths.logs.appending(log.name), to: log.path)
    }
    if let folder = work.logFolder, Steps.isThere(paths.logs), !Steps.isThere(folder.path) {
      try TreeCopy.move(paths.logs, to: folder.path)
    }
  }
}
