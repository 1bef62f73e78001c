internal import Jobs
internal import SystemPackage

/// Documents, once it is known which trees could not be moved.
extension EntryMove {
  /// Has the documents of a tree that has moved name what lies in trees that then had to stay where that is. Those that somebody has
  /// written since stay as they are. May be begun again.
  ///
  /// - Parameters:
  ///   - documents: as they were made when it moved.
  ///   - later: where all is by now.
  /// - Throws: ``JobError``.
  func rewrite(_ documents: NewDocuments, by later: LinkTargets) throws {
    let root = whereabouts
    let tree = try OpenTree(root)
    var after = documents
    after.targets = later
    var isOwn = false
    // Also of one that was written before this was cut off.
    defer { if isOwn { closeTop(root) } }
    for name in ["job_info.json", "manifest.json"] where work.written.contains(name) {
      let path = root.appending(name)
      let (old, new) = (try content(of: name, documents, in: tree), try content(of: name, after, in: tree))
      guard old != new, let standing = try? DurableFile.read(path),
        Steps.isOwn(standing, at: path, like: nil, at: created)
      else { continue }
      isOwn = true
      if standing == new { continue }
      if let top, top.isClosed { Steps.setMode(root, top.mode | 0o700) }
      try Steps.write(new, to: path, mode: [.ownerReadWrite, .groupRead, .otherRead], like: top, at: created)
    }
  }
}
