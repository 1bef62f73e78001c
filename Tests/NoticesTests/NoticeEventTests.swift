import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Notices

struct `An event` {
  private func place() throws -> Workspace { try NoticeWorkspace().workspace }

  @Test func `has the same id however often it is told, and another when it tells something else`() throws {
    let workspace = try place()
    func id(_ job: FailedJob, _ batch: String?, _ time: Int64) -> String {
      NoticeEvent.failure(
        of: job, batch: batch, at: Timestamp(microseconds: time), workspace: workspace, secrets: []
      ).id
    }
    let first = id(.example(), "b", 1)
    #expect(first.utf8.count == 32)
    #expect(id(.example(), "b", 2) == first)
    #expect(id(.example(2), "b", 1) != first)
    #expect(id(.example(), "c", 1) != first)
    #expect(id(.example(reason: "other"), "b", 1) != first)
    // Without a batch the same job may fail in the same way another day.
    #expect(id(.example(), nil, 1) != id(.example(), nil, 2))
  }

  @Test func `names the stage once, and gives a long reason's beginning`() {
    #expect(FailedJob(id: "1", title: "", stage: "asr", reason: "asr: exit code 3").reason == "exit code 3")
    #expect(FailedJob(id: "1", title: "", stage: nil, reason: "asr: exit code 3").reason == "asr: exit code 3")
    let long = String(repeating: "ф", count: 5000)
    #expect(FailedJob(id: "1", title: "", stage: "asr", reason: long).reason?.count == 1000)
  }

  @Test func `of a batch groups failures by what they have in common`() throws {
    let failures = [
      FailedJob.example(1, reason: "cannot open /films/out/1/audio.wav: line 7"),
      FailedJob.example(2, reason: "no speech was found"),
      FailedJob.example(3, reason: "cannot open /films/out/23/audio.wav: line 12"),
      FailedJob(id: nil, title: "?", stage: nil, reason: nil),
    ]
    let event = NoticeEvent.end(of: .example(failures), workspace: try place(), secrets: [])
    let groups = try #require(event.document["failures"]?.array)
    #expect(groups.map { $0["count"]?.int } == [2, 1, 1])
    #expect(groups[0]["cause"]?.string == "cannot open audio.wav: line #")
    #expect(groups[0]["stage"]?.string == "asr")
    #expect(groups[0]["job_ids"] == .strings(["20251030-001", "20251030-003"]))
    #expect(groups[0]["example"]?["reason"]?.string == "cannot open /films/out/1/audio.wav: line 7")
    #expect(groups[2]["stage"]?.isNull == true)
    #expect(event.document["jobs"] == ["completed": .int(3), "failed": .int(4)])
    #expect(event.document["duration_seconds"]?.double == 3600.5)
    #expect(event.document["failures_left_out"]?.int == 0)
    #expect(
      event.document["text"]?.string?.hasPrefix(
        "batch 20251030-220000-7 failed: 3 completed, 4 failed\n2 × asr: cannot open audio.wav: line #\n") == true)
  }

  @Test func `of a batch take films that failed in one way for one group, whatever they are called`() throws {
    let failures = [("Zed", "Zed 1.mp4"), ("Night River", "Night.River.2001.mkv")].map { title, name in
      FailedJob(
        id: nil, title: title, input: "in/\(name)", stage: "demux", reason: "/srv/in/\(name): cannot be opened")
    }
    #expect(BatchDigest.example(failures).groups.map(\.cause) == ["FILM: cannot be opened"])
  }

  @Test func `of a batch with a thousand causes names the most frequent ones`() throws {
    let letters = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
    let reasons = letters.flatMap { first in letters.map { first + $0 } }
    var failures = reasons.map { FailedJob.example(reason: $0) }
    failures += [FailedJob](repeating: .example(reason: "zz"), count: 30)
    let event = NoticeEvent.end(of: .example(failures), workspace: try place(), secrets: [])
    let groups = event.document["failures"]?.array ?? []
    #expect(groups.count == 50)
    #expect(groups.first?["cause"]?.string == "zz")
    #expect(groups.first?["count"]?.int == 31)
    #expect(groups.first?["job_ids"]?.array?.count == 20)
    #expect(event.document["failures_left_out"]?.int == reasons.count - 50)
  }
}
