import Index
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// The small rules of a night: what its flags mean, and what follows from them.
struct NightRuleTests {
  @Test func `a halt rule says when too much has failed`() throws {
    #expect(try HaltRule("never") == .never)
    let three = try HaltRule("now,fail=3")
    #expect(three.level(ended: 9, failed: 2) == .none)
    #expect(three.level(ended: 9, failed: 3) == .now)
    let tenth = try HaltRule("soon,fail=10%")
    #expect(tenth.level(ended: 2, failed: 2) == .none, "two are too few to tell")
    #expect(tenth.level(ended: 20, failed: 1) == .none)
    #expect(tenth.level(ended: 20, failed: 2) == .drain)
  }

  @Test(arguments: [
    "", "soon", "later,fail=1", "soon,fail=0", "now,fail=-1", "soon,fail=101%", "soon,done=1", "now,fail=x",
  ])
  func `what is no halt rule is refused`(text: String) {
    let error = #expect(throws: JobError.self) { try HaltRule(text) }
    #expect(error?.code == .usage)
  }

  @Test func `an ignore file reads as gitignore has it`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.root
    let shallow = "\u{FEFF}*.ts\n# remark\n!keep.ts\n/top.mkv\nraw/\nseasons/*/extras\n"
    try temporary.file(".cpwxignore", shallow + "**/old/*.mkv\nraw/**/cut.mkv\nbin/**\n")
    let ignore = try #require(try IgnoreFile(in: folder))
    func verdict(_ path: String, isFolder: Bool = false) -> Bool? {
      ignore.verdict(on: folder.pushing(FilePath(path)), isFolder: isFolder)
    }
    #expect(verdict("a.ts") == true)
    #expect(verdict("deep/er/a.ts") == true)
    #expect(verdict("deep/keep.ts") == false)
    #expect(verdict("top.mkv") == true)
    #expect(verdict("deep/top.mkv") == nil)
    #expect(verdict("raw", isFolder: true) == true)
    #expect(verdict("raw") == nil)
    #expect(verdict("seasons/1/extras", isFolder: true) == true)
    #expect(verdict("seasons/1/2/extras", isFolder: true) == nil)
    #expect(verdict("a/b/old/film.mkv") == true)
    #expect(verdict("old/film.mkv") == true, "there may be no folder before it")
    #expect(verdict("old/deep/film.mkv") == nil, "one star goes over no slash")
    #expect(verdict("raw/cut.mkv") == true && verdict("raw/a/b/cut.mkv") == true)
    #expect(verdict("bin/a/film.mkv") == true)
    #expect(verdict("bin", isFolder: true) == nil)
    #expect(verdict("film.mkv") == nil)
    #expect(try IgnoreFile(in: folder.appending("none")) == nil)
  }

  @Test func `an estimate goes by the film's length where that is known, else by its size`() throws {
    var history = WorkHistory()
    history.stages["asr"] = .init(
      secondsPerSecond: 0.5, secondsPerByte: 0.001, bytesPerSecond: 100, bytesPerByte: 0.1)
    let stages = [StageDefinition(name: "asr", number: 1), StageDefinition(name: "unknown", number: 2)]
    let long = WorkEstimate(size: 10_000, playTime: 3600, stages: stages, history)
    #expect(long.seconds == 1800)
    #expect(long.bytes == 360_000)
    let sized = WorkEstimate(size: 10_000, playTime: nil, stages: stages, history)
    #expect(sized.seconds == 10)
    #expect(sized.bytes == 1000)
    let first = WorkEstimate(size: 10_000, playTime: 3600, stages: stages, WorkHistory())
    #expect(first.seconds == nil)
    #expect(first.bytes == 20_000, "the film once more, and as much on the way")
  }

  @Test func `films are known by the endings of their names, in any case`() {
    for name in ["a.mkv", "a.b.MP4", "a.divx", "a.rmvb", "a.M2TS"] { #expect(MediaFiles.isMedia(name), "\(name)") }
    for name in [".a.mkv", "mkv", "a.srt", "a.mkv.nfo", "a."] { #expect(!MediaFiles.isMedia(name), "\(name)") }
  }

  @Test func `names of copies under way are known`() {
    for name in ["a.mkv.part", "a.mp4.crdownload", ".a.mkv.Xa81bQ", "a.MKV.!qB"] { #expect(MediaFiles.isPartial(name)) }
    for name in ["a.mkv", "a.part", ".a.srt.Xa81bQ", "part.mkv", ".hidden.mkv"] { #expect(!MediaFiles.isPartial(name)) }
  }

  @Test(arguments: ["gpu", "gpu=0", "=1", "gpu=x", "g/u=1", "gpu=-1", "gpu=1001"])
  func `what is no size of a lane is refused`(text: String) {
    #expect(throws: JobError.self) { try laneSize(text) }
  }
}
