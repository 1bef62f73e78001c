internal import Dispatch
internal import Glibc
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// A workspace of many jobs, as cpwx would have left it. What is there already is kept, so that it grows step by step.
struct SyntheticWorkspace {
  private let root: FilePath
  /// The day of the first job.
  private let firstDay: Int

  init(_ root: FilePath, from firstDay: Int = 0) { (self.root, self.firstDay) = (root, firstDay) }

  /// How many jobs there are, as the last call left them.
  private var marker: FilePath { root.appending("synthetic-jobs") }

  func grow(to count: Int) throws {
    try makeFolder(root.appending("config"))
    try write("USER_ID=1\n", to: root.appending("config").appending(".env"))
    let standing = standingCount ?? 0
    guard count > standing else { return }
    let days = standing / SyntheticDay.jobs...(count - 1) / SyntheticDay.jobs
    let trouble = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: days.count) { offset in
      let day = days.lowerBound + offset
      do {
        let first = day * SyntheticDay.jobs
        try write(max(standing, first)..<min(count, first + SyntheticDay.jobs), of: SyntheticDay(firstDay + day))
      } catch { trouble.withLock { $0 = error } }
    }
    if let error = trouble.withLock({ $0 }) { throw error }
    try write("\(count)\n", to: marker)
  }

  private var standingCount: Int? {
    guard let bytes = try? DurableFile.read(marker) else { return nil }
    return Int(String(decoding: bytes.dropLast(), as: UTF8.self))
  }

  private func write(_ numbers: Range<Int>, of day: SyntheticDay) throws {
    for user in SyntheticJob.users {
      try makeFolder(root.appending("out").pushing(FilePath("\(day.folders)/\(user)")))
    }
    for number in numbers {
      let job = SyntheticJob(number, on: day)
      let folder = root.pushing(FilePath(job.folder))
      try makeFolder(folder)
      try write(job.manifest, to: folder.appending("manifest.json"))
      try write(job.info, to: folder.appending("job_info.json"))
    }
  }

  private func write(_ text: String, to path: FilePath) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }
}
