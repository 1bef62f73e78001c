internal import Glibc
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
  ///   - isBegun: whether an undo has been at it before, which may have moved it.
  ///   - followed: links, by their whole paths, that a later migration has changed.
  /// - Throws: ``JobError`` with code `io`.
  func refusal(
    _ hashes: WrittenHashes?, _ documents: NewDocuments?, isBegun: Bool, followed: Set<RawPath>
  ) throws -> String? {
    guard !work.isInPlace || Steps.isThere(source) else { return "it is gone: it was archived or removed since" }
    if hashes != nil, !Steps.isThere(paths.output), !isBegun || whereabouts == source && !Steps.isThere(source) {
      return "it is gone from \(entry.outputDir ?? paths.output.string): it was archived or removed since"
    }
    if isYearInUse { return "\(entry.path) is now the folder of a year, and other jobs lie in it" }
    if let original, !TreeCopy.isCopy(paths.output, original) { return "\(entry.path) is there again" }
    if let log = logThereAgain { return "\(workspace.documentPath(log)) is there again" }
    if work.isInPlace || Steps.isThere(paths.output), FileLock.isHeld(paths.lock) { return "it is being run" }
    if let changed = changedDocuments(hashes, documents).last {
      return changed == "manifest.json"
        ? "it has been run, or its manifest has been changed, since it was migrated"
        : "its \(changed) has been changed since it was migrated"
    }
    if let link = try changedLink(but: followed) {
      return "its link \(link.text) has been changed since it was migrated"
    }
    let archives = workspace.archiveRoot.pushing(FilePath(paths.id.date.folders))
    let folders = [archives, archives.appending(String(paths.userID))]
    let names = folders.compactMap { try? FlatFolder($0).files }.joined()
    if let archive = names.first(where: { $0.text.hasPrefix("\(paths.id).") }) {
      return "it has been archived since: \(archive.text)"
    }
    return nil
  }

  /// What the tree at the new place is a copy of, where that is still there, too: whoever was to remove one of them was
  /// killed. What else there is instead has come to be since.
  private var original: FilePath? {
    let place = entry.bearsYear ? halfway : source
    return !work.isInPlace && Steps.isThere(place) && Steps.isThere(paths.output) ? place : nil
  }

  /// A place that a log lay at, and that something else has.
  private var logThereAgain: FilePath? {
    let logs = work.logs.map { (paths.logs.appending($0.name), $0.path) }
    let all = logs + [work.logFolder].compactMap { $0.map { (paths.logs, $0.path) } }
    return all.first { Steps.isThere($0) && Steps.isThere($1) && !TreeCopy.isCopy($0, $1) }?.1
  }

  /// A link in it, or in what moved along, that says neither what it said before nor what the migration wrote.
  private func changedLink(but followed: Set<RawPath>) throws -> RawPath? {
    let (root, targets, later) = (whereabouts, newTargets, laterTargets.map { newTargets(by: $0) })
    for link in work.links {
      guard let path = place(of: link, in: root) else { continue }
      let now = Steps.read(link: root.appending(path))
      let isKnown = try now == link.target || now == targets(link) || later.map { try $0(link) == now } ?? false
      if !isKnown, !followed.contains(RawPath(root).appending(path)) { return path }
    }
    for link in work.newLinks where Steps.isThere(root.appending(link.path)) {
      if Steps.read(link: root.appending(link.path)) != target(ofNew: link) { return link.path }
    }
    if let prepared = work.prepared?.path {
      let (place, new) = (root.appending(Self.preparedName), paths.output.appending(Self.preparedName))
      if let link = try changedLink(work.preparedLinks, in: place, from: prepared, to: new) { return link }
    }
    return try work.logFolder.flatMap { try changedLink(work.logLinks, in: paths.logs, from: $0.path, to: paths.logs) }
  }

  /// Whether nothing has been changed of it where it lay.
  var isUntouched: Bool {
    let written = work.written.filter { ($0 == "manifest.json" ? work.keptManifest : work.kept($0)) == nil }
    let kept = [work.keptManifest].compactMap(\.self) + work.keptOthers.map(\.kept)
    let made =
      work.renames.map { newPlace($0) } + work.newFolders + work.newLinks.map(\.path)
      + (written + kept).map { RawPath($0) }
    return !made.contains { Steps.isThere(source.appending($0)) }
      && work.links.allSatisfy { Steps.read(link: source.appending($0.path)) == $0.target }
      && work.folders.allSatisfy { folder in
        !folder.isClosed || Steps.status(source.appending(folder.path)).map { $0.st_mode & 0o7777 } == folder.mode
      }
  }

  /// Puts every byte, name, mode and time back.
  ///
  /// - Parameter others: documents that are not the migration's, which stay.
  func reverse(but others: [String] = []) throws {
    let original = original
    if let original {
      guard TreeCopy.isCopy(paths.output, original) else {
        throw JobError(.io, original.string, "is there already", remedy: "Nothing was changed.")
      }
      try TreeCopy.removeTwin(paths.output, tell: tell)
    }
    try returnLogs()
    let root = original ?? whereabouts
    guard Steps.isThere(root) else { return }
    openFolders(in: root)
    if let prepared = work.prepared {
      let place = root.appending(Self.preparedName)
      if Steps.isThere(place) {
        try restore(work.preparedLinks, in: place)
        try moveBack(place, to: prepared.path)
      }
      for path in [place, prepared.path] { TreeCopy.clean(around: path) }
    }
    try removeWritten(in: root, but: others)
    for link in work.newLinks where Steps.read(link: root.appending(link.path)) != nil {
      unlink(root.appending(link.path))
    }
    for folder in work.newFolders.reversed() { Steps.removeEmpty(root.appending(folder)) }
    for link in work.links {
      if let place = place(of: link, in: root).map({ root.appending($0) }), Steps.read(link: place) != nil {
        try Steps.link(place, to: link.target, modified: link.modified, like: top)
      }
    }
    // Where both are there, what bears the new name is another's, and the file has never got it.
    for file in work.renames where !Steps.isThere(root.appending(file)) {
      let place = root.appending(newPlace(file))
      if Steps.isThere(place) { try Steps.rename(place, to: root.appending(file)) }
    }
    closeInner(in: root)
    if root != source {
      if entry.bearsYear { try freeYear(root) }
      try moveBack(entry.bearsYear ? halfway : root, to: source)
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
  var isYearInUse: Bool {
    guard entry.bearsYear, whereabouts != source, let scan = try? TreeScan(source) else { return false }
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
    if Steps.isThere(place) {
      if !Steps.isThere(old) {
        try moveBack(place, to: old)
      } else if TreeCopy.isCopy(place, old) {
        try TreeCopy.removeTwin(place, tell: tell)
      }
    }
    for path in [place, old] { TreeCopy.clean(around: path) }
  }

  /// The folder that it lay in may be gone, being empty.
  private func moveBack(_ place: FilePath, to old: FilePath) throws {
    try makeFolder(old.removingLastComponent())
    try TreeCopy.move(place, to: old, tell: tell)
  }
}
