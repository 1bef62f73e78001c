internal import CLibArchive
internal import Glibc

/// Where a tar's bytes come from, piece by piece.
protocol TarSource: AnyObject {
  /// The next bytes; none at the end. They stay where they are until this is called again.
  func next() throws -> UnsafeRawBufferPointer
}

/// A tar as libarchive reads it.
///
/// To be used on one thread, within ``TarLocale/using(_:)``. Names in extended headers come composed (Unicode NFC), whatever they are there,
/// unless the header calls them binary, or within ``TarLocale/usingBytes(_:)``: libarchive 3.6.2 does so.
@safe struct TarReader: ~Copyable {
  struct Entry {
    var path: [UInt8]
    var type: FileType
    var hardLink: [UInt8]?
    var symbolicLink: [UInt8]?
    var size: Int?
    var mode: UInt16
    var modified: ModificationTime
    /// Whether owner and group are 0, and have no names.
    var isNobodys: Bool
    /// Where in the tar its header begins.
    var offset: Int
    /// What libarchive finds odd about it.
    var warning: String?
  }

  private final class Input {
    let source: any TarSource
    var failure: (any Error)?
    /// Bytes that may come until a header is read; `nil`: any number.
    var left: Int?
    init(_ source: any TarSource) { self.source = source }
  }

  private let archive: OpaquePointer
  private let input: Input
  private var hasBegun = false
  /// Bytes of a member's headers with its map of holes, which libarchive holds in memory, at 46 bytes for 4 of them.
  private static let largestHeader = 16 << 20

  init(_ source: any TarSource) throws {
    // Null only when memory is exhausted, where no Swift program goes on either.
    unsafe archive = archive_read_new()!
    input = Input(source)
    unsafe archive_read_support_format_tar(archive)
    let code = unsafe archive_read_open(
      archive, Unmanaged.passUnretained(input).toOpaque(), nil,
      { _, context, place in
        guard let context = unsafe context, let place = unsafe place else { return -1 }
        let input = unsafe Unmanaged<Input>.fromOpaque(context).takeUnretainedValue()
        do {
          let bytes = try unsafe input.source.next()
          if let left = input.left {
            guard bytes.count <= left else {
              throw ArchiveError(
                .refused, "a member's headers, or its map of holes, take more than \(TarReader.largestHeader) bytes")
            }
            input.left = left - bytes.count
          }
          unsafe place.pointee = bytes.baseAddress
          return bytes.count
        } catch {
          input.failure = error
          return -1
        }
      }, nil)
    if code != ARCHIVE_OK { throw failure(ArchiveError(.damaged, "the tar cannot be read on: \(reason)")) }
  }

  deinit { unsafe archive_read_free(archive) }

  /// The next member; `nil` at the end.
  ///
  /// - Throws: ``ArchiveError`` with code `damaged`, or what the source threw.
  mutating func next() throws -> Entry? {
    // What is left of the member before is none of the next one's headers.
    if hasBegun, unsafe archive_read_data_skip(archive) < ARCHIVE_WARN {
      throw failure(ArchiveError(.damaged, "the tar cannot be read on: \(reason)"))
    }
    hasBegun = true
    var found: OpaquePointer?
    input.left = Self.largestHeader
    let code = unsafe archive_read_next_header(archive, &found)
    input.left = nil
    if code == ARCHIVE_EOF {
      if let failure = input.failure { throw failure }
      // libarchive takes a tar without its end for one that ends there.
      guard unsafe archive_filter_bytes(archive, -1) - archive_read_header_position(archive) >= 512 else {
        throw ArchiveError(.damaged, "the tar is cut short")
      }
      return nil
    }
    guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry = unsafe found else {
      throw failure(ArchiveError(.damaged, "the tar cannot be read on: \(reason)"))
    }
    if let failure = input.failure { throw failure }
    return unsafe Entry(
      path: bytes(archive_entry_pathname(entry)) ?? [],
      type: FileType(mode: UInt32(archive_entry_filetype(entry))),
      hardLink: bytes(archive_entry_hardlink(entry)),
      symbolicLink: bytes(archive_entry_symlink(entry)),
      size: archive_entry_size_is_set(entry) != 0 ? Int(archive_entry_size(entry)) : nil,
      mode: UInt16(archive_entry_perm(entry) & 0o7777),
      modified: ModificationTime(
        seconds: Int64(archive_entry_mtime(entry)), nanoseconds: Int32(clamping: archive_entry_mtime_nsec(entry))),
      isNobodys: archive_entry_uid(entry) == 0 && archive_entry_gid(entry) == 0
        && (bytes(archive_entry_uname(entry)) ?? []).isEmpty && (bytes(archive_entry_gname(entry)) ?? []).isEmpty,
      offset: Int(archive_read_header_position(archive)),
      warning: code == ARCHIVE_WARN && !reason.hasSuffix(Self.notConverted) ? reason : nil)
  }

  /// What it says in a locale of bytes of a name that it gives as it is.
  private static let notConverted = "can't be converted from UTF-8 to current locale."

  /// The content of the member that came last, in pieces, each with its place in it. What lies between them are zeros.
  mutating func content(_ body: (_ offset: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws {
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let code = unsafe archive_read_data_block(archive, &start, &count, &offset)
      if let failure = input.failure { throw failure }
      if code == ARCHIVE_EOF { return }
      guard code == ARCHIVE_OK || code == ARCHIVE_WARN else {
        throw failure(ArchiveError(.damaged, "the tar cannot be read on: \(reason)"))
      }
      try unsafe body(Int(offset), UnsafeRawBufferPointer(start: start, count: count))
    }
  }

  private var reason: String {
    unsafe archive_error_string(archive).map { unsafe String(cString: $0) } ?? "for no reason that libarchive tells"
  }

  private func failure(_ error: ArchiveError) -> any Error { input.failure ?? error }

  private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
    unsafe text.map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }
}
