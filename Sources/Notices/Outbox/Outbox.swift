internal import Jobs
internal import Synchronization
internal import SystemPackage

/// `.cpwx/outbox`: what is to be delivered, a file each, until it is.
///
/// What cannot be written, on a full disk say, is kept in memory, so that this process can deliver it all the same.
final class Outbox: Sendable {
  private let folder: FilePath
  /// What the target does not want.
  let undelivered: FilePath
  private let unsaved = Mutex<[String: Parcel]>([:])

  /// Microseconds: 30 days.
  static let longestStay: Int64 = 30 * 86_400 * 1_000_000
  /// Files in one folder for one target.
  private let mostParcels: Int

  init(_ workspace: Workspace, mostParcels: Int = 500) {
    self.mostParcels = mostParcels
    folder = workspace.stateFolder.appending("outbox")
    undelivered = folder.appending("undelivered")
  }

  /// Keeps a parcel until it is removed. One that is there already stays as it is.
  ///
  /// - Throws: ``JobError`` with code `io` when it could not be written, and is only in memory.
  func add(_ parcel: Parcel) throws {
    do {
      try makeFolder(folder, mode: .ownerReadWriteExecute)
      // As many as there may be, this one among them.
      limit(folder, parcel.target, to: mostParcels - 1)
      guard !exists(folder.appending(parcel.name)) else { return }
      try DurableFile.write(parcel.document.bytes(), to: folder.appending(parcel.name), mode: .ownerReadWrite)
    } catch {
      unsaved.withLock { if $0.count < mostParcels { $0[parcel.name] = parcel } }
      throw error
    }
  }

  /// The names of what waits for a target, oldest first.
  func waiting(for target: NoticeTarget) -> [String] {
    let kept = parcels(in: folder, target) + unsaved.withLock { $0.values.filter { $0.target == target } }
    return kept.sorted { ($0.created, $0.name) < ($1.created, $1.name) }.map(\.name)
  }

  /// How many of those that wait are on no disk, and are lost when this process ends.
  func unsavedCount(for target: NoticeTarget) -> Int {
    unsaved.withLock { $0.values.count { $0.target == target } }
  }

  /// Works on one parcel that nobody else works on at the same time.
  ///
  /// - Parameter body: tells what is to become of it; not called when another has delivered it meanwhile.
  /// - Returns: `false` when another process is at the target's parcels now.
  func handle(_ name: String, for target: NoticeTarget, _ body: (Parcel) -> Disposal) throws -> Bool {
    if let parcel = unsaved.withLock({ $0[name] }) {
      let disposal = body(parcel)
      unsaved.withLock { unsaved in
        unsaved[name] = nil
        // There may be room on the disk by now.
        switch disposal {
        case .remove: break
        case .keep(let parcel): if (try? write(parcel, in: folder)) == nil { unsaved[name] = parcel }
        case .giveUp(let parcel): try? setAside(parcel)
        }
      }
      return true
    }
    guard let lock = try lock(target) else { return false }
    let result = Result { try dispose(of: name, target, body) }
    _ = consume lock
    try result.get()
    return true
  }

  /// - Returns: `nil` when another process has it.
  private func lock(_ target: NoticeTarget) throws -> FileLock? {
    do {
      return try FileLock.take(folder.appending(".\(target.rawValue).lock"), subject: "the outbox")
    } catch let error as JobError where error.code == .locked {
      return nil
    }
  }

  private func dispose(of name: String, _ target: NoticeTarget, _ body: (Parcel) -> Disposal) throws {
    guard let parcel = read(folder.appending(name)) else { return }
    switch body(parcel) {
    case .remove: unlink(folder.appending(name))
    case .keep(let parcel): try write(parcel, in: folder)
    case .giveUp(let parcel):
      try setAside(parcel)
      unlink(folder.appending(name))
    }
  }

  private func setAside(_ parcel: Parcel) throws {
    try makeFolder(undelivered, mode: .ownerReadWriteExecute)
    limit(undelivered, parcel.target, to: mostParcels - 1)
    try write(parcel, in: undelivered)
  }

  enum Disposal {
    case remove
    /// It is tried again.
    case keep(Parcel)
    /// It is put aside for the admin.
    case giveUp(Parcel)
  }

  /// Removes what is older than 30 days, and what killed writers left.
  ///
  /// - Returns: how many were never delivered and are gone.
  func sweep() -> Int {
    let oldest = Timestamp.now.microseconds - Self.longestStay
    var gone = 0
    for place in [folder, undelivered] {
      Leftovers.sweep(place)
      for target in NoticeTarget.allCases {
        for name in fileNames(in: place, target) {
          let path = place.appending(name)
          // What is no parcel, damaged or of another hand, has its file's age.
          let modified = (try? FileStatus(of: path)).map { $0.modified / 1000 }
          guard let created = read(path)?.created ?? modified, created < oldest else { continue }
          if unlink(path), place == folder { gone += 1 }
        }
      }
    }
    return gone
  }

  private func write(_ parcel: Parcel, in folder: FilePath) throws {
    try DurableFile.write(parcel.document.bytes(), to: folder.appending(parcel.name), mode: .ownerReadWrite)
  }

  /// Makes room by removing the oldest.
  private func limit(_ folder: FilePath, _ target: NoticeTarget, to count: Int) {
    guard fileNames(in: folder, target).count > count else { return }
    let sorted = parcels(in: folder, target).sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    for parcel in sorted.dropLast(count) { unlink(folder.appending(parcel.name)) }
  }

  private func parcels(in folder: FilePath, _ target: NoticeTarget) -> [Parcel] {
    fileNames(in: folder, target).compactMap { read(folder.appending($0)) }
  }

  private func fileNames(in folder: FilePath, _ target: NoticeTarget) -> [String] {
    names(in: folder).filter { $0.hasSuffix(".\(target.rawValue).json") && !$0.hasPrefix(".") }
  }

  /// A file that another has removed, or that is no parcel, is none.
  private func read(_ path: FilePath) -> Parcel? {
    guard let document = (try? DurableFile.read(path)).flatMap({ try? JSON(parsing: $0) }),
      let parcel = Parcel(document), parcel.name == path.lastComponent?.string
    else { return nil }
    return parcel
  }
}
