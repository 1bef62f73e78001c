import Archive
import Foundation
import Jobs
import SeekableTar
import SystemPackage
import TestSupport
import Testing

/// What `--redact` makes of a job for sharing.
@Suite struct `A copy for sharing` {
  private let job = "out/\(ArchiveSite.place)"
  private let secret = "hf_geheim/123"

  private func redacted(_ site: ArchiveSite, _ secrets: [String]) throws -> ArchiveOutcome {
    try site.archive { $0.redacting = { _ in secrets } }
  }

  private func extracted(_ site: ArchiveSite) throws {
    let file = try site.file("archive/\(ArchiveSite.place).redacted.tar.zst")
    _ = try MemberExtraction(of: file, []).write(below: site.folder.path("shared"))
  }

  private func holds(_ site: ArchiveSite, _ what: String) throws -> String {
    try output(of: ["sh", "-c", "cd \"$1\"; grep -rlaF -e \"$2\" . || :", "sh", site.path("shared"), what])
  }

  @Test func `holds no secret in any text, whatever its name ends with, and other bytes as they are`() throws {
    let site = try ArchiveSite(config: "")
    try site.job()
    let names = ["n.jsonl", "n.bak", "n.out", "n.err", "n.rttm", "n.tmp", "n.lrc", "n.properties", "n", "asr.log.1"]
    for name in names {
      try site.folder.file("\(job)/\(name)", "before \(secret) https://me:pass%40word@host/ after\n")
    }
    try site.folder.file("\(job)/line.jsonl", #"{"a": "hf_geheim\/123", "b": 1}"# + "\n" + #"{"c": 2}"# + "\n")
    try site.folder.file("\(job)/escaped.jsonl", #"{"a": "\u0068f_geheim/123"}"# + "\n")
    try site.folder.file("\(job)/encoded.log", "hf_geheim%2F123 hf_geheim%2f123\n")
    // A log that lost its beginning, a log that is no UTF-8, text in UTF-16, and sound.
    var bytes = [UInt8](repeating: 0, count: 9000) + Array("\(secret)\n".utf8)
    try Data(bytes).write(to: URL(filePath: site.path(job + "/cut.log")))
    bytes = [0xFF, 0xFE, 0x41] + Array("\(secret) ftp://me:pass%40word@host/\n".utf8)
    try Data(bytes).write(to: URL(filePath: site.path(job + "/latin.txt")))
    bytes = [0xFF, 0xFE] + secret.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    try Data(bytes).write(to: URL(filePath: site.path(job + "/wide.srt")))
    try Data(bytes.dropFirst(2)).write(to: URL(filePath: site.path(job + "/unmarked.srt")))
    let sound = Data("RIFF....WAVEfmt \0\0".utf8) + Data(secret.utf8)
    try sound.write(to: URL(filePath: site.path(job + "/audio.wav")))
    let outcome = try redacted(site, [secret])
    #expect(outcome.status == .copied && outcome.reason?.hasPrefix("3 files are no text") == true, "\(outcome)")
    try extracted(site)
    for hidden in [secret, "pass%40word", #"hf_geheim\/123"#, "u0068", "geheim%2F", "geheim%2f"] {
      #expect(try holds(site, hidden) == (hidden == secret ? "./\(job)/audio.wav\n" : ""), "\(hidden)")
    }
    let text = try String(contentsOfFile: site.path("shared/\(job)/n.rttm"), encoding: .utf8)
    #expect(text == "before ******** https://me:********@host/ after\n")
    #expect(try Data(contentsOf: URL(filePath: site.path("shared/\(job)/audio.wav"))) == sound)
    #expect(try holds(site, "asr: done").contains("asr.log"))
  }

  @Test func `holds no secret that a later line of its settings stands over`() throws {
    let site = try ArchiveSite(config: "")
    try site.job()
    try site.folder.file("\(job)/job.env", "HF_TOKEN=old # of 2024\nOTHER=1\nHF_TOKEN=\"new\"\nHF_TOKEN=\n")
    #expect(try redacted(site, []).status == .copied)
    try extracted(site)
    let text = try String(contentsOfFile: site.path("shared/\(job)/job.env"), encoding: .utf8)
    #expect(text == "HF_TOKEN='********' # of 2024\nOTHER=1\nHF_TOKEN=\"********\"\nHF_TOKEN=\n")
  }

  @Test func `holds none in files of many pieces either, wherever it stands in them`() throws {
    let site = try ArchiveSite(config: "")
    try site.job()
    // Without an end of a line, the pieces' ends fall into the secret.
    let unit = "x\(secret)"
    let count = 3_000_000 / unit.utf8.count
    try site.folder.file("\(job)/one-line.log", String(repeating: unit, count: count))
    let line = "at https://me:pass%40word@host/ with \(secret)\n"
    try site.folder.file("\(job)/lines.log", String(repeating: line, count: 40_000))
    let plain = String(repeating: "nothing to hide\n", count: 200_000)
    try site.folder.file("\(job)/plain.log", plain)
    #expect(try redacted(site, [secret]).status == .copied)
    try extracted(site)
    for hidden in [secret, "pass%40word"] { #expect(try holds(site, hidden) == "", "\(hidden)") }
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: site.path("shared/\(job)/\(name)"), encoding: .utf8)
    }
    #expect(try text("one-line.log") == String(repeating: "x********", count: count))
    #expect(
      try text("lines.log") == String(repeating: "at https://me:********@host/ with ********\n", count: 40_000))
    #expect(try text("plain.log") == plain)
  }

  @Test(arguments: ["sub/my-hf_geheim123.txt", "link"])
  func `is not made of a job with a secret in a name or a link, and does not say it`(name: String) throws {
    let site = try ArchiveSite()
    try site.job()
    if name == "link" {
      try FileManager.default.createSymbolicLink(
        atPath: site.path("\(job)/link"), withDestinationPath: "/tmp/hf_geheim123")
    } else {
      try site.folder.file("\(job)/\(name)", "text")
    }
    let outcome = try redacted(site, ["hf_geheim123"])
    #expect(outcome.status == .kept)
    let reason = try #require(outcome.reason)
    #expect(reason.contains("holds a secret") && !reason.contains("geheim"), "\(reason)")
    #expect(!site.exists("archive/\(ArchiveSite.place).redacted.tar.zst"))
  }

  @Test func `is not made where a pattern of what is left out would tell a secret`() throws {
    let site = try ArchiveSite()
    try site.job()
    let outcome = try site.archive {
      $0.redacting = { _ in ["hf_geheim123"] }
      $0.excluding = [Glob("tok-hf_geheim123.txt")]
    }
    #expect(outcome.status == .kept && outcome.reason?.contains("holds a secret") == true, "\(outcome)")
  }
}
