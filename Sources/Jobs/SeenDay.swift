internal import SystemPackage

/// The numbers of one day that a workspace's trees show: jobs of any user, numbers of any width.
///
/// With a ``NameWatch`` it takes in what comes to be after the listing too, whoever puts it there.
struct SeenDay {
  let day: JobDate
  /// The highest number; 0 when there is none.
  private(set) var highest = 0
  /// How many names were read for it.
  private(set) var names = 0
  /// What is told of names that come; `nil` where not all can be told of.
  private(set) var watch: NameWatch?
  private var roles: [CInt: Role] = [:]
  /// All folders in which numbers may show, those that are not there too.
  private var places: [(path: FilePath, identity: Identity?)] = []
  private let start: [UInt8]

  private static let marker = Array(".env.job_".utf8)

  /// What the names in a folder mean.
  private struct Role: OptionSet {
    let rawValue: Int
    static let jobs = Role(rawValue: 1)
    /// Jobs lie below the users, and in older trees beside them.
    static let users = Role(rawValue: 2)
    static let config = Role(rawValue: 4)
  }

  /// Which folder it is that a path leads to.
  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64

    init?(_ path: FilePath) {
      guard let status = try? FileStatus(of: path), status.isDirectory else { return nil }
      (device, inode) = (status.device, status.inode)
    }
  }

  /// Lists the folders of a day.
  ///
  /// - Parameter watch: a new one, for ``takeNews()``.
  /// - Throws: ``JobError`` when a folder is there and cannot be read: numbers may hide in it.
  init(listing day: JobDate, in workspace: Workspace, watch: NameWatch? = nil) throws {
    (self.day, self.watch) = (day, watch)
    start = Array("\(day.digits)-".utf8)
    for root in [workspace.outputRoot, workspace.logRoot, workspace.archiveRoot] {
      let folder = root.pushing(FilePath(day.folders))
      for user in try list(folder, [.jobs, .users]) { _ = try list(folder.appending(user), .jobs) }
    }
    _ = try list(workspace.configFolder, .config)
  }

  /// Takes in the names that came since the last time.
  ///
  /// - Returns: `false` where it has to be listed again.
  mutating func takeNews() -> Bool {
    guard let watch else { return false }
    // A folder that came to be, or whose path leads to another one now.
    guard places.allSatisfy({ Identity($0.path) == $0.identity }) else { return false }
    var hasNewUser = false
    let isWhole = unsafe watch.take { folder, name in
      let role = roles[folder] ?? []
      if unsafe !note(name, role), role.contains(.users) { hasNewUser = true }
    }
    return isWhole && !hasNewUser
  }

  /// Takes in a folder's names.
  ///
  /// - Returns: those that are no jobs.
  private mutating func list(_ folder: FilePath, _ role: Role) throws -> [String] {
    let identity = Identity(folder)
    places.append((folder, identity))
    // Watched before it is listed, so that no name comes unnoticed.
    if identity != nil, let number = watch?.add(folder) {
      roles[number, default: []].insert(role)
    } else if identity != nil {
      watch = nil
    }
    do {
      let listed = try unsortedNames(in: folder)
      names += listed.count
      return listed.filter { !note($0.utf8, role) }
    } catch {
      throw JobError(
        .io, folder.string, "cannot be read", remedy: "No job was made: its number might be taken there.",
        underlying: error)
    }
  }

  /// Takes in a name; `false` for one that is no job's.
  private mutating func note(_ name: some Collection<UInt8>, _ role: Role) -> Bool {
    var number: Int?
    if !role.isDisjoint(with: [.jobs, .users]) { number = Self.number(name, after: start) }
    if role.contains(.config), name.starts(with: Self.marker) {
      number = max(number ?? 0, Self.number(name.dropFirst(Self.marker.count), after: start) ?? 0)
    }
    highest = max(highest, number ?? 0)
    return number != nil
  }

  /// The number in a name that is `start`, three digits or more, and perhaps endings: `20251030-001.tar.zst`.
  ///
  /// Over bytes, because the names of all that day's jobs are read.
  private static func number(_ name: some Collection<UInt8>, after start: [UInt8]) -> Int? {
    guard name.starts(with: start) else { return nil }
    let rest = name.dropFirst(start.count)
    var number = 0
    var width = 0
    for byte in rest {
      if byte == UInt8(ascii: "."), width >= 3 { return number }
      guard byte >= 0x30, byte <= 0x39, width < 15 else { return nil }
      number = number * 10 + Int(byte - 0x30)
      width += 1
    }
    return width >= 3 ? number : nil
  }
}
