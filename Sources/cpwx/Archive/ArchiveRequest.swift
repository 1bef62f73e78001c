internal import Archive
internal import Glibc
internal import Index
internal import Jobs
internal import Pipeline
internal import SeekableTar
internal import Synchronization

/// What a `cpwx archive` asks for, its options brought together.
struct ArchiveRequest {
  private let workspace: Workspace
  private let choice: ArchiveChoice
  private let options: JobArchiving.Options
  private let atATime: Int
  private static let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  init(_ command: ArchiveCreateCommand) throws {
    let workspace = try command.workOptions.open()
    self.workspace = workspace
    var choice = ArchiveChoice()
    (choice.names, choice.force, choice.user) = (command.jobs, command.force, command.user)
    for name in command.jobs where name.hasSuffix(".tar.zst") {
      throw JobError(
        .usage, name, "is an archive already", remedy: "Look into it with: cpwx archive show, verify or extract \(name)"
      )
    }
    choice.before = try command.olderThan.map { try momentOption($0, "--older-than") }
    choice.over = try command.over.map { try partOption($0, "--over", asIn: "80%") }
    if let status = command.status {
      choice.statuses = status.split(separator: ",").map(String.init)
      let known = ArchiveChoice.knownStatuses
      for value in choice.statuses where !known.contains(value) {
        let near = didYouMean(value, among: known)
        throw JobError(
          .usage, "--status \(status)", "'\(value)' is no status.\(near) Expected: \(known.joined(separator: " "))")
      }
    }
    choice.keepsJobs = command.keep || command.redact
    self.choice = choice
    var options = JobArchiving.Options()
    (options.keepsJob, options.force) = (command.keep, command.force)
    let environment = processEnvironment()
    let configured = environment["ARCHIVE_EXCLUDE"] ?? workspace.config["ARCHIVE_EXCLUDE"] ?? ""
    let patterns = command.exclude.isEmpty ? configured.split { ", \n".contains($0) }.map(String.init) : command.exclude
    options.excluding = patterns.filter { !$0.isEmpty }.map { Glob($0) }
    if command.redact {
      options.redacting = { Secrets.values(ofJobIn: $0.output, workspace: workspace, outer: environment) }
    }
    // Each job takes 54 to 80 MB, whatever its size: most with very many files.
    atATime = command.parallel ?? min(2, Self.cores)
    self.options = options
    // Made anew where its disk is to be mounted, it would hold what is archived now, and the others would be forgotten.
    if let trouble = JobIndex.archiveTrouble(in: workspace, deep: false, notice: .console) { throw trouble }
  }

  func candidates() throws -> [ArchiveChoice.Candidate] {
    try choice.candidates(in: workspace, notice: .console)
  }

  func plan(_ candidates: [ArchiveChoice.Candidate]) -> [ArchiveOutcome] {
    ArchivingRun(
      in: workspace, options, jobs: 1, over: choice.over, stop: { .no }, moved: {}, observe: { _ in }
    ).plan(candidates, ratio: expectedRatio)
  }

  func run(
    _ candidates: [ArchiveChoice.Candidate], stop: StopSource, _ display: ArchiveDisplay
  ) -> [ArchiveOutcome] {
    // Of very many files the lists are large, and one step's are not the next one's.
    returnFreedMemory()
    ArchiveRecovery.run(in: workspace) { display.say("cpwx: \($0)") }
    let refresh = IndexRefresh(of: workspace, notice: IndexNotice { display.say("cpwx: \($0)") })
    var options = options
    // One job alone has all cores.
    options.workers = max(1, min(defaultWorkers, Self.cores / max(1, min(atATime, candidates.count))))
    options.releasing = { [workspace] paths in try workspace.release(paths) { display.say($0) } }
    let run = ArchivingRun(
      in: workspace, options, jobs: atATime, over: choice.over,
      stop: { stop.level == .none ? .no : stop.level == .drain ? .afterThese : .now }, moved: { refresh.run() },
      observe: { display.show($0) })
    defer { refresh.close() }
    return run.run(candidates)
  }

  func results(_ outcomes: [ArchiveOutcome]) -> ArchiveResults {
    ArchiveResults(outcomes: outcomes, ratio: expectedRatio, keepsJobs: choice.keepsJobs, workspace: workspace)
  }

  /// Of archives' bytes to the jobs', as it was until now.
  private var expectedRatio: Double {
    let known = (try? JobIndex.look(in: workspace, leavingNone: true, notice: .silent) { try $0.archives() }) ?? []
    let sizes = known.filter { $0.status == .verified }.reduce(into: (bytes: 0, archives: 0)) { sum, archive in
      sum.bytes += archive.bytes ?? 0
      sum.archives += archive.archiveBytes
    }
    // Before anything was archived: half sound, a third film, the rest text.
    return sizes.bytes > 0 ? min(1, Double(sizes.archives) / Double(sizes.bytes)) : 0.8
  }
}

/// Brings the index up to what the files say while jobs become archives.
final class IndexRefresh: Sendable {
  private struct State {
    var index: JobIndex?
    /// Trouble lasts, as a rule: of the first is told.
    var isTold = false
    /// Before that it is not opened once more.
    var again = ContinuousClock.now
    var isClosed = false
  }

  private let workspace: Workspace
  private let notice: IndexNotice
  private let state = Mutex(State())

  init(of workspace: Workspace, notice: IndexNotice) {
    (self.workspace, self.notice) = (workspace, notice)
  }

  /// What fails is made up for the next time. An index that cannot be opened is tried again after a while: each time all jobs' files are read.
  func run() {
    state.withLock { state in
      if state.isClosed { return }
      do {
        if let index = state.index { return try index.refresh() }
        let begin = ContinuousClock.now
        if begin < state.again { return }
        let index = try JobIndex.open(workspace, notice: state.isTold ? .silent : notice)
        if index.isPassing {
          index.close()
          state.isTold = true
          state.again = .now + (.now - begin) * 20
          return
        }
        state.index = index
        try index.refresh()
      } catch {
        if !state.isTold {
          notice("the index could not be written (\(error)); the files are the truth, and the next look finds them")
        }
        state.isTold = true
      }
    }
  }

  func close() {
    state.withLock { state in
      state.index?.close()
      state.isClosed = true
    }
  }
}

/// How long ago, or a date.
///
/// - Throws: ``JobError`` with code `usage`.
func momentOption(_ text: String, _ option: String) throws -> Timestamp {
  if let moment = parseMoment(text) { return moment }
  throw JobError(.usage, "\(option) \(text)", "is no age and no date", remedy: "Expected, as in: 30d, 12h, 2025-10-30")
}

/// A part of a whole: `80%` or `0.8`.
///
/// - Parameter example: one that this option may well be given.
/// - Throws: ``JobError`` with code `usage`.
func partOption(_ text: String, _ option: String, asIn example: String) throws -> Double {
  let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
  if let number = Double(digits), number >= 0 {
    let part = text.hasSuffix("%") ? number / 100 : number
    if part <= 1 { return part }
  }
  throw JobError(.usage, "\(option) \(text)", "is no part of a whole", remedy: "Expected, as in: \(option) \(example)")
}
