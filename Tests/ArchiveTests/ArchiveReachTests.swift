import Archive
import Foundation
import Index
import Jobs
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// What the index says of archives whose folder is another, or is not there.
@Suite struct `Archives out of reach` {
  private func archived(_ body: (ArchiveSite) throws -> Void) throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive()
    #expect(try known(site.workspace) == [1, 1])
    try body(site)
  }

  /// How many archives and jobs.
  private func known(_ workspace: Workspace) throws -> [Int] {
    try JobIndex.look(in: workspace, notice: .silent) { [try $0.archives().count, try $0.page(JobQuery()).count] }
  }

  @Test func `are not forgotten, and said to be gone`() throws {
    try archived { site in
      #expect(JobIndex.archiveTrouble(in: site.workspace, notice: .silent) == nil)
      try FileManager.default.moveItem(atPath: site.path("archive"), toPath: site.path("unmounted"))
      #expect(try known(site.workspace) == [1, 1])
      let trouble = try #require(JobIndex.archiveTrouble(in: site.workspace, notice: .silent))
      #expect(trouble.code == .io && trouble.message.contains("is gone, with 1 archive"), "\(trouble)")
      try Reindex(of: site.workspace).run(notice: .silent)
      #expect(try known(site.workspace) == [0, 0])
      #expect(JobIndex.archiveTrouble(in: site.workspace, notice: .silent) == nil)
      try FileManager.default.moveItem(atPath: site.path("unmounted"), toPath: site.path("archive"))
      #expect(try known(site.workspace) == [1, 1])
    }
  }

  /// As a disk's place is when it is not mounted.
  @Test func `are not forgotten where their folder is empty`() throws {
    try archived { site in
      try FileManager.default.moveItem(atPath: site.path("archive"), toPath: site.path("unmounted"))
      try site.folder.folder("archive/lost+found")
      #expect(try known(site.workspace) == [1, 1])
      let trouble = try #require(JobIndex.archiveTrouble(in: site.workspace, notice: .silent))
      #expect(trouble.code == .io && trouble.message.contains("is empty, and is to have 1 archive"), "\(trouble)")
      try FileManager.default.removeItem(atPath: site.path("archive"))
      try FileManager.default.moveItem(atPath: site.path("unmounted"), toPath: site.path("archive"))
      #expect(JobIndex.archiveTrouble(in: site.workspace, notice: .silent) == nil)
      #expect(try known(site.workspace) == [1, 1])
      try FileManager.default.removeItem(atPath: site.path("archive/2025"))
      #expect(try known(site.workspace) == [1, 1])
      try Reindex(of: site.workspace).run(notice: .silent)
      #expect(try known(site.workspace) == [0, 0])
      #expect(JobIndex.archiveTrouble(in: site.workspace, notice: .silent) == nil)
    }
  }

  @Test func `are not listed where ARCHIVE_ROOT is another, and are again when it is theirs`() throws {
    try archived { site in
      try site.folder.file("config/.env", "ARCHIVE_ROOT=elsewhere\n")
      let other = try Workspace(at: site.folder.root, environment: [:])
      // Neither are they said to be lost, whatever is asked first.
      #expect(JobIndex.archiveTrouble(in: other, notice: .silent) == nil)
      #expect(try known(other) == [0, 0])
      #expect(try known(site.workspace) == [1, 1])
      try FileManager.default.moveItem(atPath: site.path("archive"), toPath: site.path("elsewhere"))
      #expect(try known(other) == [1, 1])
    }
  }

  @Test func `by a link are the workspace's, whatever way they are named`() throws {
    try archived { site in
      try FileManager.default.moveItem(atPath: site.path("archive"), toPath: site.path("disk"))
      try FileManager.default.createSymbolicLink(
        atPath: site.path("archive"), withDestinationPath: site.path("disk"))
      let file = try site.file("disk/\(ArchiveSite.place).tar.zst")
      #expect(file.place?.path == "archive/\(ArchiveSite.place).tar.zst" && file.indexed != nil)
    }
  }

  @Test func `below what is too long to be looked at are not said to be none`() throws {
    let site = try ArchiveSite()
    let error = #expect(throws: JobError.self) { try site.file("\(String(repeating: "x", count: 300))/a.tar.zst") }
    #expect(error?.code == .io && error?.underlying as? Errno == .fileNameTooLong)
  }

  @Test func `that cannot be opened are not offered for salvage`() throws {
    try archived { site in
      let file = try site.file("archive/\(ArchiveSite.place).tar.zst")
      try FileManager.default.removeItem(atPath: site.path("archive/\(ArchiveSite.place).tar.zst"))
      let error = #expect(throws: JobError.self) { try JobRestoration(in: site.workspace).restore(file) }
      #expect(error?.code == .io && error?.remedy?.contains("--salvage") != true, "\(error as Any)")
      #expect(error?.reason.contains("No such file") == true)
    }
  }

  @Test func `of another job than they are called after stand for none`() throws {
    try archived { site in
      let file = site.path("archive/\(ArchiveSite.place).tar.zst")
      for copy in ["2025/10/30/1/20251030-001.bak", "2025/10/30/2/20251030-001", "2025/10/30/1/20251030-077"] {
        try site.folder.folder("archive/2025/10/30/2")
        try FileManager.default.copyItem(atPath: file, toPath: site.path("archive/\(copy).tar.zst"))
        #expect(try known(site.workspace) == [2, 1], "\(copy)")
        let file = try site.file("archive/\(copy).tar.zst")
        #expect(file.indexed?.status == .damaged, "\(copy)")
        let error = #expect(throws: JobError.self) { try JobRestoration(in: site.workspace).restore(file) }
        #expect(error?.message.contains("not of the job that it is called after") == true)
        try FileManager.default.removeItem(atPath: site.path("archive/\(copy).tar.zst"))
      }
      #expect(try known(site.workspace) == [1, 1])
    }
  }

  /// No job is archived so: whoever worked on it would work elsewhere.
  @Test(arguments: ["out", "logs"])
  func `that have a link in the place of a job's folder stand for none`(linked: String) throws {
    let (site, place) = (try ArchiveSite(), ArchiveSite.place)
    try site.job()
    try site.folder.folder("elsewhere")
    try FileManager.default.createSymbolicLink(atPath: site.path("link"), withDestinationPath: site.path("elsewhere"))
    let roots = try ["out", "logs"].map { name throws in
      let folder = "\(name)/\(place)"
      return ArchiveSource.Root(
        try MemberPath(Array(folder.utf8)), at: FilePath(site.path(name == linked ? "link" : folder)))
    }
    let path = site.path("archive/\(place).tar.zst")
    try site.folder.folder("archive/2025/10/30/1")
    let new = try FileDescriptor.open(
      FilePath(path), .readWrite, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
    try new.closeAfter { _ = try ArchiveSource(roots: roots).write(to: new) }
    try output(of: ["sh", "-c", "cd \"$1\"; rm -r out logs", "sh", site.folder.root.string])
    let file = try site.file("archive/\(place).tar.zst")
    #expect(file.indexed?.status == .damaged && !ArchiveVerification().verify(file).isGood)
    var restoration = JobRestoration(in: site.workspace)
    for salvages in [false, true] {
      restoration.salvages = salvages
      let error = #expect(throws: JobError.self) { try restoration.restore(file) }
      #expect(error?.message.contains("it holds \(linked)/\(place), which is no folder") == true, "\(error as Any)")
    }
    // Nor does it come of one that has lost its table.
    let bytes = try Data(contentsOf: URL(filePath: path))
    try bytes.prefix(bytes.count - 60).write(to: URL(filePath: path))
    if linked == "out" {
      #expect(throws: JobError.self) { try restoration.restore(file) }
    } else {
      #expect(try restoration.restore(file).members > 4)
    }
    #expect(!site.exists("\(linked)/\(place)") && site.exists("out/\(place)/job.env") == (linked == "logs"))
  }
}
