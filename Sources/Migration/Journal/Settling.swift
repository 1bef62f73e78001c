internal import Jobs
internal import Synchronization

/// Trees that are being brought to the disk, and after that into the journal, while others are moved.
///
/// What the journal says of them waits for no disk of its own: the next wait brings it there, or the last line's. Where a power
/// cut comes first, they are looked at again, and nothing is left to be done to them.
struct Settling {
  /// Groups of trees that wait together.
  struct Groups {
    var count = 0
    /// The file systems that they were written to.
    var devices = Devices()
    /// What the journal says of them, once they are on the disk.
    var records: [JSON] = []
  }

  private final class Ending: Sendable {
    let result = Mutex<Result<Void, any Error>?>(nil)
  }

  private let thread: StartedThread?
  private let ending = Ending()

  /// - Parameter writer: nobody else's until this was waited for.
  init(_ groups: Groups, _ writer: LineWriter) {
    nonisolated(unsafe) let writer = writer
    let (devices, records) = (groups.devices, groups.records)
    let work: @Sendable () -> Void = { [ending] in
      let result = Result {
        try devices.sync()
        for record in records { try unsafe writer.add(record) }
        try unsafe writer.flush()
      }
      ending.result.withLock { $0 = result }
    }
    thread = StartedThread(work)
    if thread == nil { work() }
  }

  /// Whether waiting takes no time any more.
  var isOver: Bool { ending.result.withLock { $0 != nil } }

  /// To be called once.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func wait() throws {
    thread?.join()
    try ending.result.withLock { $0 }?.get()
  }
}
