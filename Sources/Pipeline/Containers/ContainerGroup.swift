internal import Jobs
internal import SystemPackage

/// What a container took so far.
struct ContainerUse: Equatable {
  /// Bytes that it held at a time and could not have done without: file contents that were read once are not counted, as
  /// `docker stats` does not count them.
  var peakMemoryBytes: Int
  /// User and system time.
  var cpuSeconds: Double

  func followed(by later: ContainerUse) -> ContainerUse {
    ContainerUse(
      peakMemoryBytes: max(peakMemoryBytes, later.peakMemoryBytes), cpuSeconds: max(cpuSeconds, later.cpuSeconds))
  }
}

/// The control group of a container of this machine, of either version (cgroup-v1/memory.rst and cgroup-v2.rst of the
/// kernel's documentation). It goes with the container, and so is looked at while that lives.
struct ContainerGroup {
  private let memory: FilePath
  private let cpu: FilePath
  private let isVersion2: Bool

  /// - Parameters:
  ///   - pid: the container's first process, as the daemon tells it.
  ///   - id: the container's; groups are named by it.
  /// - Returns: `nil` when that process is none of that container here: the daemon is on another machine, say.
  init?(of pid: Int, id: String) {
    guard let bytes = try? DurableFile.read(FilePath("/proc/\(pid)/cgroup")) else { return nil }
    // NUMBER:CONTROLLERS:PATH
    var folders: [String: FilePath] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].contains(id) else { continue }
      for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        folders[String(controller)] = FilePath("/sys/fs/cgroup/\(controller)").pushing(
          FilePath(String(parts[2].drop { $0 == "/" })))
      }
    }
    if let memory = folders["memory"], let cpu = folders["cpuacct"] {
      (self.memory, self.cpu, isVersion2) = (memory, cpu, false)
    } else if let group = folders[""] {
      (memory, cpu, isVersion2) = (group, group, true)
    } else {
      return nil
    }
  }

  /// What it takes now; `nil` when the group has gone.
  func use() -> ContainerUse? {
    if isVersion2 {
      guard let held = number(memory, "memory.current"), let spare = number(memory, "memory.stat", "inactive_file"),
        let microseconds = number(cpu, "cpu.stat", "usage_usec")
      else { return nil }
      return ContainerUse(peakMemoryBytes: max(0, held - spare), cpuSeconds: Double(microseconds) / 1e6)
    }
    guard let held = number(memory, "memory.usage_in_bytes"),
      let spare = number(memory, "memory.stat", "total_inactive_file"), let nanoseconds = number(cpu, "cpuacct.usage")
    else { return nil }
    return ContainerUse(peakMemoryBytes: max(0, held - spare), cpuSeconds: Double(nanoseconds) / 1e9)
  }

  /// The number in a file, or on the line of it that begins with `key`.
  private func number(_ folder: FilePath, _ file: String, _ key: String? = nil) -> Int? {
    guard let bytes = try? DurableFile.read(folder.appending(file)) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let key else { return lines.first.flatMap { Int($0) } }
    return lines.first { $0.hasPrefix(key + " ") }.flatMap { Int($0.dropFirst(key.count + 1)) }
  }
}
