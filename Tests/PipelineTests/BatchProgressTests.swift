import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// How far a batch is, as its events tell.
struct BatchProgressTests {
  @Test func `of a batch that has told nothing yet nothing is done, and of one without films all`() {
    var progress = BatchProgress()
    #expect(progress.fraction == 0)
    progress.note(.batchStarted("b", films: 0, stages: 0, lanes: [:], expected: nil))
    #expect(progress.fraction == 1)
  }

  @Test func `a batch that has not told of itself yet is one that has just begun`() throws {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let batch = try OpenBatch("20251128-220000-7", in: workspace, who: "asha@films", inputs: ["in"])
    let told = workspace.runningBatches()
    #expect(told.map { $0["batch_id"]?.string } == [batch.id])
    #expect(told.first?["fraction"]?.double == 0)
    #expect(told.first?["started_at"]?.string?.isEmpty == false)
    try batch.end(.completed, jobs: [])
    #expect(workspace.runningBatches().isEmpty)
  }

  @Test func `what a failed job has not done is not to come, and with the last film all is done`() throws {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    func job(_ number: Int) throws -> JobPaths {
      JobPaths(id: try #require(JobID("20260101-00\(number)")), userID: 1, in: workspace)
    }
    let (first, second) = (try job(1), try job(2))
    var progress = BatchProgress()
    progress.note(.batchStarted("b", films: 2, stages: 8, lanes: ["cpu": 2], expected: 100))
    for job in [first, second] {
      progress.note(.jobStarted(job, title: "Sholay", year: 1975, input: "/in/a.mp4"))
      progress.note(.stageStarted(job, stage: "demux", number: 1, lane: "cpu", attempt: 1))
      progress.note(.stageEnded(job, stage: "demux", status: .success, seconds: 1, reason: nil))
    }
    #expect(progress.running.map(\.title) == ["Sholay (1975)", "Sholay (1975)"])
    #expect(progress.document["running"]?.array?.map { $0["year"]?.int } == [1975, 1975])
    #expect(BatchProgress(document: progress.document).running.map(\.year) == [1975, 1975])
    #expect(progress.fraction == 0.25)
    progress.note(.stageWaiting(first, stage: "asr", number: 2, lane: "gpu"))
    #expect(progress.running.first?.number == 2)
    #expect(progress.running.first?.isWaiting == true)
    progress.note(.stageStarted(first, stage: "asr", number: 2, lane: "gpu", attempt: 1))
    progress.note(.stageProgress(first, stage: "asr", fraction: 0.5, text: ""))
    #expect(progress.fraction == 2.5 / 8)
    progress.note(.stageEnded(first, stage: "asr", status: .failed, seconds: 1, reason: "no memory"))
    progress.note(.jobEnded(first, status: .failed, seconds: 2, reason: "asr: no memory"))
    #expect(progress.fraction == 5.0 / 8)
    #expect(progress.secondsLeft() != nil)
    progress.note(.jobEnded(second, status: .interrupted, seconds: 2, reason: nil))
    #expect(progress.failures.map(\.reason) == ["asr: no memory"])
    #expect(progress.fraction == 1)
    // One that was cancelled has not ended its film; the batch's end is near all the same.
    #expect(progress.ended == 1)
  }

  @Test func `what is left for the next run by a batch that was told to end is not done`() throws {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let job = JobPaths(id: try #require(JobID("20260101-001")), userID: 1, in: workspace)
    var progress = BatchProgress()
    progress.note(.batchStarted("b", films: 2, stages: 8, lanes: ["cpu": 2], expected: 100))
    progress.note(.jobStarted(job, title: "Sholay", year: 1975, input: "/in/a.mp4"))
    progress.note(.stageEnded(job, stage: "demux", status: .success, seconds: 1, reason: nil))
    progress.note(.batchStopping(.drain, because: nil))
    progress.note(.jobEnded(job, status: .interrupted, seconds: 2, reason: nil))
    #expect(progress.fraction == 1.0 / 8)
    #expect(progress.ended == 0)
  }

  @Test func `of a stage that is tried again and of a batch that was told to end other processes know`() throws {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let job = JobPaths(id: try #require(JobID("20260101-001")), userID: 1, in: workspace)
    let now = try #require(Timestamp("2026-01-01T22:00:00"))
    var progress = BatchProgress()
    progress.note(.batchStarted("b", films: 2, stages: 2, lanes: ["cpu": 1], expected: 100), now: now)
    progress.note(.jobStarted(job, title: "Sholay", year: 1975, input: "/in/a.mp4"), now: now)
    progress.note(.stageStarted(job, stage: "asr", number: 7, lane: "cpu", attempt: 1), now: now)
    progress.note(.stageEnded(job, stage: "asr", status: .failed, seconds: 1, reason: "no memory"), now: now)
    #expect(progress.running[0].stage == nil)
    progress.note(.stageRetrying(job, stage: "asr", after: 30, reason: "no memory"), now: now)
    #expect(progress.laneUse.isEmpty)
    #expect(progress.secondsLeft(now: now) == 100)
    // Nothing happens for a while: the clock goes on, here and for who reads what was told.
    var document = progress.document
    document["seconds_left"] = .double(100)
    document["at"] = .string(now.text)
    for (after, left) in [(0, 100), (60, 40), (100, nil), (3600, nil)] as [(Int64, Double?)] {
      let later = Timestamp(microseconds: now.microseconds + after * 1_000_000)
      #expect(progress.secondsLeft(now: later) == left)
      #expect(BatchProgress(document: document).secondsLeft(now: later) == left)
      // Also once there is a pace: by what was done at that moment it would go up.
      var further = document
      further["fraction"] = .double(0.5)
      #expect(BatchProgress(document: further).secondsLeft(now: later) == left)
    }
    progress.note(.batchStopping(.drain, because: nil), now: now)
    #expect(progress.secondsLeft(now: now) == nil)
    let told = BatchProgress(document: progress.document)
    for progress in [progress, told] {
      #expect(progress.running[0].stage == "asr")
      #expect(progress.running[0].retriesAt == Timestamp("2026-01-01T22:00:30"))
      #expect(progress.stopping == .drain)
    }
    progress.note(.stageStarted(job, stage: "asr", number: 7, lane: "cpu", attempt: 2), now: now)
    #expect(progress.running[0].retriesAt == nil)
  }
}
