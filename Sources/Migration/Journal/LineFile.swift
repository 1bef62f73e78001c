internal import Glibc
internal import Jobs
internal import SystemPackage

/// Writes lines of JSON to the end of a file, and waits for the disk when told to.
final class LineWriter {
  private let file: FileDescriptor
  private let path: FilePath
  private var buffer: [UInt8] = []
  /// Lines longer than this go to the file at once.
  private static let room = 1 << 20

  /// Goes on behind the last whole line: a line that was cut off is no line.
  ///
  /// - Throws: ``JobError`` with code `io`.
  init(_ path: FilePath) throws {
    self.path = path
    do {
      file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
      let end = try Self.endOfLastLine(file)
      FaultPoint.pass()
      guard ftruncate(file.rawValue, Int(end)) == 0 else { throw Errno(rawValue: errno) }
      try file.seek(offset: end, from: .start)
    } catch {
      throw Steps.failed(path, "the journal cannot be opened", error)
    }
  }

  deinit { try? file.close() }

  func add(_ record: JSON) throws { try add(record.bytes(.compact)) }

  /// - Parameter line: without its end.
  func add(_ line: [UInt8]) throws {
    buffer += line
    buffer.append(0x0A)
    if buffer.count > Self.room { try flush() }
  }

  /// Hands over to the system all that was added: who kills this process loses nothing of it, a power cut may.
  func flush() throws {
    guard !buffer.isEmpty else { return }
    FaultPoint.pass()
    do {
      try file.writeAll(buffer)
    } catch {
      throw Steps.failed(path, "the journal cannot be written", error)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Brings all that was added to the disk.
  func sync() throws {
    try flush()
    FaultPoint.pass()
    guard fsync(file.rawValue) == 0 else {
      throw Steps.failed(path, "the journal cannot be brought to the disk", Errno(rawValue: errno))
    }
  }

  private static func endOfLastLine(_ file: FileDescriptor) throws -> Int64 {
    var end = try file.seek(offset: 0, from: .end)
    var piece = [UInt8](repeating: 0, count: 4096)
    while end > 0 {
      let start = max(0, end - Int64(piece.count))
      let count = try unsafe piece.withUnsafeMutableBytes {
        try unsafe file.read(
          fromAbsoluteOffset: start, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<Int(end - start)]))
      }
      if let last = piece[..<count].lastIndex(of: 0x0A) { return start + Int64(last) + 1 }
      end = start
    }
    return 0
  }
}

/// Reads a file of JSON a line at a time.
struct LineReader {
  let path: FilePath

  /// Hands over each whole line with where it begins; a last one without its end is none.
  ///
  /// - Throws: ``JobError`` with code `io` or `damaged`, and what `body` throws.
  func forEach(_ body: (JSON, Int64) throws -> Void) throws {
    try forEachLine { line, offset in try body(try parse(line), offset) }
  }

  /// The same, of lines that nobody has looked into.
  func forEachLine(_ body: (ArraySlice<UInt8>, Int64) throws -> Void) throws {
    guard let file = try open() else { return }
    defer { try? file.close() }
    var rest: [UInt8] = []
    var offset: Int64 = 0
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count: Int
      do {
        count = try unsafe piece.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
      } catch {
        throw JobError(.io, path.string, "cannot be read", underlying: error)
      }
      if count == 0 { return }
      rest += piece[..<count]
      var start = 0
      while let end = rest.endOfLine(from: start) {
        try body(rest[start..<end], offset + Int64(start))
        start = end + 1
      }
      rest.removeFirst(start)
      offset += Int64(start)
    }
  }

  /// The last whole line; `nil` where there is none.
  func last() throws -> JSON? {
    guard let file = try open() else { return nil }
    defer { try? file.close() }
    var start = try file.seek(offset: 0, from: .end)
    var tail: [UInt8] = []
    while start > 0 {
      let begin = max(0, start - 1 << 16)
      var piece = [UInt8](repeating: 0, count: Int(start - begin))
      let count = try unsafe piece.withUnsafeMutableBytes { try unsafe file.read(fromAbsoluteOffset: begin, into: $0) }
      tail = piece[..<count] + tail
      start = begin
      guard let end = tail.lastIndex(of: 0x0A) else { continue }
      if let before = tail[..<end].lastIndex(of: 0x0A) { return try parse(tail[(before + 1)..<end]) }
      if start == 0 { return try parse(tail[..<end]) }
    }
    return nil
  }

  private func open() throws -> FileDescriptor? {
    do {
      return try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    } catch Errno.noSuchFileOrDirectory {
      return nil
    } catch {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
  }

  /// The line that begins there.
  func line(at offset: Int64) throws -> JSON {
    do {
      return try parse(bytes(at: offset))
    } catch let error as Errno {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
  }

  private func bytes(at offset: Int64) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    defer { try? file.close() }
    var line: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = try unsafe piece.withUnsafeMutableBytes {
        try unsafe file.read(fromAbsoluteOffset: offset + Int64(line.count), into: $0)
      }
      if count == 0 { throw JobError(.damaged, path.string, "is cut short") }
      if let end = piece[..<count].firstIndex(of: 0x0A) { return line + piece[..<end] }
      line += piece[..<count]
    }
  }

  /// - Throws: ``JobError`` with code `damaged`.
  func parse(_ bytes: some Collection<UInt8>) throws -> JSON {
    do {
      return try JSON(parsing: Array(bytes))
    } catch {
      throw JobError(
        .damaged, path.string, "a line of the journal cannot be read", remedy: "Nothing was changed.", underlying: error
      )
    }
  }
}

extension [UInt8] {
  /// Where the next line break is.
  fileprivate func endOfLine(from start: Int) -> Int? {
    unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      return unsafe memchr(base + start, 0x0A, bytes.count - start).map { unsafe UnsafeRawPointer($0) - base }
    }
  }
}
