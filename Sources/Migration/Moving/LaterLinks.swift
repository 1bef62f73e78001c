internal import Jobs
internal import SystemPackage

/// Links, once it is known which trees could not be moved.
extension EntryMove {
  /// Has the links of a tree that has moved, which were to lead to trees that then had to stay, lead to where those are.
  ///
  /// - Throws: ``JobError``.
  func follow(_ later: LinkTargets) throws {
    let (before, after) = (newTargets(by: targets), newTargets(by: later))
    let links = try work.links.map {
      ($0, place(of: $0, in: paths.output) ?? newPlace($0.path), try before($0), try after($0))
    }
    try relink(links, work.folders, in: paths.output)
    try follow(later, in: work.preparedLinks, work.prepared, paths.output.appending(Self.preparedName))
    try follow(later, in: work.logLinks, work.logFolder, paths.logs)
  }

  /// The same of a folder that moved along as a whole.
  private func follow(_ later: LinkTargets, in moved: FolderLinks, _ old: RawPath?, _ place: FilePath) throws {
    guard let old, !moved.isEmpty else { return }
    let (from, to) = (RawPath(Self.realFolder(old.path)), RawPath(Self.realFolder(place)))
    func target(_ link: TreeScan.Link, by targets: LinkTargets) throws -> RawPath {
      try Self.newTarget(of: link, from: from, to: to, by: targets)
    }
    let links = try moved.links.map { ($0, $0.path, try target($0, by: targets), try target($0, by: later)) }
    try relink(links, moved.folders, in: place)
  }

  /// Has the links of a tree that had to stay follow what has moved.
  ///
  /// - Throws: ``JobError``.
  func followFromOldPlace(_ later: LinkTargets) throws {
    for (links, folders, place) in oldLinks {
      let links = try links.map { ($0, $0.path, $0.target, try Self.target(of: $0, in: place, by: later)) }
      try relink(links, folders, in: place)
    }
  }

  /// Has them point to what they pointed to before.
  ///
  /// - Throws: ``JobError``.
  func followBack(_ later: LinkTargets) throws {
    for (links, folders, place) in oldLinks {
      let links = try links.map { ($0, $0.path, try Self.target(of: $0, in: place, by: later), $0.target) }
      try relink(links, folders, in: place)
    }
  }

  /// All links of a tree that stays, with the folders that they lie in.
  private var oldLinks: [(links: [TreeScan.Link], folders: [TreeScan.Folder], place: FilePath)] {
    let others = [(work.preparedLinks, work.prepared), (work.logLinks, work.logFolder)]
    return [(work.links, work.folders, source)]
      + others.compactMap { moved, place in place.map { (moved.links, moved.folders, $0.path) } }
  }

  private static func target(of link: TreeScan.Link, in place: FilePath, by later: LinkTargets) throws -> RawPath {
    let folder = RawPath(realFolder(place)).appending(link.path.folder)
    return try later.target(of: link.target, in: folder, afterwardsIn: folder)
  }

  /// Changes links that still say what they said, and may be begun again.
  ///
  /// - Parameter links: with the place, what each says, and what it is to say.
  private func relink(
    _ links: [(link: TreeScan.Link, place: RawPath, before: RawPath, after: RawPath)], _ folders: [TreeScan.Folder],
    in root: FilePath
  ) throws {
    for folder in folders {
      let inner = links.filter { $0.place.folder == folder.path && $0.before != $0.after }
      let open = inner.filter { link in
        let path = root.appending(link.place)
        let now = Steps.read(link: path)
        return now == link.after || now == link.before && !Steps.wouldBreak(path, link.before, link.after)
      }
      if open.isEmpty { continue }
      if folder.isClosed { Steps.setMode(root.appending(folder.path), folder.mode | 0o700) }
      for link in open {
        try Steps.link(root.appending(link.place), to: link.after, modified: link.link.modified, like: nil)
      }
      close(folder, in: root)
    }
  }
}
