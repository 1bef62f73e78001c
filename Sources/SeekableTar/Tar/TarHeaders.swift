internal import CLibArchive

/// The headers of a tar, as libarchive writes them: pax, with the modification time to the nanosecond, owner 0 without a name, no other
/// times. What comes between them, the members' content, does not go through here.
///
/// To be used on one thread, within ``TarLocale/using(_:)``.
@safe struct TarHeaders: ~Copyable {
  /// Bytes of zeros that end a tar.
  static let endSize = 1024

  private let entry: OpaquePointer
  private let writer: TarWriter
  /// For names that readers would take for other ones.
  private let binary: TarWriter

  init() throws(ArchiveError) {
    let (writer, binary) = (try TarWriter(isBinary: false), try TarWriter(isBinary: true))
    // Null only when memory is exhausted, where no Swift program goes on either.
    unsafe entry = archive_entry_new()!
    (self.writer, self.binary) = (writer, binary)
  }

  deinit { unsafe archive_entry_free(entry) }

  /// The bytes that go before a member's content, extended header included.
  mutating func header(for member: Member) throws(ArchiveError) -> [UInt8] {
    unsafe archive_entry_clear(entry)
    unsafe withCString(member.path.bytes) { unsafe archive_entry_copy_pathname(entry, $0) }
    unsafe archive_entry_set_filetype(entry, FileType(member.kind).rawValue)
    unsafe archive_entry_set_perm(entry, mode_t(member.mode))
    unsafe archive_entry_set_mtime(entry, time_t(member.modified.seconds), Int(member.modified.nanoseconds))
    switch member.kind {
    case .file, .folder: unsafe archive_entry_set_size(entry, la_int64_t(member.size))
    case .symbolicLink: unsafe withCString(member.target) { unsafe archive_entry_copy_symlink(entry, $0) }
    case .hardLink: unsafe withCString(member.target) { unsafe archive_entry_copy_hardlink(entry, $0) }
    }
    let bytes = try unsafe writer.header(of: entry, member.path)
    // Readers compose the accents of what is called UTF-8 there, and so would give the file another name.
    return try comesBack(bytes, as: member) ? bytes : try unsafe binary.header(of: entry, member.path)
  }

  /// The bytes at the tar's end.
  mutating func end() throws(ArchiveError) -> [UInt8] { try writer.end() }

  /// Whether libarchive reads the names that it has written.
  private func comesBack(_ header: [UInt8], as member: Member) throws(ArchiveError) -> Bool {
    if member.path.bytes.allSatisfy({ $0 < 0x80 }), member.target.allSatisfy({ $0 < 0x80 }) { return true }
    let source = try HeaderSource(header)
    do {
      var reader = try TarReader(source)
      guard let found = try reader.next() else { return true }
      var path = found.path
      if member.kind == .folder, path.last == UInt8(ascii: "/") { path.removeLast() }
      return path == member.path.bytes && (found.hardLink ?? found.symbolicLink ?? []) == member.target
    } catch {
      return true
    }
  }
}

/// One header as a tar's bytes.
private final class HeaderSource: TarSource {
  private let buffer: PageBuffer
  private var count: Int

  init(_ header: [UInt8]) throws(ArchiveError) {
    buffer = try PageBuffer(byteCount: header.count, orThrow: Compressor.noMemory)
    buffer.copy(header, at: 0)
    count = header.count
  }

  func next() -> UnsafeRawBufferPointer {
    defer { count = 0 }
    return unsafe buffer.bytes(0..<count)
  }
}

/// What libarchive writes headers with.
@safe private final class TarWriter {
  /// What libarchive has put out.
  private final class Output {
    var bytes: [UInt8] = []
    /// libarchive fills up contents it was not given with zeros: those are not wanted.
    var isWanted = true
  }

  private let archive: OpaquePointer
  private let output = Output()

  /// - Parameter isBinary: names are told to be bytes of no encoding.
  init(isBinary: Bool) throws(ArchiveError) {
    // Null only when memory is exhausted, where no Swift program goes on either.
    unsafe archive = archive_write_new()!
    unsafe archive_write_set_format_pax(archive)
    if isBinary { unsafe archive_write_set_options(archive, "hdrcharset=BINARY") }
    // Each piece as it comes, no blocks of 10 KiB.
    unsafe archive_write_set_bytes_per_block(archive, 0)
    let code = unsafe archive_write_open2(
      archive, Unmanaged.passUnretained(output).toOpaque(), nil,
      { _, context, bytes, count in
        if let context = unsafe context, let bytes = unsafe bytes {
          let output = unsafe Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
          if output.isWanted {
            unsafe output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
          }
        }
        return count
      }, nil, nil)
    if code != ARCHIVE_OK { throw ArchiveError(.io, "the archive cannot be written: no tar can be begun") }
  }

  deinit {
    // Else the contents it was not given would come now, as zeros.
    unsafe archive_write_fail(archive)
    unsafe archive_write_free(archive)
  }

  func header(of entry: OpaquePointer, _ path: MemberPath) throws(ArchiveError) -> [UInt8] {
    finishEntry()
    let code = unsafe archive_write_header(archive, entry)
    // A name that is no UTF-8 is written byte for byte, and a warning given.
    if code != ARCHIVE_OK, code != ARCHIVE_WARN || output.bytes.isEmpty {
      let reason = unsafe archive_error_string(archive).map { unsafe String(cString: $0) } ?? "error \(code)"
      throw ArchiveError(.unsupported, path, "the archive cannot be written: \(reason)")
    }
    return output.bytes
  }

  func end() throws(ArchiveError) -> [UInt8] {
    finishEntry()
    let code = unsafe archive_write_close(archive)
    guard code == ARCHIVE_OK, output.bytes.count == TarHeaders.endSize else {
      throw ArchiveError(.io, "the archive cannot be written: the tar cannot be ended")
    }
    return output.bytes
  }

  /// What is left of the member before comes first.
  private func finishEntry() {
    output.isWanted = false
    unsafe archive_write_finish_entry(archive)
    output.isWanted = true
    output.bytes.removeAll(keepingCapacity: true)
  }
}

/// Of a tar's entries, and the kernel's files.
struct FileType: RawRepresentable, Equatable {
  let rawValue: UInt32

  static let mask: UInt32 = 0o170000
  static let file = FileType(rawValue: 0o100000)
  static let folder = FileType(rawValue: 0o040000)
  static let symbolicLink = FileType(rawValue: 0o120000)
  static let fifo = FileType(rawValue: 0o010000)
  static let socket = FileType(rawValue: 0o140000)

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(mode: UInt32) { rawValue = mode & Self.mask }

  init(_ kind: Member.Kind) {
    switch kind {
    case .file, .hardLink: self = .file
    case .folder: self = .folder
    case .symbolicLink: self = .symbolicLink
    }
  }

  var name: String {
    switch self {
    case .file: "a file"
    case .folder: "a folder"
    case .symbolicLink: "a symbolic link"
    case .fifo: "a FIFO"
    case .socket: "a socket"
    default: "a device"
    }
  }
}
