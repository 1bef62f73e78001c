internal import Jobs
internal import SystemPackage

/// What symbolic links must say so that they still point at what they pointed at, when they or that have moved; and where what
/// documents name of other trees will be.
struct LinkTargets: Sendable {
  /// What goes elsewhere with an entry.
  private enum Kind: Int {
    case tree
    /// The job's folder in `jobs/`.
    case prepared
    case logFolder, log
  }

  /// Entries and kinds, by the hashes of where each thing lies, with no links in that path.
  private var moves = KeyedNumbers()
  private var ids = PlannedIDs()
  private var users = Spooled<Int32>()
  /// What names of a tree's files embed; empty where it is the folder's name.
  private var names = SpooledBytes()
  /// The roots of the jobs and of their logs, with no links in them.
  private let output: RawPath
  private let logs: RawPath
  /// The root of the jobs as the workspace names it.
  private let root: RawPath
  /// Where folders that things are moved out of lie, by paths to them that go through links.
  private var ways: [RawPath: RawPath] = [:]

  /// For trees that stay.
  init() { (output, logs, root) = (RawPath([]), RawPath([]), RawPath([])) }

  /// Of all trees that a migration moves.
  ///
  /// - Parameter staying: the numbers of those that it could not.
  /// - Throws: ``JobError``.
  init(of journal: MigrationJournal, in workspace: Workspace, but staying: Set<Int> = []) throws {
    output = RawPath(realPath(workspace.outputRoot) ?? workspace.outputRoot)
    logs = RawPath(realPath(workspace.logRoot) ?? workspace.logRoot)
    root = RawPath(workspace.outputRoot)
    var parents: [RawPath: RawPath] = [:]
    func add(_ path: RawPath, _ kind: Kind) throws {
      let parent = path.folder
      let real = parents[parent] ?? RawPath(EntryMove.realFolder(parent.path))
      if parents.updateValue(real, forKey: parent) == nil, real != parent {
        for way in Self.ways(to: parent) { ways[way] = real }
      }
      try moves.add((users.count - 1) << 2 | kind.rawValue, under: real.appending(path.name).bytes.fnv)
    }
    try journal.forEach { entry in
      let isStaying = staying.contains(users.count) || !entry.isMigrated || entry.userID == nil
      let (work, id) = isStaying ? (nil, nil) : (entry.work, entry.id)
      try users.append(Int32(clamping: entry.userID ?? 0))
      try ids.append(id)
      try names.append(work.flatMap { $0.name == entry.source.name ? nil : $0.name.bytes } ?? [])
      guard let work else { return }
      try add(entry.source, .tree)
      if let prepared = work.prepared { try add(prepared, .prepared) }
      if let folder = work.logFolder { try add(folder, .logFolder) }
      guard journal.linksToLogs else { return }
      for log in work.logs { try add(log, .log) }
    }
    try moves.sort()
  }

  private func move(at place: RawPath) throws -> (kind: Kind, entry: Int)? {
    guard let move = try moves[place.bytes.fnv].last, let kind = Kind(rawValue: move & 3) else { return nil }
    return (kind, move >> 2)
  }

  /// Of trees that could not be done those that do not lie at their new places.
  ///
  /// - Throws: ``JobError``.
  static func staying(
    _ failed: [MigrationJournal.Place], of journal: MigrationJournal, in workspace: Workspace
  ) throws -> Set<Int> {
    Set(
      try failed.filter { place in
        let move = EntryMove(try journal.entry(at: place.offset), in: workspace, targets: LinkTargets(), tell: { _ in })
        return move?.isMoved == false
      }.map(\.number))
  }

  /// A link's new text.
  ///
  /// - Parameters:
  ///   - target: its text.
  ///   - folder: the folder it lies in, with no links in the path; and where that will be.
  /// - Throws: ``JobError`` with code `io`.
  func target(of target: RawPath, in folder: RawPath, afterwardsIn newFolder: RawPath) throws -> RawPath {
    let isAbsolute = target.bytes.first == RawPath.slash
    let place: RawPath
    if isAbsolute {
      place = target
    } else {
      // Only what leads upwards is taken apart: beyond that, the path may go through other links.
      var base = folder.components
      var rest = target.components[...]
      while let first = rest.first {
        if first == RawPath(".") {
          rest = rest.dropFirst()
        } else if first == RawPath(".."), !base.isEmpty {
          base.removeLast()
          rest = rest.dropFirst()
        } else {
          break
        }
      }
      place = Self.joined(base + rest)
    }
    let moved = try moved(place)
    if isAbsolute { return moved ?? target }
    if moved == nil, folder == newFolder { return target }
    if let moved, let inner = place.below(folder), moved.below(newFolder) == inner { return target }
    let text = Self.relative(from: newFolder, to: moved ?? place)
    // The same way as before is written as before.
    return Self.joined(text.components) == Self.joined(target.components) ? target : text
  }

  /// Where something will be, by its path in documents; `nil` where it stays. No link in a tree is followed, for those change.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func newPlace(of path: FilePath) throws -> FilePath? {
    if moves.count == 0 { return nil }
    guard let moved = try moved(RawPath(path)) else { return nil }
    return (moved.below(output).map { root.appending($0) } ?? moved).path
  }

  private func moved(_ place: RawPath) throws -> RawPath? {
    let parts = place.components
    for count in stride(from: parts.count, to: 0, by: -1) {
      guard let (kind, entry) = try move(at: real(Self.joined(Array(parts[..<count])))), let id = try ids[entry] else {
        continue
      }
      let inner = RawPath(Array(parts[count...].map(\.bytes).joined(separator: [RawPath.slash])))
      let job = "\(id.date.folders)/\(try users[entry])/\(id)"
      // By the same way as before: that may be a link for another disk's sake.
      let output = place.below(root) == nil ? output : root
      switch kind {
      case .tree:
        let name = RawPath(try names[entry])
        return output.appending(job).appending(Self.renamed(inner, of: name.isEmpty ? parts[count - 1] : name, id))
      case .prepared: return output.appending(job).appending("prepared").appending(inner)
      case .logFolder: return logs.appending(job).appending(inner)
      case .log: return logs.appending(job).appending(parts[count - 1]).appending(inner)
      }
    }
    return nil
  }

  /// A place with no links in the path to it, where things are moved out of its folder.
  private func real(_ place: RawPath) -> RawPath {
    if ways.isEmpty { return place }
    return ways[place.folder].map { $0.appending(place.name) } ?? place
  }

  /// A folder's path, and the same with the links in its beginning followed.
  private static func ways(to folder: RawPath) -> [RawPath] {
    let parts = folder.components
    return parts.indices.map { count in
      let rest = RawPath(Array(parts[count...].map(\.bytes).joined(separator: [RawPath.slash])))
      return RawPath(EntryMove.realFolder(joined(Array(parts[..<count])).path)).appending(rest)
    }
  }

  /// By the rule that names which embed the folder's follow it.
  private static func renamed(_ inner: RawPath, of folder: RawPath, _ id: JobID) -> RawPath {
    let (name, file) = (folder.bytes, inner.name.bytes)
    guard file.count > name.count, file.starts(with: name), [0x2E, 0x5F].contains(file[name.count]),
      !EntryWork.fixed.contains(inner)
    else { return inner }
    return inner.folder.appending(RawPath(Array(id.description.utf8) + file[name.count...]))
  }

  static func relative(from folder: RawPath, to place: RawPath) -> RawPath {
    let (base, parts) = (folder.components, place.components)
    let common = zip(base, parts).prefix { $0 == $1 }.count
    let ups = Array(repeating: RawPath(".."), count: base.count - common)
    let all = ups + parts[common...]
    return all.isEmpty ? RawPath(".") : RawPath(Array(all.map(\.bytes).joined(separator: [RawPath.slash])))
  }

  private static func joined(_ parts: [RawPath]) -> RawPath {
    RawPath([RawPath.slash] + Array(parts.map(\.bytes).joined(separator: [RawPath.slash])))
  }
}
