internal import Jobs

/// How large an array may be on a cluster: what its slurm.conf says, or Slurm where that says nothing.
struct ArrayLimits: Equatable {
  /// As many as an array may have, and not the whole queue be full of it.
  var tasks = 1000
  /// Bytes of the script, in which every task's folder stands: `max_script_size`.
  var script = 4 << 20

  init() {}

  /// - Parameter config: what `scontrol show config` tells.
  init(config: String) {
    var values: [Substring: String] = [:]
    for line in config.split(whereSeparator: \.isNewline) {
      guard let mark = line.firstIndex(of: "=") else { continue }
      let key = line[..<mark].prefix { !$0.isWhitespace }
      values[key] = line[line.index(after: mark)...].filter { !$0.isWhitespace }
    }
    func number(_ key: Substring) -> Int? { values[key].flatMap { Int($0) } }
    tasks = max(1, min(number("MaxArraySize") ?? 1001, (number("MaxJobCount") ?? 10_000) / 4))
    let said = values["SchedulerParameters"]?.split(separator: ",").last { $0.hasPrefix("max_script_size=") }
    if let bytes = said?.split(separator: "=").last.flatMap({ Int($0) }), bytes > 0 { script = bytes }
  }
}
