internal import SeekableTar
internal import Synchronization

/// Files that are no text, and so are not looked into for secrets.
final class UnreadFiles: Sendable {
  private let paths = Mutex<Set<MemberPath>>([])

  /// One may come more than once.
  func add(_ path: MemberPath) { paths.withLock { _ = $0.insert(path) } }

  var note: String? {
    let count = paths.withLock { $0.count }
    let files = count == 1 ? "1 file is no text, and was" : "\(count) files are no text, and were"
    return count == 0 ? nil : "\(files) not looked into for secrets"
  }
}
