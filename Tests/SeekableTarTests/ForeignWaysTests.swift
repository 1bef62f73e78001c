import Testing

@testable import SeekableTar

/// What an archive of unknown origin leads through: many members, and texts of many names, are not to cost as much each as
/// all the folders before them.
struct ForeignWaysTests {
  private static let deep = Array(repeating: "a", count: 2000).joined(separator: "/")

  private func path(_ text: String) -> MemberPath { MemberPath(unchecked: Array(text.utf8)) }

  private func entry(_ path: String) -> TarReader.Entry {
    TarReader.Entry(
      path: Array(path.utf8), type: .file, size: 0, mode: 0o644, modified: ModificationTime(seconds: 0, nanoseconds: 0),
      isNobodys: true, offset: 0)
  }

  @Test func `a folder that members lie in is looked at once`() throws {
    var checks = ForeignChecks(ForeignArchive.Limits())
    let (first, second) = ("\(Self.deep)/b", "\(Self.deep)/c")
    #expect(checks.unknownFolders(above: path("\(first)/f")).count == 2001)
    _ = try checks.member(entry("\(first)/f"))
    #expect(checks.unknownFolders(above: path("\(first)/g")).isEmpty)
    #expect(checks.unknownFolders(above: path("\(second)/f")) == [path(second)])
    // That it is no folder is found all the same.
    _ = try checks.member(entry(second))
    let error = #expect(throws: ArchiveError.self) { _ = try checks.member(entry("\(second)/f")) }
    #expect(error?.message.contains("which is no folder") == true, "\(String(describing: error))")
  }

  @Test func `a link may lead through a million names`() throws {
    var links = LinkTexts()
    let names = [[UInt8]](repeating: Array("a".utf8), count: 1_000_000)
    try links.add(Array((names + [Array("..".utf8)]).joined(separator: Array("/".utf8))), at: path("link"))
    try links.check()
    // What it goes up from is found all the same.
    try links.add(Array("b".utf8), at: path("a"))
    let error = #expect(throws: ArchiveError.self) { try links.check() }
    #expect(error?.member == path("link"))
  }
}
