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
  /// What links and documents say since it is known which trees could not be moved; `nil` where all could.
  let laterTargets: LinkTargets?
  /// Is told what another disk does not keep of a tree.
  let tell: @Sendable (String) -> Void

  /// In a job's folder, what lay in `jobs/`.
  static let preparedName: FilePath.Component = "prepared"

  /// Of something that lay in the job's folder in `jobs/`, from the tree's top.
  static func preparedPlace(of inner: RawPath) -> RawPath { RawPath(preparedName.string).appending(inner) }

  init?(
    _ entry: MigrationEntry, in workspace: Workspace, targets: LinkTargets, later: LinkTargets? = nil,
    tell: @escaping @Sendable (String) -> Void
  ) {
    guard let work = entry.work, let paths = entry.paths(in: workspace) else { return nil }
    (self.workspace, self.entry, self.work, self.paths, self.targets) = (workspace, entry, work, paths, targets)
    (laterTargets, self.tell) = (later, tell)
  }

  var source: FilePath { entry.source.path }
  var created: Timestamp { entry.created ?? Timestamp(microseconds: 0) }
  var top: TreeScan.Folder? { work.folders.first { $0.path.isEmpty } }

  /// Does it.
  ///
  /// - Returns: the SHA-256 of each document that it wrote.
  /// - Throws: ``JobError``; whatever was done is done again, or undone, by the next migration.
  func apply(_ documents: NewDocuments) throws -> WrittenHashes {
    let root = try whereItIs()
    // A job in its place may have been run since: what is there then, stays.
    let isPlaced = root == paths.output && !work.isInPlace
    let tree = try OpenTree(root)
    if root == source { try refuseLive(tree) }
    openFolders(in: root)
    for file in work.renames where !isPlaced || tree.isThere(file) { try tree.rename(file, to: newPlace(file)) }
    try repoint(in: root, isPlaced)
    for folder in work.newFolders { try tree.makeFolder(folder, like: top) }
    for link in work.newLinks where !isPlaced || !tree.isThere(link.path) {
      try tree.link(link.path, to: target(ofNew: link), modified: created.microseconds * 1000, like: top)
    }
    let hashes = try write(documents, in: tree)
    if let prepared = work.prepared {
      let place = root.appending(Self.preparedName)
      try move(prepared.path, to: place, isPlaced)
      try repoint(work.preparedLinks, in: place, from: prepared.path, to: paths.output.appending(Self.preparedName))
    }
    for folder in work.newFolders { tree.setTime(folder, created.microseconds * 1000) }
    for folder in work.folders.reversed() where !folder.path.isEmpty {
      tree.setTime(folder.path, folder.modified)
      if folder.isClosed { Steps.setMode(root.appending(folder.path), folder.mode) }
    }
    try moveTree(from: root)
    closeTop(paths.output)
    if root != source {
      for place in [source] + (entry.bearsYear ? [halfway] : []) { TreeCopy.clean(around: place) }
    }
    try moveLogs()
    return hashes
  }

  /// Whether it has its new place already.
  var isMoved: Bool { !work.isInPlace && whereabouts == paths.output }

  /// Where the tree lies at this moment.
  private func whereItIs() throws -> FilePath {
    if work.isInPlace { return source }
    if entry.bearsYear {
      if Steps.isThere(halfway) { return halfway }
      if Steps.isThere(paths.output), isYearFolder { return paths.output }
    }
    switch (Steps.isThere(source), Steps.isThere(paths.output)) {
    case (true, false): return source
    case (false, true): return paths.output
    case (false, false):
      throw JobError(.io, source.string, "is gone", remedy: "Somebody moved or removed it since the plan was made.")
    case (true, true):
      // A copy that was finished before its original could go.
      if try TreeCopy.settle(source, paths.output, tell: tell) { return paths.output }
      throw JobError(
        .io, paths.output.string, "is there already: \(entry.path) stays where it is",
        remedy: "Look at both, move one of them elsewhere, and migrate again.")
    }
  }

  /// Where a tree that bears a year's name waits while that year's folder is made, maybe for itself.
  var halfway: FilePath {
    source.removingLastComponent().appending(".leaving-\(source.lastComponent?.string ?? "")")
  }

  /// Whether what lies where the tree lay has become the folder of a year's jobs.
  var isYearFolder: Bool {
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
    let day = paths.output.removingLastComponent()
    if !isDirectory(day) { try makeFolder(day) }
    try TreeCopy.move(from, to: paths.output, tell: tell)
    if from != source { TreeCopy.clean(around: from) }
  }

  private func refuseLive(_ tree: OpenTree) throws {
    for name in [".cpwx.lock", ".manifest.lock"]
    where tree.isThere(RawPath(name)) && FileLock.isHeld(source.appending(name)) {
      throw JobError(
        .locked, source.string, "is being run: its lock is held",
        remedy: "It is left as it is. Migrate again when it has ended.")
    }
  }

  func newPlace(_ file: RawPath) -> RawPath { work.newPlace(of: file, id: paths.id) }

  /// Where a link of the tree is by now, from its top; `nil` when it is gone.
  ///
  /// A document may be a link: it is kept as one, and what then bears its name is a file.
  func place(of link: TreeScan.Link, in root: FilePath) -> RawPath? {
    let kept = link.path == RawPath("manifest.json") ? work.keptManifest : work.kept(link.path.text)
    let places = [kept.map { RawPath($0) }, newPlace(link.path), link.path].compactMap(\.self)
    return places.first { Steps.isThere(root.appending($0)) }
  }

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

  func close(_ folder: TreeScan.Folder, in root: FilePath) {
    let path = root.appending(folder.path)
    Steps.setTime(path, folder.modified)
    if folder.isClosed { Steps.setMode(path, folder.mode) }
  }

  private func repoint(in root: FilePath, _ isPlaced: Bool) throws {
    let targets = newTargets
    for link in work.links {
      let target = try targets(link)
      let place = root.appending(place(of: link, in: root) ?? newPlace(link.path))
      guard target != link.target, !isPlaced || Steps.read(link: place) == link.target else { continue }
      try Steps.link(place, to: target, modified: link.modified, like: top)
    }
  }

  /// What each link in the tree will say.
  var newTargets: (TreeScan.Link) throws -> RawPath { newTargets(by: targets) }

  func newTargets(by targets: LinkTargets) -> (TreeScan.Link) throws -> RawPath {
    if work.links.isEmpty { return \.target }
    let new = RawPath(Self.realFolder(paths.output.removingLastComponent())).appending(paths.id.description)
    let old = RawPath(Self.realFolder(source.removingLastComponent())).appending(entry.source.name)
    return { try Self.newTarget(of: $0, from: old, to: new, by: targets) }
  }

  static func newTarget(
    of link: TreeScan.Link, from old: RawPath, to new: RawPath, by targets: LinkTargets
  ) throws -> RawPath {
    try targets.target(
      of: link.target, in: old.appending(link.path.folder), afterwardsIn: new.appending(link.path.folder))
  }

  /// What one of those links will say that lead to outputs of stages.
  func target(ofNew link: (path: RawPath, target: RawPath)) -> RawPath {
    LinkTargets.relative(from: link.path.folder, to: newPlace(link.target))
  }

  /// One of the links in a folder that has moved as a whole that says neither what it said before nor what it was given.
  func changedLink(_ moved: FolderLinks, in place: FilePath, from old: FilePath, to new: FilePath) throws -> RawPath? {
    if moved.isEmpty || !Steps.isThere(place) { return nil }
    let (old, new) = (RawPath(Self.realFolder(old)), RawPath(Self.realFolder(new)))
    return try moved.links.first { link in
      let path = place.appending(link.path)
      let now = Steps.read(link: path)
      let known = try [targets, laterTargets].compactMap(\.self).map {
        try Self.newTarget(of: link, from: old, to: new, by: $0)
      }
      return Steps.isThere(path) && now != link.target && !known.contains { $0 == now }
    }.map { RawPath(place).appending($0.path) }
  }

  /// The same in a folder that has moved as a whole, and lies at `place` for now.
  private func repoint(_ moved: FolderLinks, in place: FilePath, from old: FilePath, to new: FilePath) throws {
    if moved.isEmpty { return }
    let (old, new) = (RawPath(Self.realFolder(old)), RawPath(Self.realFolder(new)))
    for folder in moved.folders where folder.isClosed {
      Steps.setMode(place.appending(folder.path), folder.mode | 0o700)
    }
    for link in moved.links {
      let target = try Self.newTarget(of: link, from: old, to: new, by: targets)
      guard target != link.target, Steps.read(link: place.appending(link.path)) == link.target else { continue }
      try Steps.link(place.appending(link.path), to: target, modified: link.modified, like: nil)
    }
    for folder in moved.folders.reversed() { close(folder, in: place) }
  }

  /// Has the links in such a folder point to what they pointed to before.
  func restore(_ moved: FolderLinks, in place: FilePath) throws {
    if moved.isEmpty || !Steps.isThere(place) { return }
    for folder in moved.folders where folder.isClosed {
      Steps.setMode(place.appending(folder.path), folder.mode | 0o700)
    }
    for link in moved.links where Steps.read(link: place.appending(link.path)) != nil {
      try Steps.link(place.appending(link.path), to: link.target, modified: link.modified, like: nil)
    }
    for folder in moved.folders.reversed() { close(folder, in: place) }
  }

  /// A folder's path with no links in it, be it there or still to be made.
  static func realFolder(_ folder: FilePath) -> FilePath {
    if let real = realPath(folder) { return real }
    guard let name = folder.lastComponent else { return folder }
    return realFolder(folder.removingLastComponent()).appending(name)
  }

  private func write(_ documents: NewDocuments, in tree: OpenTree) throws -> WrittenHashes {
    for (name, kept) in [("manifest.json", work.keptManifest)] + work.keptOthers {
      if let kept { try tree.keep(RawPath(name), as: RawPath(kept)) }
    }
    var hashes = WrittenHashes()
    for name in work.written {
      let bytes = try content(of: name, documents, in: tree)
      hashes[name] = SHA256.hex(of: bytes)
      let path = tree.root.appending(name)
      if tree.root == paths.output, let standing = try? DurableFile.read(path),
        !Steps.isOwn(standing, at: path, like: bytes, at: created)
      {
        continue
      }
      let mode: FilePermissions =
        name == "job.env" ? [.ownerReadWrite] : [.ownerReadWrite, .groupRead, .otherRead]
      try tree.write(bytes, to: name, mode: mode, like: top, at: created)
    }
    return hashes
  }

  func content(of name: String, _ documents: NewDocuments, in tree: OpenTree) throws -> [UInt8] {
    let root = tree.root
    switch name {
    case "job.env":
      if let said = JobEnvTemplate(work.said(name)) { return said.bytes(for: paths, in: workspace) }
      return try documents.settings(at: ownSettings(in: root))
    case "job_info.json":
      if work.isLink(name) { return try documents.info(in: root, work.said(name)) }
      let kept = work.kept(name).flatMap { try? JobInfo(reading: root.appending($0)) }
      return try documents.info(in: root, kept?.document)
    default:
      if work.isLink(name) { return try documents.manifest(in: tree, work.said(name).map { Manifest(document: $0) }) }
      return try documents.manifest(
        in: tree, work.keptManifest.flatMap { OldManifest(wholeAt: RawPath($0), in: tree).manifest })
    }
  }

  /// Which of the documents that it writes are there, and are not what it wrote.
  ///
  /// - Parameters:
  ///   - hashes: of what was written; `nil` for a tree that was not finished.
  ///   - documents: make what was written to such a one once more.
  func changedDocuments(_ hashes: WrittenHashes?, _ documents: NewDocuments?) -> [String] {
    let root = whereabouts
    let tree = hashes == nil && documents != nil ? try? OpenTree(root) : nil
    return work.written.filter { name in
      let path = root.appending(name)
      if let old = name == "manifest.json" ? work.keptManifest : work.kept(name), !Steps.isThere(root.appending(old)) {
        // Not kept yet, or back again; and maybe a link to what never ends.
        return false
      }
      guard let standing = try? DurableFile.read(path) else { return false }
      // Journals of older versions have the manifest's only. What is kept of one is its beginning.
      if let hash = hashes?[name] {
        if SHA256.hex(of: standing).hasPrefix(hash) { return false }
        // Written again, once it was known what stays; what a person writes has another time.
        return laterTargets == nil || !Steps.isOwn(standing, at: path, like: nil, at: created)
      }
      let bytes = tree.flatMap { tree in documents.flatMap { try? content(of: name, $0, in: tree) } }
      return !Steps.isOwn(standing, at: path, like: bytes, at: created)
    }
  }

  /// Where it lies, by what is there.
  var whereabouts: FilePath {
    if !work.isInPlace, Steps.isThere(paths.output) { return paths.output }
    return entry.bearsYear && Steps.isThere(halfway) ? halfway : source
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

  private func move(_ from: FilePath, to: FilePath, _ isPlaced: Bool = false) throws {
    if Steps.isThere(from) {
      try TreeCopy.move(from, to: to, tell: tell)
    } else if Steps.isThere(to) || isPlaced {
      TreeCopy.clean(around: from)
    } else {
      throw JobError(.io, from.string, "is gone", remedy: "Somebody moved or removed it since the plan was made.")
    }
  }

  private func moveLogs() throws {
    if let folder = work.logFolder {
      try makeFolder(paths.logs.removingLastComponent())
      try move(folder.path, to: paths.logs)
      try repoint(work.logLinks, in: paths.logs, from: folder.path, to: paths.logs)
    }
    if work.logs.isEmpty { return }
    try makeFolder(paths.logs)
    // One that somebody has removed since is no reason to stop.
    for log in work.logs {
      let (path, place) = (log.path, paths.logs.appending(log.name))
      if Steps.isThere(path) {
        try TreeCopy.move(path, to: place, tell: tell)
      } else {
        TreeCopy.clean(around: path)
      }
    }
  }
}

/// The SHA-256 of each document that a migration wrote to a tree.
struct WrittenHashes: Sendable {
  private var manifest: String?
  private var env: String?
  private var info: String?

  init() {}

  subscript(name: String) -> String? {
    get { name == "manifest.json" ? manifest : name == "job.env" ? env : info }
    set {
      switch name {
      case "manifest.json": manifest = newValue
      case "job.env": env = newValue
      default: info = newValue
      }
    }
  }

  /// As a journal has them behind an entry's number.
  var documents: [JSON] {
    var others = JSON.object(.init())
    others["job.env"] = env.map { .string($0) }
    others["job_info.json"] = info.map { .string($0) }
    return [.string(manifest), others]
  }

  init(_ documents: ArraySlice<JSON>) {
    manifest = documents.first?.string
    guard let others = documents.dropFirst().first else { return }
    (env, info) = (others["job.env"]?.string, others["job_info.json"]?.string)
  }
}
