public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Waits until something happens in folders: by inotify at once, and in any case every half second.
///
/// The half second is for what inotify does not tell: what other hosts do on a network file system, and everything
/// where the kernel has no more watches to give.
public final class FolderWatch {
  private let events: FileDescriptor?

  /// - Parameter usesEvents: `false` looks every half second only.
  public init(usesEvents: Bool = true) {
    let descriptor = usesEvents ? inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK)) : -1
    events = descriptor >= 0 ? FileDescriptor(rawValue: descriptor) : nil
  }

  deinit { try? events?.close() }

  /// Watches a folder from now on; once more is no harm, and takes in one that came to be or was replaced.
  public func add(_ folder: FilePath) {
    guard let events else { return }
    let changes = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF
    _ = unsafe folder.withPlatformString { unsafe inotify_add_watch(events.rawValue, $0, UInt32(changes)) }
  }

  /// Waits until something happens in a folder, or so many milliseconds.
  ///
  /// - Returns: `false` when nobody reads any more what is written to `reader`.
  func wait(reader: FileDescriptor, milliseconds: Int = 500) -> Bool {
    var ends = [
      pollfd(fd: events?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: reader.rawValue, events: 0, revents: 0),
    ]
    guard unsafe poll(&ends, 2, CInt(milliseconds)) > 0 else { return true }
    if ends[0].revents != 0 { forget() }
    return ends[1].revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
  }

  /// Waits until something happens, or so many milliseconds.
  ///
  /// - Parameter end: when this becomes readable there is nothing to wait for any more.
  public func wait(until end: FileDescriptor, milliseconds: Int) {
    var ends = [
      pollfd(fd: events?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: end.rawValue, events: Int16(POLLIN), revents: 0),
    ]
    guard unsafe poll(&ends, 2, CInt(milliseconds)) > 0, ends[0].revents != 0 else { return }
    forget()
  }

  /// Takes the events away; that there were any is enough.
  private func forget() {
    unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      while let count = try? unsafe events?.read(into: buffer), count > 0 {}
    }
  }
}
