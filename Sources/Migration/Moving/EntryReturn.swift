internal import Hashing
internal import Jobs
internal import SystemPackage

/// The way back.
extension EntryMove {
  /// Why it cannot be taken back; `nil` when it can.
  ///
  /// - Parameters:
  ///   - hashes: of what was written; `nil` for one whose move was not finished.
  ///   - documents: make what was written to such a one once more.
  func refusal(_ hashes: WrittenHashes?, _ documents: NewDocuments?) -> String? {
    guard !work.isInPlace || Steps.isThere(source) else { return "it is gone: it was archived or removed since" }
    if hashes != nil {
      guard Steps.isThere(paths.output) || Steps.isThere(source) else {
        return "it is gone from \(entry.outputDir ?? paths.output.string): it was archived or removed since"
      }
      if isYearInUse { return "\(entry.path) is now the folder of a year, and other jobs lie in it" }
      if !work.isInPlace, !entry.bearsYear, Steps.isThere(source), Steps.isThere(paths.output),
        !TreeCopy.isCopy(paths.output, source)
      {
        return "\(entry.path) is there again"
      }
    }
    if work.isInPlace || Steps.isThere(paths.output), FileLock.isHeld(paths.lock) { return "it is being run" }
    if let changed = changedDocuments(hashes, documents).last {
      return changed == "manifest.json"
        ? "it has been run, or its manifest has been changed, since it was migrated"
        : "its \(changed) has been changed since it was migrated"
    }
    let archives = workspace.archiveRoot.pushing(FilePath(paths.id.date.folders))
    let names = [archives, archives.appending(String(paths.userID))].flatMap { (try? FlatFolder($0).files) ?? [] }
    if let archive = names.first(where: { $0.text.hasPrefix("\(paths.id).") }) {
      return "it has been archived since: \(archive.text)"
    }
    return nil
  }

  /// Puts every byte, name, mode and time back.
  ///
  /// - Parameter others: documents that are not the migration's, which stay.
  func reverse(but others: [String] = []) throws {
    try returnLogs()
    let root = whereabouts
    guard Steps.isThere(root) else { return }
    openFolders(in: root)
    if let prepared = work.prepared {
      let place = root.appending(Self.preparedName)
      if Steps.isThere(place) {
        try restore(work.preparedLinks, in: place)
        try TreeCopy.move(place, to: prepared.path, tell: tell)
      }
      for path in [place, prepared.path] { TreeCopy.clean(around: path) }
    }
    try removeWritten(in: root, but: others)
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
      try TreeCopy.move(entry.bearsYear ? halfway : root, to: source, tell: tell)
    }
    for path in [source, paths.output] + (entry.bearsYear ? [halfway] : []) { TreeCopy.clean(around: path) }
    closeTop(source)
  }

  /// Removes the folder of a year, empty but for this job, which gets its name again.
  private func freeYear(_ root: FilePath) throws {
    if root == paths.output { try TreeCopy.move(root, to: halfway, tell: tell) }
    TreeCopy.clean(around: paths.output)
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

  private func removeWritten(in root: FilePath, but others: [String]) throws {
    for name in ["job.env", "job_info.json", "manifest.json"] {
      unlinkIfThere(root.appending(".\(name).migrating"))
    }
    for name in work.written where name != "manifest.json" && !others.contains(name) {
      guard let kept = work.kept(name) else {
        unlinkIfThere(root.appending(name))
        continue
      }
      guard Steps.isThere(root.appending(kept)) else { continue }
      unlinkIfThere(root.appending(name))
      try Steps.rename(root.appending(kept), to: root.appending(name))
    }
    if others.contains("manifest.json") { return }
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
    for log in work.logs {
      let place = paths.logs.appending(log.name)
      try takeBack(place, to: log.path)
    }
    guard let folder = work.logFolder else { return }
    try restore(work.logLinks, in: paths.logs)
    try takeBack(paths.logs, to: folder.path)
  }

  /// Moves logs back. What came to be where they were stays, and they then do too.
  private func takeBack(_ place: FilePath, to old: FilePath) throws {
    if Steps.isThere(place), !Steps.isThere(old) || TreeCopy.isCopy(place, old) {
      try TreeCopy.move(place, to: old, tell: tell)
    }
    for path in [place, old] { TreeCopy.clean(around: path) }
  }
}
