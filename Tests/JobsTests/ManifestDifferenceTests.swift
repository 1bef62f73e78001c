import Jobs
import Testing

@Suite struct `The difference of two manifests` {
  private func manifest(_ job: String, one: String, two: String? = nil) throws -> Manifest {
    let second = two.map { ", \"two\": \($0)" } ?? ""
    let text = """
      {"job_id": "\(job)", "output_dir": "out/1/\(job)", "created_at": "\(job)",
      "input": {"file": "in/\(job).mp4", "title": "Film", "sha256": "ab"},
      "stages": {"one": \(one)\(second)}, "pipeline": {"status": "completed"}}
      """
    return Manifest(document: try JSON(parsing: Array(text.utf8)))
  }

  @Test func `is none where only times, places and names of jobs are others`() throws {
    func record(_ job: String, _ seconds: Int) -> String {
      """
      {"status": "success", "stage_number": 1, "started_at": "\(seconds)", "duration_seconds": \(seconds),
      "log": "logs/\(job)/one.log", "metadata": {"model": "base", "file": "/w/out/1/\(job)/a.json"},
      "outputs": {"a": {"path": "/elsewhere/out/1/\(job)/a.json", "exists": true, "size_bytes": 3}}}
      """
    }
    let old = try manifest("20251030-001", one: record("20251030-001", 5))
    let new = try manifest("20251031-007", one: record("20251031-007", 9))
    #expect(old.differences(to: new) == [])
  }

  @Test func `names the stage and the key, and what stands on either side`() throws {
    let old = try manifest(
      "20251030-001", one: #"{"status": "success", "metadata": {"words": {"count": 5}}}"#,
      two: #"{"status": "success"}"#)
    let new = try manifest("20251030-002", one: #"{"status": "completed", "metadata": {"words": {"count": 6}}}"#)
    #expect(
      old.differences(to: new) == [
        ManifestDifference(stage: "one", key: "metadata.words.count", old: .int(5), new: .int(6)),
        ManifestDifference(stage: "two", key: "status", old: .string("success"), new: nil),
      ])
  }

  @Test func `has what differs in the outputs themselves beside what else differs of their stage, and once`() throws {
    let stage = #"{"status": "success", "outputs": {"a": {"path": "a", "size_bytes": 3}}}"#
    let longer = #"{"status": "success", "outputs": {"a": {"path": "a", "size_bytes": 4}}}"#
    let old = try manifest("20251030-001", one: stage, two: stage)
    let new = try manifest("20251030-002", one: stage, two: longer)
    let content = ManifestDifference(stage: "one", key: "outputs.a.sha256", old: .string("ab"), new: .string("cd"))
    let size = ManifestDifference(stage: "two", key: "outputs.a.size_bytes", old: .int(3), new: .int(4))
    #expect(old.differences(to: new, outputs: [size, content]) == [content, size])
  }

  @Test func `takes hyphens and underscores for the same stage, whatever the kind of manifest`() throws {
    let old = Manifest(document: ["stages": ["pre-ner": ["status": .string("success")]]])
    let new = Manifest(document: ["stages": .array([["name": .string("pre_ner"), "status": .string("failed")]])])
    let found = old.differences(to: new)
    #expect(found.map(\.stage) == ["pre_ner"])
    #expect(found.map(\.new) == [.string("failed")])
  }
}
