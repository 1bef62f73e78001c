internal import Jobs
internal import SystemPackage

/// What symbolic links must say so that they still point at what they pointed at, when they or that have moved; and where what
/// documents name of other trees will be.
struct LinkTargets: Sendable {
  /// Something that goes elsewhere with an entry. There may be several hundred thousand, so it is small.
  private struct Move {
    enum Kind: UInt8 {
      case tree
      /// The job's folder in `jobs/`.
      case prepared
      case logFolder, log
    }

    /// The hash of where it lies, with no links in that path.
    let place: UInt64
    let entry: Int32
    let kind: Kind
  }

  /// By their places.
  private var moves: [Move] = []
  private var ids = PlannedIDs(count: 0)
  private var users: [Int32] = []
  /// What names of a tree's files embed, where it is not the folder's name.
  private var names: [Int32: RawPath] = [:]
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
    func add(_ path: RawPath, _ kind: Move.Kind) {
      let parent = path.folder
      let real = parents[parent] ?? RawPath(EntryMove.realFolder(parent.path))
      if parents.updateValue(real, forKey: parent) == nil, real != parent {
        for way in Self.ways(to: parent) { ways[way] = real }
      }
      moves.append(
        Move(place: real.appending(path.name).bytes.fnv, entry: Int32(users.count - 1), kind: kind))
    }
    ids = PlannedIDs(count: journal.entries)
    users.reserveCapacity(journal.entries)
    moves.reserveCapacity(journal.toDo)
    try journal.forEach { entry in
      let number = users.count
      users.append(Int32(clamping: entry.userID ?? 0))
      if staying.contains(number) || number >= ids.count { return }
      guard let work = entry.work, entry.isMigrated, let id = entry.id, entry.userID != nil else { return }
      ids[number] = id
      if work.name != entry.source.name { names[Int32(number)] = work.name }
      add(entry.source, .tree)
      if let prepared = work.prepared { add(prepared, .prepared) }
      if let folder = work.logFolder { add(folder, .logFolder) }
      guard journal.linksToLogs else { return }
      for log in work.logs { add(log, .log) }
    }
    moves.sort { ($0.place, $0.entry, $0.kind.rawValue) < ($1.place, $1.entry, $1.kind.rawValue) }
  }

  private func move(at place: RawPath) -> Move? {
    let hash = place.bytes.fnv
    let next = moves.firstPlace { $0.place > hash }
    return next > 0 && moves[next - 1].place == hash ? moves[next - 1] : nil
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
  func target(of target: RawPath, in folder: RawPath, afterwardsIn newFolder: RawPath) -> RawPath {
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
    let moved = moved(place)
    if isAbsolute { return moved ?? target }
    if moved == nil, folder == newFolder { return target }
    if let moved, let inner = place.below(folder), moved.below(newFolder) == inner { return target }
    let text = Self.relative(from: newFolder, to: moved ?? place)
    // The same way as before is written as before.
    return Self.joined(text.components) == Self.joined(target.components) ? target : text
  }

  /// Where something will be, by its path in documents; `nil` where it stays. No link in a tree is followed, for those change.
  func newPlace(of path: FilePath) -> FilePath? {
    if moves.isEmpty { return nil }
    guard let moved = moved(RawPath(path)) else { return nil }
    return (moved.below(output).map { root.appending($0) } ?? moved).path
  }

  private func moved(_ place: RawPath) -> RawPath? {
    let parts = place.components
    for count in stride(from: parts.count, to: 0, by: -1) {
      guard let move = move(at: real(Self.joined(Array(parts[..<count])))), let id = ids[Int(move.entry)] else {
        continue
      }
      let inner = RawPath(Array(parts[count...].map(\.bytes).joined(separator: [RawPath.slash])))
      let job = "\(id.date.folders)/\(users[Int(move.entry)])/\(id)"
      // By the same way as before: that may be a link for another disk's sake.
      let output = place.below(root) == nil ? output : root
      switch move.kind {
      case .tree:
        return output.appending(job).appending(Self.renamed(inner, of: names[move.entry] ?? parts[count - 1], id))
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
