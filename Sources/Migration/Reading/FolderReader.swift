internal import CLinux
internal import Glibc
internal import SystemPackage

/// What stands in open folders, as the kernel hands it over: a plan of a hundred thousand trees reads a million of them.
@safe
struct FolderReader: ~Copyable {
  enum Kind {
    case folder, link, file
    /// A socket, a pipe or a device.
    case special
  }

  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 8)

  deinit { unsafe buffer.deallocate() }

  /// Hands over each name but `.` and `..`, in no order.
  ///
  /// - Throws: `Errno`.
  func forEach(in folder: CInt, _ body: (_ name: UnsafeBufferPointer<UInt8>, Kind) -> Void) throws(Errno) {
    guard let start = unsafe buffer.baseAddress else { return }
    while true {
      let count = unsafe getdents64(folder, start, buffer.count)
      if count == 0 { return }
      guard count > 0 else { throw Errno(rawValue: errno) }
      var (place, next) = (0, Int64(0))
      while place < count {
        // struct dirent64 of <bits/dirent.h>: inode, offset, the entry's length, the type, the name.
        next = unsafe buffer.load(fromByteOffset: place + 8, as: Int64.self)
        let length = unsafe Int(buffer.load(fromByteOffset: place + 16, as: UInt16.self))
        let type = unsafe Int(buffer[place + 18])
        let text = unsafe (start + place + 19).assumingMemoryBound(to: UInt8.self)
        let name = unsafe UnsafeBufferPointer(start: text, count: strlen(start + place + 19))
        place += length
        if unsafe name[0] == Self.dot, unsafe name.count == 1 || name.count == 2 && name[1] == Self.dot { continue }
        unsafe body(name, Self.kind(type) ?? Self.look(folder, text))
      }
      // ext4 and btrfs say so when nothing comes behind the last name; others are asked once more.
      if next == .max { return }
    }
  }

  private static let dot = UInt8(ascii: ".")

  private static func kind(_ type: Int) -> Kind? {
    switch type {
    case Int(DT_DIR): .folder
    case Int(DT_LNK): .link
    case Int(DT_REG): .file
    case Int(DT_UNKNOWN): nil
    default: .special
    }
  }

  /// For file systems whose folders do not tell what each name is of.
  private static func look(_ folder: CInt, _ name: UnsafePointer<UInt8>) -> Kind {
    var raw = stat()
    let result = unsafe fstatat(
      folder, UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self), &raw, AT_SYMLINK_NOFOLLOW)
    guard result == 0 else { return .special }
    return switch raw.st_mode & S_IFMT {
    case S_IFDIR: .folder
    case S_IFLNK: .link
    case S_IFREG: .file
    default: .special
    }
  }
}
