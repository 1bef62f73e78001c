import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Index

@Suite struct `A manifest skimmed` {
  private static let plain = """
    {
      "version": "1.0.0",
      "created_at": "2026-01-01T09:00:00.000000", "created_by": "asha@films",
      "timezone": "IST +05:30",
      "job_id": "20260101-001",
      "input": {"file": "in/शोले_1975.mkv", "title": "शोले", "year": 1975, "size_bytes": 52, "sha256": "abc",
        "modified_ns": 1700000000000000001, "inode": 7, "duration_seconds": 12.5},
      "stages": {
        "demux": {"stage_number": 1, "stage_name": "demux", "status": "success", "started_at": "2026-01-01T09:00:01",
          "outputs": {"audio": {"path": "/films/a \\"b\\".wav", "exists": true, "size_bytes": 1}}, "metadata": {"a": [1, -2.5e3, null]},
          "attempt": 1, "who": "asha@films", "completed_at": "2026-01-01T09:00:02", "duration_seconds": 1.25, "exit_code": 0,
          "resources": {"peak_memory_bytes": 20, "cpu_seconds": 0.5, "output_bytes": 9}},
        "pre-ner": {"stage_number": 3, "status": "failed", "error": "boom", "reason": "exit code 1", "exit_code": 1},
        "asr": {"status": "success", "because": "the model changed", "attempt": 2}
      },
      "pipeline": {"status": "completed", "current_stage": null, "completed_stages": ["demux"], "failed_stages": [],
        "error": "stopped at asr"},
      "timing": {"started_at": "2026-01-01T09:00:00", "completed_at": "2026-01-01T09:00:03", "total_seconds": 3.5,
      "running_seconds": 2.5},
      "history": [
        {"at": "2026-01-01T09:00:00", "event": "started", "who": "asha@films", "reason": "no job yet"},
        {"at": "2026-01-01T09:00:02", "event": "stage_failed", "stage": "asr", "attempt": 1},
        {"at": "2026-01-01T09:00:03", "event": "completed"}
      ]
    }

    """

  /// What other writers, other versions and accidents make of one part or the other.
  private static let turns = [
    ("\"success\"", "\"completed\""), ("\"success\"", "null"), ("\"success\"", "1"), ("1975", "\"1975\""),
    ("1975", "19.75"), ("1975", "null"), ("\"error\"", "\"err\\u006fr\""), ("\"boom\"", "\"one\\ntwo\""),
    ("\"stopped at asr\"", "\"stopped\\nat asr\""), ("\"stopped at asr\"", "7"), ("\"current_stage\"", "\"error\""),
    ("\"boom\"", "null"), ("\"completed\"", "\"failed\""), ("\"completed\"", "\"interrupted\""),
    ("\"completed\"", "\"running\""), ("\"completed\"", "\"prepared\""), ("\"duration_seconds\"", "\"duration\""),
    ("\"timing\"", "\"pipeline\""), ("\"history\"", "\"stages\""), ("\"version\"", "\"history\""), ("52", "-0"),
    ("52", "9223372036854775808"), ("1.25", "1e999"), ("\"started\"", "\"begun\""), ("\"at\"", "\"when\""),
    ("\"size_bytes\"", "\"size\""), ("\"file\"", "\"path\""), ("\"job_id\"", "\"created_at\""),
    ("\"job_id\"", "\"timezone\""), ("\"IST +05:30\"", "null"), ("3.5", "\"3.5\""), ("2.5", "\"2.5\""), ("2.5", "null"),
    ("{\"stage_number\"", "[{\"stage_number\""), ("\"current_stage\"", "\"steps\""), ("\"attempt\"", "\"status\""),
    ("\"cpu_seconds\"", "\"peak_memory_bytes\""), ("शोले", "\\u0936"),
    ("\"resources\"", "\"resources\": {}, \"resources\""),
    ("[]", "[[[[]]]]"), ("null", "NaN"), ("null", "nul"), ("\"1.0.0\"", "\"1.0.0\", \"input\": {}"),
  ]

  private let place = JobPlace(
    id: "20260101-001", user: "1", folder: "out/2026/01/01/1/20260101-001", logs: nil, date: nil, number: 1)

  private func whole(_ bytes: [UInt8]) -> IndexedJob? {
    let all = JSON.Omission(of: [], inEntriesOf: "stages")
    guard let manifest = try? Manifest(parsing: bytes, of: "manifest.json", leavingOut: all) else { return nil }
    return IndexedJob(manifest, isDamaged: false, isRunning: false, at: place, stamp: .none) { _ in nil }
  }

  @Test func `is what its whole document tells`() throws {
    let skimmed = IndexedJob(skimming: Array(Self.plain.utf8), at: place, stamp: .none)
    #expect(skimmed != nil)
    #expect(skimmed == whole(Array(Self.plain.utf8)))
    #expect(skimmed?.stages.map(\.error) == [nil, "boom", nil])
    #expect(skimmed?.error == nil)
    let interrupted = Self.plain.replacing("{\"status\": \"completed\"", with: "{\"status\": \"interrupted\"")
    for job in [IndexedJob(skimming: Array(interrupted.utf8), at: place, stamp: .none), whole(Array(interrupted.utf8))]
    {
      #expect(job?.error == "stopped at asr")
    }
  }

  @Test func `is left to the whole reader, or the same, whatever was done to it`() throws {
    var random = SplitMix64(seed: 12)
    let awkward = Array("\"\\{}[]:,0-.eEun \n".utf8) + [0x00, 0xFF, 0xC3]
    var skimmed = 0
    for turn in 0..<6000 {
      var text = Self.plain
      for _ in 0...random.upTo(2) {
        let (old, new) = random.pick(Self.turns)
        let places = text.ranges(of: old)
        if !places.isEmpty { text.replaceSubrange(random.pick(places), with: new) }
      }
      let bytes = turn % 2 == 0 ? Array(text.utf8) : random.damaged(Array(text.utf8), with: awkward)
      guard let job = IndexedJob(skimming: bytes, at: place, stamp: .none) else { continue }
      skimmed += 1
      let expected = whole(bytes)
      #expect(job == expected, "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect((300...5700).contains(skimmed))
  }
}
