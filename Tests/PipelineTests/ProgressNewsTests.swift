import Foundation
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// What a cluster's task tells of a job beside its manifest.
struct ProgressNewsTests {
  private let folder: TemporaryFolder
  private let job: JobPaths
  private let stages: [StageDefinition]
  private let film = InputDecision(input: "/in/a.mp4", title: "Sholay", year: 1975, kind: .new, reason: "")
  /// When the runs of the job began.
  private let runs = ["2026-01-01T20:00:00.000000", "2026-01-01T21:00:00.000000"]

  init() throws {
    folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    job = JobPaths(id: try #require(JobID("20260101-001")), userID: 1, in: workspace)
    try makeFolder(job.output)
    let yaml = "name: p\nstages:\n  - {name: asr, number: 1, command: [x]}\n"
    stages = try PipelineDefinition(yaml: yaml, file: "p.yaml").stages
  }

  /// Has the job's last run be in an attempt of its stage, or past it.
  private func record(runs count: Int = 1, _ status: String = "running", attempt: Int = 1) throws {
    let history = runs.prefix(count).map { "{\"at\": \"\($0)\", \"event\": \"started\"}" }.joined(separator: ", ")
    let text = """
      {"stages": {"asr": {"status": "\(status)", "attempt": \(attempt), "started_at": "\(runs[count - 1])"}},
       "pipeline": {"status": "running"}, "history": [\(history)]}
      """
    try DurableFile.write(Array(text.utf8), to: job.manifest)
  }

  private func tell(_ progress: WorkerProgress) throws {
    try DurableFile.writeFast(progress.document.bytes(.compact), to: job.progress)
  }

  /// What a run tells in an attempt of its stage.
  private func progress(run: Int = 0, attempt: Int = 1, _ fraction: Double, _ text: String = "") -> WorkerProgress {
    var progress = WorkerProgress(run: runs[run])
    progress.note(.stageStarted(job, stage: "asr", number: 1, lane: "gpu", attempt: attempt))
    progress.note(.stageCommand(job, stage: "asr", command: "whisper --attempt \(attempt)"))
    progress.note(.stageProgress(job, stage: "asr", fraction: fraction, text: text))
    return progress
  }

  private func words(_ events: [RunEvent]) -> [String] {
    events.map { event in
      switch event {
      case .stageCommand(_, let stage, let command): "\(stage) $ \(command)"
      case .stageProgress(_, let stage, let fraction, let text): "\(stage) \(fraction) \(text)"
      case .warning(let text): text
      default: "\(event)"
      }
    }
  }

  private func news() -> (ManifestNews, ProgressNews) {
    (ManifestNews(of: job, film, stages, after: 0), ProgressNews(of: job))
  }

  @Test func `a stage's command and how far it is are told once each, and anew as it moves`() throws {
    var (manifest, news) = news()
    try tell(progress(0.25, "quarter"))
    #expect(words(news.look(beside: manifest)) == [])
    try record()
    _ = manifest.look()
    #expect(words(news.look(beside: manifest)) == ["asr $ whisper --attempt 1", "asr 0.25 quarter"])
    #expect(words(news.look(beside: manifest)) == [])
    try tell(progress(0.25, "a bit more"))
    #expect(words(news.look(beside: manifest)) == ["asr 0.25 a bit more"])
    #expect(unlink(job.progress))
    #expect(words(news.look(beside: manifest)) == [])
  }

  @Test func `what is left of a dead run, or told of another attempt, is no news`() throws {
    var (manifest, news) = news()
    try record(runs: 2, attempt: 2)
    _ = manifest.look()
    for old in [progress(0.9), progress(run: 1, 0.9), progress(attempt: 2, 0.9)] {
      try tell(old)
      #expect(words(news.look(beside: manifest)) == [])
    }
    try tell(progress(run: 1, attempt: 2, 0.1))
    #expect(words(news.look(beside: manifest)) == ["asr $ whisper --attempt 2", "asr 0.1 "])
    try record(runs: 2, "success", attempt: 2)
    _ = manifest.look()
    try tell(progress(run: 1, attempt: 2, 1))
    #expect(words(news.look(beside: manifest)) == [])
    // The manifest is behind the file, and comes after.
    try tell(progress(run: 1, attempt: 3, 0.5))
    #expect(words(news.look(beside: manifest)) == [])
    try record(runs: 2, attempt: 3)
    _ = manifest.look()
    #expect(words(news.look(beside: manifest)) == ["asr $ whisper --attempt 3", "asr 0.5 "])
  }

  @Test func `warnings are told once, of many the last, and those of another run anew`() throws {
    var (manifest, news) = news()
    try record()
    _ = manifest.look()
    var told = WorkerProgress(run: runs[0])
    for number in 1...3 { told.note(.warning("warning \(number)")) }
    try tell(told)
    #expect(words(news.look(beside: manifest)) == ["warning 1", "warning 2", "warning 3"])
    told.note(.warning("warning 4"))
    try tell(told)
    #expect(words(news.look(beside: manifest)) == ["warning 4"])
    for number in 5...30 { told.note(.warning("warning \(number)")) }
    try tell(told)
    #expect(words(news.look(beside: manifest)) == (23...30).map { "warning \($0)" })
    try record(runs: 2)
    _ = manifest.look()
    var next = WorkerProgress(run: runs[1])
    next.note(.warning("of the second run"))
    try tell(next)
    #expect(words(news.look(beside: manifest)) == ["of the second run"])
  }

  @Test func `what is torn, foreign or hostile tells nothing, and the next whole one does`() throws {
    let whole = progress(0.5).document.bytes(.compact)
    let run = runs[0]
    let bad: [[UInt8]] = [
      [], Array("null".utf8), Array("[1]".utf8), [0xFF, 0x00], Array(whole.dropLast(7)),
      Array("{\"run\": \"\(run)\", \"stage\": \"asr\", \"attempt\": 1, \"fraction\": 1e300, \"warned\": 9}".utf8),
      Array("{\"run\": \"\(run)\", \"stage\": 7, \"attempt\": -1, \"fraction\": \"x\", \"warned\": -9}".utf8),
      Array("{\"run\": \"\(run)\", \"stage\": \"mux\", \"attempt\": 1, \"fraction\": 0.9}".utf8),
      Array(repeating: UInt8(ascii: "["), count: 200_000), Array(repeating: UInt8(ascii: " "), count: 1 << 20) + whole,
    ]
    var (manifest, news) = news()
    try record()
    _ = manifest.look()
    for bytes in bad {
      try DurableFile.writeFast(bytes, to: job.progress)
      #expect(words(news.look(beside: manifest)) == [], "\(String(decoding: bytes.prefix(80), as: UTF8.self))")
    }
    try DurableFile.writeFast(whole, to: folder.root.appending("elsewhere"))
    #expect(unlink(job.progress))
    #expect(symlink(folder.root.appending("elsewhere").string, job.progress.string) == 0)
    #expect(words(news.look(beside: manifest)) == [])
    #expect(unlink(job.progress))
    // One that a reader would wait for.
    #expect(mkfifo(job.progress.string, 0o600) == 0)
    #expect(words(news.look(beside: manifest)) == [])
    WorkerProgress.removeLeft(of: job)
    try tell(progress(0.75))
    #expect(words(news.look(beside: manifest)) == ["asr $ whisper --attempt 1", "asr 0.75 "])
  }

  @Test func `what has no end is cut between characters`() throws {
    var told = progress(0.5, "a" + String(repeating: "वह", count: 4000))
    told.note(.stageCommand(job, stage: "asr", command: String(repeating: "\u{1}", count: 100_000)))
    told.note(.warning(String(repeating: "é", count: 4000)))
    let bytes = told.document.bytes(.compact)
    #expect(bytes.count < 256 << 10)
    #expect(WorkerProgress(bytes) == told)
    #expect(told.text.utf8.count <= 2048 && told.text.utf8.count > 2000)
    #expect(told.text.allSatisfy { "aवह".contains($0) })
  }

  @Test func `a run tells while it has the job in hand, and leaves nothing`() async throws {
    let began = try #require(Timestamp(runs[0]))
    let telling = ProgressTelling(of: job, began: began)
    telling.note(.stageStarted(job, stage: "asr", number: 1, lane: "gpu", attempt: 1))
    telling.note(.stageProgress(job, stage: "asr", fraction: 0.5, text: ""))
    func told() -> WorkerProgress? {
      var seen: FileStatus?
      return WorkerProgress.read(of: job, unlike: &seen)
    }
    while told()?.fraction != 0.5 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(told()?.run == runs[0])
    telling.note(.stageEnded(job, stage: "asr", status: .success, seconds: 1, reason: nil))
    while told()?.stage != nil { try await Task.sleep(for: .milliseconds(20)) }
    telling.note(.stageStarted(job, stage: "mux", number: 2, lane: "cpu", attempt: 1))
    telling.end()
    try await Task.sleep(for: .milliseconds(1500))
    #expect(names(in: job.output) == [])
  }
}
