import Archive
import Foundation
import Jobs
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// What comes out of an archive of a job whose end, with its table of contents, is lost.
@Suite struct `Salvaging without a table` {
  private let job = "out/\(ArchiveSite.place)"

  /// Kind, mode, time, link and content of everything below the job's folders.
  private func listing(_ site: ArchiveSite) throws -> [String] {
    try output(of: [
      "sh", "-c",
      """
      cd "$1" && find out logs -path '*/20251030-001*' -printf '%p|%y|%m|%T@|%l\\n' | LC_ALL=C sort
      find out logs -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
      """, "sh", site.folder.root.string,
    ]).split(separator: "\n").map(String.init)
  }

  private func salvaged(
    cutTo size: (Int) -> Int, _ body: (ArchiveSite, JobRestoration.Outcome, [String]) throws -> Void
  )
    throws
  {
    let site = try ArchiveSite()
    try site.job()
    try output(of: [
      "sh", "-c",
      """
      cd "$1"; mkdir -p closed z; echo x > closed/read; chmod 0444 closed/read; chmod 0555 closed; chmod 0640 job_info.json
      ln -s /nowhere absolute; ln -s ../../../../../../.. out; ln job.env twin; echo y > "$(printf 'bad\\377name')"
      echo z > "$(printf 'Ame\\314\\201lie.srt')"
      for n in 1 2 3; do head -c 900000 /dev/urandom > z/$n; done; ln -s 1 z/link
      find . -exec touch -h -d '2001-02-03 04:05:06.123456789' {} +
      """, "sh", site.path(job),
    ])
    let before = try listing(site)
    try site.archive { $0.keepsJob = true }
    try output(of: ["sh", "-c", "cd \"$1\"; chmod -R u+w out; rm -r out logs", "sh", site.folder.root.string])
    let path = site.path("archive/\(ArchiveSite.place).tar.zst")
    let bytes = try Data(contentsOf: URL(filePath: path))
    try bytes.prefix(size(bytes.count)).write(to: URL(filePath: path))
    var restoration = JobRestoration(in: site.workspace)
    let file = try site.file("archive/\(ArchiveSite.place).tar.zst")
    #expect(throws: JobError.self) { try restoration.restore(file) }
    restoration.salvages = true
    try body(site, try restoration.restore(file), before)
    #expect(!site.exists("out/2025/10/30/1/.restore-20251030-001.partial"))
    try output(of: ["chmod", "-R", "u+w", site.path(job)])
  }

  @Test func `gives back everything where only the table is lost, modes, times and links as they were`() throws {
    try salvaged(cutTo: { $0 - 60 }) { site, outcome, before in
      let after = try listing(site)
      #expect(after == before, "\(after.difference(from: before).map { "\($0)" }.joined(separator: "\n"))")
      #expect(outcome.damaged.isEmpty && outcome.problems.count == 1, "\(outcome)")
      #expect(outcome.members > 15 && outcome.bytes > 2_700_000)
    }
  }

  @Test func `leaves out the file that is cut, and names it`() throws {
    try salvaged(cutTo: { $0 - 1_200_000 }) { site, outcome, before in
      #expect(outcome.damaged.map(\.path.description) == [job + "/z/2"], "\(outcome)")
      #expect(outcome.problems.contains { $0.contains("what comes after") })
      #expect(outcome.members > 10)
      // What is there is as it was: no file that was cut, and no folder that only its owner may open.
      let lost = before.filter { $0.contains("/z/2") || $0.contains("/z/3") || $0.contains("/z/link") }
      #expect(lost.count == 5)
      let after = try listing(site)
      #expect(after == before.filter { !lost.contains($0) }, "\(after)")
    }
  }
}
