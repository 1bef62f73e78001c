import Jobs
import SystemPackage
import TestSupport
import Testing

struct `The systemd units` {
  private static let units = ["cpwx-nights.service", "cpwx-nights.timer", "cpwx-archive.service", "cpwx-archive.timer"]

  /// The units as they are, but for the program they start, which need not be installed here.
  private func copies(in folder: TemporaryFolder) throws {
    let package = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    for unit in Self.units {
      let bytes = try DurableFile.read(package.pushing("config/systemd").appending(unit))
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(unit.hasSuffix(".timer") || text.contains("\nExecStart=/usr/local/bin/cpwx "), "\(unit)")
      try folder.file(unit, text.replacing("ExecStart=/usr/local/bin/cpwx", with: "ExecStart=/usr/bin/env"))
    }
  }

  @Test func `are what systemd understands, without a word against them`() throws {
    let folder = try TemporaryFolder()
    try copies(in: folder)
    for unit in Self.units {
      let (status, said) = try run(["systemd-analyze", "verify", "--man=no", folder.path(unit).string])
      #expect(status == 0 && said == "", "\(unit): \(said.prefix(300))")
    }
    // It does look.
    let wrong = try folder.text("cpwx-nights.service").replacing("KillMode=mixed", with: "KillMode=mildly")
    try folder.file("wrong.service", wrong)
    #expect(try run(["systemd-analyze", "verify", "--man=no", folder.path("wrong.service").string]).said != "")
  }

  @Test(arguments: ["cpwx-nights.service", "cpwx-archive.service"])
  func `leave a service little that it could harm`(unit: String) throws {
    let folder = try TemporaryFolder()
    try copies(in: folder)
    // The threshold counts in tenths.
    let (status, said) = try run([
      "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=30", folder.path(unit).string,
    ])
    #expect(status == 0, "\(said.suffix(300))")
    #expect(said.contains("Overall exposure level"))
  }

  @Test func `begin at ten every night and once a week`() throws {
    let folder = try TemporaryFolder()
    try copies(in: folder)
    for (unit, interval) in [("cpwx-nights.timer", "*-*-* 22:00:00"), ("cpwx-archive.timer", "Sun *-*-* 12:00:00")] {
      let line = try folder.text(unit).split(separator: "\n").first { $0.hasPrefix("OnCalendar=") }
      let moment = try #require(line?.dropFirst("OnCalendar=".count))
      let said = try output(of: ["systemd-analyze", "calendar", String(moment)])
      #expect(said.contains("Normalized form: \(interval)\n"), "\(said.prefix(300))")
    }
  }
}
