public import SystemPackage

/// Temporary files that a process left when it was killed in the middle of a write.
public enum Leftovers {
  /// Removes, from `folder`, what ``DurableFile`` had begun to write there in processes that are gone.
  ///
  /// - Parameter beginning: only temporary files of names that begin so.
  public static func sweep(_ folder: FilePath, beginning: String = "") {
    let hidden = beginning.hasPrefix(".") ? beginning : "." + beginning
    for name in names(in: folder) where name.hasPrefix(hidden) {
      guard let pid = writer(of: name), !exists(FilePath("/proc/\(pid)")) else { continue }
      unlink(folder.appending(name))
    }
  }

  /// The process that a temporary file's name tells of: `.NAME.tmp-PID-SERIAL`.
  private static func writer(of name: String) -> Int? {
    guard let mark = name.ranges(of: ".tmp-").last else { return nil }
    let parts = name[mark.upperBound...].split(separator: "-")
    return parts.count == 2 ? Int(parts[0]) : nil
  }
}
