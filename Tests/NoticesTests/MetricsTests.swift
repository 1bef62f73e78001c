import Jobs
import Notices
import SystemPackage
import TestSupport
import Testing

struct `The metrics of a batch` {
  private var example: BatchMetrics {
    var batch = BatchMetrics(
      started: Timestamp(microseconds: 1_761_861_600_000_000), ended: Timestamp(microseconds: 1_761_865_200_500_000),
      batchJobs: ["completed": 3, "failed": 1, "held": 2])
    batch.jobs = ["completed": 120, "failed": 4]
    batch.stages = [.init(name: "asr", seconds: 5400.25, count: 3), .init(name: "a \"b\"\\\n", seconds: 1, count: 1)]
    batch.freeBytes = ["out": 123_456_789_012, "logs": 5]
    return batch
  }

  @Test func `are what promtool has nothing to say against`() throws {
    #expect(try run(["promtool", "check", "metrics"], input: example.metrics.text) == (0, ""))
    var others = Metrics()
    others.gauge("cpwx_retries", "Attempts after\nthe \\ first.", 3, labels: [("title", "शोले \r\n\\\"")])
    others.gauge("cpwx_odd_ratio", "Numbers that are none.", .nan, labels: [("kind", "nan")])
    others.gauge("cpwx_odd_ratio", "", -.infinity, labels: [("kind", "low")])
    others.gauge("cpwx_odd_ratio", "", 1e300, labels: [("kind", "high")])
    #expect(try run(["promtool", "check", "metrics"], input: others.text) == (0, ""))
    // It does look.
    var wrong = Metrics()
    wrong.gauge("cpwx_retries_total", "Only a counter's name ends in _total.", 3)
    #expect(try run(["promtool", "check", "metrics"], input: wrong.text).status != 0)
  }

  @Test func `say how a batch went`() {
    #expect(
      example.metrics.text == #"""
        # HELP cpwx_batch_jobs Jobs of the latest batch, by what became of them.
        # TYPE cpwx_batch_jobs gauge
        cpwx_batch_jobs{status="completed"} 3
        cpwx_batch_jobs{status="failed"} 1
        cpwx_batch_jobs{status="held"} 2
        cpwx_batch_jobs{status="interrupted"} 0
        cpwx_batch_jobs{status="pending"} 0
        cpwx_batch_jobs{status="running"} 0
        # HELP cpwx_batch_duration_seconds How long the latest batch took.
        # TYPE cpwx_batch_duration_seconds gauge
        cpwx_batch_duration_seconds 3600.5
        # HELP cpwx_batch_completed_timestamp_seconds When the latest batch ended, since 1970.
        # TYPE cpwx_batch_completed_timestamp_seconds gauge
        cpwx_batch_completed_timestamp_seconds 1761865200.5
        # HELP cpwx_jobs Jobs of the workspace, by status.
        # TYPE cpwx_jobs gauge
        cpwx_jobs{status="completed"} 120
        cpwx_jobs{status="failed"} 4
        cpwx_jobs{status="interrupted"} 0
        cpwx_jobs{status="pending"} 0
        cpwx_jobs{status="running"} 0
        # HELP cpwx_stage_duration_seconds Time that stages took, where they succeeded.
        # TYPE cpwx_stage_duration_seconds summary
        cpwx_stage_duration_seconds_sum{stage="asr"} 5400.25
        cpwx_stage_duration_seconds_count{stage="asr"} 3
        cpwx_stage_duration_seconds_sum{stage="a \"b\"\\\n"} 1
        cpwx_stage_duration_seconds_count{stage="a \"b\"\\\n"} 1
        # HELP cpwx_free_bytes Room on the disk of a folder.
        # TYPE cpwx_free_bytes gauge
        cpwx_free_bytes{folder="logs"} 5
        cpwx_free_bytes{folder="out"} 123456789012

        """#)
  }

  @Test func `are a file that everybody may read, also where it was closed before`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("cpwx.prom", "old", mode: .ownerReadWrite)
    try example.metrics.write(to: path)
    #expect(try folder.text("cpwx.prom") == example.metrics.text)
    #expect(try FileStatus(of: path).permissions == [.ownerReadWrite, .groupRead, .otherRead])
    #expect(names(in: folder.root) == ["cpwx.prom"])
  }
}
