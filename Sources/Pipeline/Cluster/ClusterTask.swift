internal import Jobs

/// One task of an array, as the cluster's controller tells of it.
struct ClusterTask: Equatable {
  /// How it stands: what is left to happen to it, or how it ended, by Slurm's name.
  enum State: Equatable {
    case waiting
    case running
    case ended(String)
  }

  /// The array's name, which is cpwx's, and its id, which is the cluster's.
  var name: String
  var array: String
  /// `nil`: what is told is of all the array's tasks that have no line of their own.
  var index: Int?
  var state: State
  /// Seconds that it has run.
  var seconds: Double?
  /// Seconds that it may run; `nil`: as long as it wants.
  var limit: Double?
  /// Why the cluster does not begin it before somebody does something about it; `nil` for one that waits for room.
  var hold: String?
  /// Why it is as it is, by Slurm's name; `nil` where it says nothing.
  var reason: String?
  /// Whether the cluster has stopped it for now, and its processes hear of nothing.
  var isSuspended = false

  /// As `scancel` names it.
  var id: String { index.map { "\(array)_\($0)" } ?? array }

  private static let endings: Set<String> = [
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
  ]
  /// Tasks that are in the queue once more, or still, and held there.
  private static let holds: Set<String> = ["REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"]

  /// Reads a line of `squeue --format=%F|%K|%T|%M|%l|%j|%N|%r`; one that tells of tasks that wait tells of many.
  static func read(_ line: Substring) -> [ClusterTask] {
    let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard fields.count >= 6, !fields[0].isEmpty, fields[0].allSatisfy(\.isNumber) else { return [] }
    let word = fields[2]
    let reason = fields.count > 7 && fields[7] != "None" ? fields[7].nonEmpty : nil
    let waits = word == "PENDING" || holds.contains(word)
    let state: State = waits ? .waiting : endings.contains(word) ? .ended(word) : .running
    let hold: String? =
      if holds.contains(word) {
        reason.map { "\(word): \($0)" } ?? word
      } else if waits, let reason, isHeld(reason) || isBeyond(reason) {
        reason
      } else {
        nil
      }
    // An array that was cancelled before any of it began.
    let places: [Int?] = if fields[1] == "N/A", case .ended = state { [nil] } else { indexes(fields[1]) }
    return places.map {
      ClusterTask(
        name: fields[5], array: fields[0], index: $0, state: state, seconds: duration(fields[3]),
        limit: duration(fields[4]), hold: hold, reason: reason, isSuspended: word == "SUSPENDED")
    }
  }

  /// Whether somebody holds a task, or the cluster does: `JobHeldUser`, `launch failed requeued held`.
  static func isHeld(_ reason: String) -> Bool {
    reason.lowercased().contains("held") || holds.contains { reason.hasPrefix($0) }
  }

  /// Whether a task asks for what it can never have there: `PartitionTimeLimit`, `QOSMaxWallDurationPerJobLimit`.
  private static func isBeyond(_ reason: String) -> Bool {
    ["PartitionTimeLimit", "InvalidAccount", "InvalidQOS"].contains(reason) || reason.hasSuffix("PerJobLimit")
  }

  /// `3`, `1-4,7`, `0-99%8`, `0-8:4`.
  private static func indexes(_ text: String) -> [Int] {
    text.prefix { $0 != "%" }.split(separator: ",").flatMap { part -> [Int] in
      let range = part.prefix { $0 != ":" }.split(separator: "-").compactMap { Int($0) }
      let step = part.split(separator: ":").dropFirst().first.flatMap { Int($0) } ?? 1
      guard let first = range.first, let last = range.last, first >= 0, first <= last, last < 10_000_000, step > 0
      else { return [] }
      return Array(stride(from: first, through: last, by: step))
    }
  }

  /// `MM:SS`, `HH:MM:SS`, `D-HH:MM:SS`; `nil` for `UNLIMITED` and its like.
  static func duration(_ text: String) -> Double? {
    let parts = text.split(separator: "-")
    guard let clock = parts.last, parts.count <= 2 else { return nil }
    let numbers = clock.split(separator: ":").map { Double($0) }
    guard numbers.count >= 2, !numbers.contains(nil) else { return nil }
    let seconds = numbers.reduce(0) { $0 * 60 + ($1 ?? 0) }
    return seconds + (parts.count == 2 ? (Double(parts[0]) ?? 0) * 86_400 : 0)
  }
}
