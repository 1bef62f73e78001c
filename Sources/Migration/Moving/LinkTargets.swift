internal import Jobs
internal import SystemPackage

/// What symbolic links must say so that they still point at what they pointed at, when they or that have moved.
struct LinkTargets: Sendable {
  /// Where a tree goes that lies at some place.
  private struct Move {
    var id: JobID
    var userID: Int
    /// What names of its files embed, where it is not the folder's name.
    var name: RawPath?
  }

  /// By the hash of where the tree lies, with no links in that path: there may be a hundred thousand.
  private var moves: [UInt64: Move] = [:]
  /// The root of the jobs, with no links in it.
  private let output: RawPath

  /// For trees that stay.
  init() { output = RawPath([]) }

  /// Of all trees that a migration moves.
  ///
  /// - Throws: ``JobError``.
  init(of journal: MigrationJournal, in workspace: Workspace) throws {
    output = RawPath(realPath(workspace.outputRoot) ?? workspace.outputRoot)
    guard journal.hasLinks else { return }
    var parents: [RawPath: RawPath] = [:]
    try journal.forEach { entry in
      guard let work = entry.work, let id = entry.id, let userID = entry.userID else { return }
      let parent = entry.source.folder
      if parents[parent] == nil { parents[parent] = realPath(parent.path).map { RawPath($0) } ?? parent }
      guard let real = parents[parent] else { return }
      moves[real.appending(entry.source.name).bytes.fnv] = Move(
        id: id, userID: userID, name: work.name == entry.source.name ? nil : work.name)
    }
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

  private func moved(_ place: RawPath) -> RawPath? {
    let parts = place.components
    for count in stride(from: parts.count, to: 0, by: -1) {
      guard let move = moves[Self.joined(Array(parts[..<count])).bytes.fnv] else { continue }
      let inner = RawPath(Array(parts[count...].map(\.bytes).joined(separator: [RawPath.slash])))
      let job = output.appending("\(move.id.date.folders)/\(move.userID)/\(move.id)")
      return job.appending(Self.renamed(inner, of: move.name ?? parts[count - 1], move.id))
    }
    return nil
  }

  /// By the rule that names which embed the folder's follow it.
  private static func renamed(_ inner: RawPath, of folder: RawPath, _ id: JobID) -> RawPath {
    let (name, file) = (folder.bytes, inner.name.bytes)
    guard file.count > name.count, file.starts(with: name), [0x2E, 0x5F].contains(file[name.count]) else {
      return inner
    }
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
