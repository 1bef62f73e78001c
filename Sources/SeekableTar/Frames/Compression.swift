internal import CZstd
internal import SystemPackage

/// Makes frames.
@safe struct Compressor: ~Copyable {
  private let context: OpaquePointer

  init() throws(ArchiveError) {
    guard let context = unsafe ZSTD_createCCtx() else { throw Self.noMemory }
    unsafe self.context = context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// - Returns: the bytes of `frame` that were written: size known, checksum on.
  mutating func compress(_ plain: UnsafeRawBufferPointer, level: Int, into frame: UnsafeMutableRawBufferPointer)
    throws(ArchiveError) -> Int
  {
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level))
    let count = unsafe ZSTD_compress2(context, frame.baseAddress, frame.count, plain.baseAddress, plain.count)
    // The level is one that zstd has, and a frame has room for the worst: nothing else can be wrong.
    if ZSTD_isError(count) != 0 { throw Self.noMemory }
    return count
  }

  static var noMemory: ArchiveError {
    ArchiveError(.io, "the archive cannot be written", underlying: Errno.noMemory)
  }

  /// The library's version: "1.5.4".
  static var version: String { unsafe String(cString: ZSTD_versionString()) }
}

/// Reads frames.
@safe struct Decompressor: ~Copyable {
  private let context: OpaquePointer

  init() throws(ArchiveError) {
    guard let context = unsafe ZSTD_createDCtx() else { throw Self.noMemory }
    unsafe self.context = context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// zstd has not got what it needs to read.
  static var noMemory: ArchiveError { ArchiveError(.io, "cannot be read", underlying: Errno.noMemory) }

  /// Decompresses `bytes`, which must be one frame, of so many bytes of content.
  ///
  /// - Returns: what is wrong with it; `nil` when nothing is.
  mutating func decompress(_ bytes: UnsafeRawBufferPointer, into plain: UnsafeMutableRawBufferPointer) -> String? {
    guard bytes.count >= 4, unsafe bytes.loadUnaligned(as: UInt32.self).littleEndian == ZSTD_MAGICNUMBER else {
      return "no zstd frame"
    }
    let length = unsafe ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count)
    if let flaw = zstdFlaw(length) { return flaw }
    if length != bytes.count { return "ends after \(length) bytes instead of \(bytes.count)" }
    let count = unsafe ZSTD_decompressDCtx(context, plain.baseAddress, plain.count, bytes.baseAddress, bytes.count)
    if let flaw = zstdFlaw(count) { return flaw }
    return count == plain.count ? nil : "holds \(count) bytes instead of \(plain.count)"
  }
}

/// What libzstd says of a result that is an error.
func zstdFlaw(_ result: Int) -> String? {
  ZSTD_isError(result) == 0 ? nil : unsafe String(cString: ZSTD_getErrorName(result)).lowercased()
}
