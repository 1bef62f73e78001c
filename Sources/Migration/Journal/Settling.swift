internal import Jobs
internal import Synchronization

/// Trees that are being brought to the disk, and after that into the journal, while others are moved.
struct Settling {
  private final class Trouble: Sendable {
    let error = Mutex<(any Error)?>(nil)
  }

  private let thread: StartedThread?
  private let trouble = Trouble()

  /// - Parameters:
  ///   - records: what the journal says of them, once they are on the disk.
  ///   - writer: nobody else's until this was waited for.
  init(on devices: Devices, _ records: [JSON], _ writer: LineWriter) {
    nonisolated(unsafe) let writer = writer
    let work: @Sendable () -> Void = { [trouble] in
      do {
        try devices.sync()
        for record in records { try writer.add(record) }
        try writer.sync()
      } catch {
        trouble.error.withLock { $0 = error }
      }
    }
    thread = StartedThread(work)
    if thread == nil { work() }
  }

  /// To be called once.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func wait() throws {
    thread?.join()
    if let error = trouble.error.withLock({ $0 }) { throw error }
  }
}
