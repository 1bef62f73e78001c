internal import Glibc
internal import Jobs
internal import SystemPackage

/// How a tree, or a file, is at a moment: whether anybody has written to it since, and what moving it by a copy would lose.
struct TreeState {
  /// Of all in it, in order, the size and the times of the last write and change, which nobody can set; of the top itself not
  /// that of its last change, which a renaming is.
  private var marks: [Int64] = []
  /// Of files with several names, those that were met.
  private var names: [Inode: (first: FilePath, met: Int, all: Int)] = [:]
  /// A folder that others own, and out of which this user may take nothing.
  private(set) var closed: FilePath?

  /// What makes two names one file.
  struct Inode: Hashable {
    private let device: UInt
    private let number: UInt

    init(_ status: stat) { (device, number) = (UInt(status.st_dev), UInt(status.st_ino)) }
  }

  /// - Throws: `Errno`.
  init(of root: FilePath) throws(Errno) { try look(at: root, isTop: true) }

  private mutating func look(at path: FilePath, isTop: Bool) throws(Errno) {
    guard let status = Steps.status(path) else { throw Errno(rawValue: errno) }
    let changed = nanoseconds(status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
    marks += [Int64(status.st_size), status.modified, isTop ? 0 : changed]
    guard status.st_mode & S_IFMT == S_IFDIR else {
      guard status.st_nlink > 1 else { return }
      return names[Inode(status), default: (path, 0, Int(status.st_nlink))].met += 1
    }
    let inner = try FlatFolder(path)
    let all = inner.all
    let isForeign = status.st_uid != geteuid() && geteuid() != 0
    if isForeign, !all.isEmpty, !mayAccess(path, W_OK | X_OK) { closed = closed ?? path }
    for name in all { try look(at: path.appending(name), isTop: false) }
  }

  /// Whether nothing was written since `earlier`.
  func isSame(as earlier: TreeState) -> Bool { marks == earlier.marks }

  /// The files that have names elsewhere, too.
  var shared: [FilePath] { names.values.filter { $0.met < $0.all }.map(\.first) }
}
