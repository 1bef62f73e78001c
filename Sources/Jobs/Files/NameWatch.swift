internal import CFiles
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The names that come into folders from a moment on, as the kernel tells of them (inotify): a folder of 100,000 names
/// has then to be listed once, and not each time somebody wants to know what is in it.
///
/// Whoever puts a name there, by whatever means, the kernel has told of it when that call returns. It cannot where
/// another machine may write: ``add(_:)`` refuses all file systems but those of one machine.
final class NameWatch {
  private let events: FileDescriptor

  /// `nil` where the kernel has no more watches to give.
  init?() {
    let descriptor = inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
    events = FileDescriptor(rawValue: descriptor)
  }

  deinit { try? events.close() }

  /// Watches a folder from now on.
  ///
  /// - Returns: the number by which ``take(_:)`` names it, one folder's always the same; `nil` where not every name
  ///   would be told of.
  func add(_ folder: FilePath) -> CInt? {
    let wanted = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
    let number = unsafe folder.withPlatformString { unsafe inotify_add_watch(events.rawValue, $0, UInt32(wanted)) }
    return number >= 0 && isOfOneMachine(folder) ? number : nil
  }

  /// Hands over the names that came since the last call, each with its folder's number.
  ///
  /// - Returns: `false` where some may be missing, and the folders have to be listed again.
  func take(_ body: (CInt, UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
    let header = MemoryLayout<inotify_event>.size
    return unsafe withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
      while true {
        let count: Int
        do {
          count = try unsafe events.read(into: buffer)
        } catch {
          return error as? Errno == .wouldBlock
        }
        var place = 0
        while place + header <= count {
          let event = unsafe buffer.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
          let told = unsafe UnsafeRawBufferPointer(buffer)[place + header..<place + header + Int(event.len)]
          guard event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 else { return false }
          // Filled up with zeros.
          let name = unsafe UnsafeRawBufferPointer(rebasing: told.prefix { $0 != 0 })
          unsafe name.withMemoryRebound(to: UInt8.self) { unsafe body(event.wd, $0) }
          place += header + Int(event.len)
        }
      }
    }
  }

  /// Whether what lies in a folder changes by calls to this machine's kernel only: so it is with ext4 and its forerunners,
  /// XFS, btrfs and tmpfs.
  private func isOfOneMachine(_ folder: FilePath) -> Bool {
    let kind = unsafe folder.withPlatformString { unsafe file_system_kind($0) }
    return [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994].contains(kind)
  }
}
