public import SystemPackage

/// Temporary files that a process left when it was killed in the middle of a write.
public enum Leftovers {
  /// Removes, from `folder`, what ``DurableFile`` had begun to write there in processes that are gone.
  ///
  /// - Parameter beginning: only temporary files of names that begin so.
  public static func sweep(_ folder: FilePath, beginning: String = "") {
    let hidden = beginning.hasPrefix(".") ? beginning : "." + beginning
    for name in (try? unsortedNames(in: folder)) ?? [] where name.utf8.starts(with: hidden.utf8) {
      guard let pid = writer(of: name), !exists(FilePath("/proc/\(pid)")) else { continue }
      unlink(folder.appending(name))
    }
  }

  /// The process that a temporary file's name tells of: `.NAME.tmp-PID-SERIAL`; beside one that is a database, SQLite makes
  /// others.
  private static func writer(of name: String) -> Int? {
    var parts = name.utf8.split(separator: UInt8(ascii: "-"))
    if let last = parts.last, last.elementsEqual("wal".utf8) || last.elementsEqual("shm".utf8) { parts.removeLast() }
    guard parts.count >= 3, parts[parts.count - 3].suffix(4).elementsEqual(".tmp".utf8) else { return nil }
    return Int(Substring(parts[parts.count - 2]))
  }
}
