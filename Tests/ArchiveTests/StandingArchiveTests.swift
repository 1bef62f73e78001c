import Archive
import Foundation
import Index
import Jobs
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// What stands where a job's archive is to go, and is not the job's as it is now.
@Suite struct `What stands in an archive's place` {
  private let path = "archive/\(ArchiveSite.place).tar.zst"
  private let job = "out/\(ArchiveSite.place)"

  /// A job that was archived, that archive with other bytes, and the job changed since.
  private func damaged(isChanged: Bool = true, _ damage: (inout [UInt8]) -> Void) throws -> (ArchiveSite, [UInt8]) {
    let site = try ArchiveSite()
    try site.job()
    try site.archive { $0.keepsJob = true }
    var bytes = try DurableFile.read(site.folder.path(path))
    damage(&bytes)
    try Data(bytes).write(to: URL(filePath: site.path(path)))
    if isChanged { try site.folder.file(job + "/more.txt", "more") }
    return (site, bytes)
  }

  private func set(aside site: ArchiveSite) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: site.path("archive/2025/10/30/1"))
      .filter { $0.contains(".tar.zst.damaged-") }
  }

  @Test(arguments: ["the table", "the records"])
  func `stays beside the new one where it is damaged, and goes from its place by force alone`(what: String) throws {
    let (site, bytes) = try damaged { bytes in
      let place = what == "the table" ? bytes.count - 300 : 60
      for place in place..<place + 8 { bytes[place] ^= 0xFF }
    }
    let kept = try site.archive()
    #expect(kept.status == .kept && kept.reason?.contains("a damaged archive of it") == true, "\(kept)")
    #expect(try DurableFile.read(site.folder.path(path)) == bytes && site.exists(job))
    let outcome = try site.archive { $0.force = true }
    let name = try #require(try set(aside: site).first)
    #expect(outcome.status == .archived && outcome.reason?.contains("is kept as archive/2025/10/30/1/\(name)") == true)
    #expect(try DurableFile.read(site.folder.path("archive/2025/10/30/1/\(name)")) == bytes)
    #expect(ArchiveVerification().verify(try site.file(path)).isGood && !site.exists(job))
    let aside = try site.file("archive/2025/10/30/1/\(name)")
    #expect(ArchiveVerification().verify(aside).isGood == false)
    // What is good in it comes out, beside the job.
    var restoration = JobRestoration(in: site.workspace, to: site.folder.path("saved"))
    let error = #expect(throws: JobError.self) { try restoration.restore(aside) }
    #expect(error?.remedy?.contains("--salvage gets out what is still good") == true, "\(error as Any)")
    restoration.salvages = true
    let saved = try restoration.restore(aside)
    // All of its files share a frame.
    #expect(!saved.problems.isEmpty && saved.damaged.isEmpty == (what == "the table") && !site.exists(job), "\(saved)")
    #expect(site.exists("saved/\(job)/subtitles/film.srt") == (what == "the table"))
  }

  @Test func `stays where it is another job's under this one's name, and is set aside by force`() throws {
    let site = try ArchiveSite()
    let other = "2025/10/30/1/20251030-009"
    for place in [other, ArchiveSite.place] { try site.job(place) }
    try site.archive(other)
    let bytes = try DurableFile.read(site.folder.path("archive/\(other).tar.zst"))
    try FileManager.default.moveItem(atPath: site.path("archive/\(other).tar.zst"), toPath: site.path(path))
    let kept = try site.archive()
    #expect(
      kept.status == .kept && kept.reason?.contains("has its name, and it is not of the job") == true
        && kept.reason?.contains("of job 20251030-009") == true, "\(kept)")
    #expect(try DurableFile.read(site.folder.path(path)) == bytes && site.exists(job))
    let outcome = try site.archive { $0.force = true }
    let name = try #require(try set(aside: site).first)
    #expect(
      outcome.status == .archived && outcome.reason?.contains("or another job's, is kept as") == true, "\(outcome)")
    #expect(try DurableFile.read(site.folder.path("archive/2025/10/30/1/\(name)")) == bytes)
    #expect(ArchiveVerification().verify(try site.file(path)).isGood)
  }

  @Test func `is not waited for where it is a FIFO`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.folder.folder("archive/2025/10/30/1")
    #expect(mkfifo(site.path(path), 0o600) == 0)
    let kept = try site.archive()
    #expect(kept.status == .kept && site.exists(job), "\(kept)")
  }

  @Test func `is salvaged where it lies elsewhere once it has its job's name`() throws {
    let (site, bytes) = try damaged { $0[$0.count - 300] ^= 0xFF }
    try Data(bytes).write(to: URL(filePath: site.path("elsewhere.tar.zst")))
    let error = #expect(throws: JobError.self) { try site.file("elsewhere.tar.zst").open() }
    let told = "once it lies in the archive folder under its job's name: archive/Y/M/D/USER/JOBID.tar.zst"
    #expect(error?.remedy?.contains(told) == true, "\(error as Any)")
    try FileManager.default.removeItem(atPath: site.path(path))
    try FileManager.default.moveItem(atPath: site.path("elsewhere.tar.zst"), toPath: site.path(path))
    var restoration = JobRestoration(in: site.workspace, to: site.folder.path("saved"))
    restoration.salvages = true
    #expect(try restoration.restore(try site.file(path)).damaged.isEmpty)
  }

  @Test func `is made whole by the job that it is of`() throws {
    let (site, _) = try damaged(isChanged: false) { $0[60] ^= 0xFF }
    let outcome = try site.archive()
    #expect(outcome.status == .archived, "\(outcome)")
    #expect(ArchiveVerification().verify(try site.file(path)).isGood)
    #expect(try set(aside: site).isEmpty)
  }

  /// What is planned for the job.
  private func plan(_ site: ArchiveSite, _ options: (inout JobArchiving.Options) -> Void = { _ in }) throws
    -> ArchiveOutcome
  {
    var (choice, chosen) = (ArchiveChoice(), JobArchiving.Options())
    options(&chosen)
    (choice.names, choice.force) = ([site.path(job)], chosen.force)
    let run = ArchivingRun(
      in: site.workspace, chosen, jobs: 1, over: nil, stop: { .no }, moved: {}, observe: { _ in })
    return run.plan(try choice.candidates(in: site.workspace, notice: .silent), ratio: 0.5)[0]
  }

  /// In the job's folder.
  private func sh(_ script: String, _ site: ArchiveSite) throws {
    try output(of: ["sh", "-ec", "cd \"$1\"; \(script)", "sh", site.path(job)])
  }

  @Test(arguments: [
    "echo more > new.txt; touch -d @7 .", "rm link; touch -d @7 .",
    "echo more >> subtitles/film.srt; touch -d @9 subtitles/film.srt", "chmod 640 subtitles/film.srt",
    "touch -d @9.000000001 subtitles/film.srt", "ln -sfn other link; touch -h -d @5 link; touch -d @7 .",
    "ln subtitles/film.srt twin; touch -d @7 .", "touch -d @8 .", "chmod 750 .",
  ])
  func `is told at once to be of the job as it was before, by a plan as well, and nothing is written`(change: String)
    throws
  {
    let site = try ArchiveSite()
    try site.job()
    try sh("ln -s film link; touch -h -d @5 link; touch -d @9 subtitles/film.srt; touch -d @7 .", site)
    #expect(try site.archive { $0.keepsJob = true }.status == .copied)
    #expect(try plan(site).status == .planned)
    try sh(change, site)
    let folder = site.folder.path("archive/2025/10/30/1")
    let before = try FileStatus(of: folder)
    for outcome in [try plan(site), try site.archive()] {
      #expect(outcome.status == .kept && outcome.isTrouble, "\(outcome)")
      #expect(
        outcome.reason == "it has changed since it was archived in \(path); --force archives it as it is now",
        "\(outcome)")
    }
    #expect(try FileStatus(of: folder) == before)
    #expect(try plan(site) { $0.force = true }.status == .planned)
    #expect(try site.archive { $0.force = true }.status == .archived)
  }

  @Test func `of bytes that are others under the same sizes and times is found when they are read`() throws {
    let site = try ArchiveSite()
    try site.job()
    try sh("touch -d @9 subtitles/film.srt", site)
    try site.archive { $0.keepsJob = true }
    try sh("printf X | dd of=subtitles/film.srt conv=notrunc status=none; touch -d @9 subtitles/film.srt", site)
    #expect(try plan(site).status == .planned)
    let outcome = try site.archive()
    #expect(outcome.status == .kept && outcome.reason?.contains("has changed since") == true, "\(outcome)")
  }

  @Test func `is told from one of a job that has changed where only other files are excluded`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.folder.file("\(job)/film.wav", "sound")
    try site.archive { $0.keepsJob = true }
    let first = try DurableFile.read(site.folder.path(path))
    func reason() throws -> String {
      let kept = try site.archive { $0.excluding = [Glob("*.wav"), Glob("*.log")] }
      #expect(kept.status == .kept, "\(kept)")
      #expect(try plan(site) { $0.excluding = [Glob("*.wav"), Glob("*.log")] }.reason == kept.reason)
      return kept.reason ?? ""
    }
    #expect(try reason() == "it was archived in \(path) with other exclusions; --force archives it with those of now")
    try site.folder.file("\(job)/subtitles/film.srt", "another")
    #expect(try reason().contains("has changed since"))
    #expect(try DurableFile.read(site.folder.path(path)) == first)
    try site.archive { ($0.force, $0.keepsJob, $0.excluding) = (true, true, [Glob("*.wav")]) }
    #expect(try site.archive().reason?.contains("with other exclusions") == true)
  }

  @Test func `tells the next one what it left out, as long as that is not there again`() throws {
    let site = try ArchiveSite()
    try site.job()
    for name in ["audio/film.wav", "tmp/cut.srt"] { try site.folder.file("\(job)/\(name)", "intermediate") }
    try site.archive { $0.excluding = [Glob("*.wav"), Glob("tmp/*")] }
    let restoration = JobRestoration(in: site.workspace)
    #expect(try restoration.restore(try site.file(path)).excluded == ["*.wav", "tmp/*"])
    // The second archive holds all that the job has, and the third as well: the sound is there again.
    #expect(try site.archive { $0.force = true }.status == .archived)
    #expect(try restoration.restore(try site.file(path)).excluded == ["*.wav", "tmp/*"])
    try site.folder.file("\(job)/audio/film.wav", "made again")
    #expect(try site.archive { ($0.force, $0.excluding) = (true, [Glob("*.log")]) }.status == .archived)
    #expect(try restoration.restore(try site.file(path)).excluded == ["*.log", "tmp/*"])
    #expect(ArchiveVerification().verify(try site.file(path)).isGood)
  }

  @Test func `is not replaced where it cannot be read, not even by force`() throws {
    let site = try ArchiveSite()
    try site.job()
    try site.folder.folder("archive/2025/10/30/1")
    // To itself: whoever follows it is told by the kernel that there is no end.
    try FileManager.default.createSymbolicLink(atPath: site.path(path), withDestinationPath: "20251030-001.tar.zst")
    for force in [false, true] {
      let outcome = try site.archive { $0.force = force }
      #expect(outcome.status == .failed && outcome.error == .io, "\(outcome)")
      #expect(outcome.reason?.contains("cannot be read, so it is not replaced") == true, "\(outcome)")
      #expect(site.exists(job + "/manifest.json"))
    }
    #expect(try set(aside: site).isEmpty)
  }
}
