internal import Hashing
internal import Jobs
internal import SystemPackage

/// The way back.
extension EntryMove {
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
      if isYearInUse { return "\(entry.path) is now the folder of a year, and other jobs lie in it" }
      if !work.isInPlace, !entry.bearsYear, Steps.isThere(source), Steps.isThere(paths.output) {
        return "\(entry.path) is there again"
      }
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
    } else if Steps.isThere(halfway) {
      root = halfway
    } else if !Steps.isThere(source) {
      return
    }
    openFolders(in: root)
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
    closeInner(in: root)
    if root != source {
      if entry.bearsYear { try freeYear(root) }
      try TreeCopy.move(entry.bearsYear ? halfway : root, to: source)
      TreeCopy.remove(TreeCopy.setAsideName(of: root))
    }
    closeTop(source)
  }

  /// Removes the folder of a year, empty but for this job, which gets its name again.
  private func freeYear(_ root: FilePath) throws {
    if root == paths.output { try TreeCopy.move(root, to: halfway) }
    for folder in ((try? TreeScan(source))?.folders ?? []).reversed() {
      Steps.removeEmpty(source.appending(folder.path))
    }
  }

  /// Whether other jobs lie in the folder of the year that the tree bore the name of.
  private var isYearInUse: Bool {
    guard entry.bearsYear, let scan = try? TreeScan(source) else { return false }
    let own = RawPath(paths.output)
    return scan.filesAndLinks.contains { scan.root.appending($0).below(own) == nil }
  }

  private func removeWritten(in root: FilePath) throws {
    for name in ["job.env", "job_info.json", "manifest.json"] {
      unlinkIfThere(root.appending(".\(name).migrating"))
    }
    for name in work.written where name != "manifest.json" {
      guard let kept = work.kept(name) else {
        unlinkIfThere(root.appending(name))
        continue
      }
      guard Steps.isThere(root.appending(kept)) else { continue }
      unlinkIfThere(root.appending(name))
      try Steps.rename(root.appending(kept), to: root.appending(name))
    }
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
