internal import Glibc
public import Jobs
internal import Synchronization
internal import SystemPackage

/// The lanes of a workspace: no more stages of one kind run at a time than their lane has places, in all processes
/// together.
///
/// A place is a lock on `.cpwx/lanes/LANE/N`, so that it is free again whatever becomes of its holder. Who finds none
/// free draws a ticket, `wait-TIME-PID-N`, and holds its lock: the oldest ticket whose holder lives goes first.
public final class Lanes: Sendable {
  /// How many places each lane has; one that is not named has one.
  public let sizes: [String: Int]
  /// `nil`: whoever started this process has seen to the room that its one job needs.
  private let folder: FilePath?
  private let freed = WakeUp()
  private let drawn = Mutex(0)

  /// Seconds between looks at what other processes hold.
  private static let pause = 0.1

  public init(in workspace: Workspace, sizes: [String: Int]) {
    self.sizes = sizes
    folder = workspace.stateFolder.appending("lanes")
  }

  /// No lanes, for one job alone on a place that a cluster has given it.
  init() { (sizes, folder) = ([:], nil) }

  /// Takes a place in a lane.
  ///
  /// - Parameter beforeWaiting: called when there is none free now.
  /// - Returns: `nil` when the run was told to stop before there was one.
  /// - Throws: ``JobError`` with code `io`, or what `beforeWaiting` throws.
  func take(_ lane: String, stop: StopSource, beforeWaiting: () throws -> Void) throws -> LanePlace? {
    guard let places = folder?.appending(lane) else { return LanePlace(lock: nil, freed: freed) }
    try makeFolder(places)
    if tickets(places).isEmpty, let place = try freePlace(of: lane, places) { return place }
    try beforeWaiting()
    let ticket = places.appending(newTicket())
    let turn = try FileLock.take(ticket, subject: ticket.string)
    defer {
      unlink(ticket)
      freed.signal()
    }
    while stop.level == .none {
      if isFirst(ticket, places), let place = try freePlace(of: lane, places) { return place }
      freed.wait(atMost: Self.pause)
    }
    _ = consume turn
    return nil
  }

  private func freePlace(of lane: String, _ places: FilePath) throws -> LanePlace? {
    for number in 1...max(1, sizes[lane] ?? 1) {
      do {
        return LanePlace(
          lock: try FileLock.take(places.appending(String(number)), subject: lane, looks: 1), freed: freed)
      } catch let error as JobError where error.code == .locked {
        continue
      }
    }
    return nil
  }

  private func tickets(_ places: FilePath) -> [String] { names(in: places).filter { $0.hasPrefix("wait-") } }

  /// By the clock since the machine's start, which nobody turns, so that names sort by age.
  private func newTicket() -> String {
    var now = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &now)
    let digits = String(Int(now.tv_sec) * 1_000_000_000 + Int(now.tv_nsec))
    let serial = drawn.withLock { drawn in
      drawn += 1
      return drawn
    }
    return "wait-" + String(repeating: "0", count: max(0, 20 - digits.count)) + digits + "-\(getpid())-\(serial)"
  }

  private func isFirst(_ ticket: FilePath, _ places: FilePath) -> Bool {
    for name in tickets(places) {
      if name == ticket.lastComponent?.string { return true }
      let other = places.appending(name)
      if FileLock.isHeld(other) { return false }
      // Its holder died, or has made it and not locked it yet: it goes only while nobody can lock it.
      if let left = try? FileLock.take(other, subject: name, looks: 1) {
        unlink(other)
        _ = consume left
      } else if FileLock.isHeld(other) {
        return false
      }
    }
    return true
  }
}

/// A place in a lane, which is held until ``release()``, or for as long as this value.
struct LanePlace: ~Copyable {
  fileprivate let lock: FileLock?
  fileprivate let freed: WakeUp

  consuming func release() {
    let freed = freed
    _ = consume self
    freed.signal()
  }
}
