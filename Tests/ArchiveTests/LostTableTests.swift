import Archive
import Foundation
import Jobs
import SystemPackage
import TestSupport
import Testing

/// Archives that were carried out of the workspace, and are only known by what is in them.
@Suite struct `An archive that lies elsewhere` {
  private static let elsewhere = "elsewhere.tar.zst"

  private func carriedOut(_ body: (ArchiveSite, _ good: [UInt8]) throws -> Void) throws {
    let site = try ArchiveSite()
    try site.job()
    try site.archive { $0.keepsJob = true }
    let path = site.folder.path("archive/\(ArchiveSite.place).tar.zst")
    try body(site, try DurableFile.read(path))
  }

  private func outcome(_ bytes: [UInt8], _ site: ArchiveSite) throws -> ArchiveVerification.Outcome {
    try Data(bytes).write(to: URL(filePath: site.path(Self.elsewhere)))
    var verification = ArchiveVerification()
    verification.workers = 1
    let file = try site.file(Self.elsewhere)
    #expect(file.place == nil)
    return verification.verify(file)
  }

  private func expectDamage(_ bytes: [UInt8], _ site: ArchiveSite, _ what: String) throws {
    let outcome = try outcome(bytes, site)
    #expect(!outcome.isGood && outcome.error == nil, "\(what): \(outcome)")
  }

  /// Every byte of the tables, and of what is before them one in nine.
  private func places(_ good: [UInt8]) throws -> [Int] {
    let name = good.indices.dropLast(8).last { good[$0..<$0 + 8].elementsEqual("cpwxTOC1".utf8) }
    let tables = try #require(name) - 8
    return Array(stride(from: 0, to: tables, by: 9)) + Array(tables..<good.count)
  }

  @Test func `is found good, and damaged whichever byte is flipped`() throws {
    try carriedOut { site, good in
      #expect(try outcome(good, site).isGood)
      for place in try places(good) {
        var bytes = good
        // One bit, so that what is another number stays near: frames to be skipped have sixteen.
        let bit = good[place] & 0xF0 == 0x50 ? place % 4 : place % 8
        bytes[place] ^= 1 << bit
        try expectDamage(bytes, site, "bit \(bit) of byte \(place) of \(good.count)")
      }
    }
  }

  @Test func `is found damaged wherever it is cut short`() throws {
    try carriedOut { site, good in
      for count in try places(good) { try expectDamage(Array(good[..<count]), site, "\(count) of \(good.count) bytes") }
    }
  }

  @Test func `is found damaged with whatever was put behind or before it`() throws {
    try carriedOut { site, good in
      let skippable = { (magic: UInt8) in [magic, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3] as [UInt8] }
      let empty = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x00, 0x01, 0x00, 0x00] as [UInt8]
      for more in [
        [0], Array(repeating: 0, count: 512), skippable(0x50), skippable(0x5C), skippable(0x5E), empty, good,
      ] {
        try expectDamage(good + more, site, "\(more.prefix(12)) behind it")
        try expectDamage(more + good, site, "\(more.prefix(12)) before it")
      }
    }
  }

  @Test func `is another program's once that has packed it anew`() throws {
    try carriedOut { site, _ in
      try output(of: [
        "sh", "-ec",
        """
        cd "$1"; mkdir anew; cd anew; tar --zstd -xf "../archive/$2.tar.zst"
        tar --owner=admin:1000 --group=admin:1000 --zstd -cf ../anew.tar.zst logs out .cpwx/manifest-sha256.txt
        """, "sh", site.folder.root.string, ArchiveSite.place,
      ])
      let outcome = ArchiveVerification().verify(try site.file("anew.tar.zst"))
      #expect(outcome.isGood && outcome.members ?? 0 > 5, "\(outcome)")
    }
  }
}
