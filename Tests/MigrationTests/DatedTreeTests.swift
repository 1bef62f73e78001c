import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// Trees that lie by their days already.
struct DatedTreeTests {
  private func job(_ id: String, _ user: Int, title: String = "Film", file: String = "in/Film (2001).mp4") -> String {
    let input: JSON = ["file": .string(file), "title": .string(title), "year": .int(2001)]
    let document: JSON = [
      "job_id": .string(id), "user_id": .int(user), "input": input, "created_at": .string("2025-06-05T08:00:00"),
      "stages": ["demux": ["status": .string("success")]], "pipeline": ["status": .string("failed")],
    ]
    return document.text()
  }

  @Test func `of two users' jobs of one id the second gets a new one`() throws {
    let workspace = try OldWorkspace()
    for user in [1, 2] {
      try workspace.folder.file(
        "out/2025/06/05/\(user)/20250605-001/manifest.json", job("20250605-001", user, file: "in/Film (2001).mp4"))
    }
    let (first, second) = (
      try workspace.entry("out/2025/06/05/1/20250605-001"), try workspace.entry("out/2025/06/05/2/20250605-001")
    )
    #expect(first.id?.description == "20250605-001" && first.action == "adopt")
    #expect(second.id?.description == "20250605-002" && second.action == "move")
    #expect(second.outputDir == "out/2025/06/05/2/20250605-002")
    #expect(second.problems.contains { $0.severity == .warning && $0.message.contains("id") })
  }

  @Test func `numbers keep apart however long they are`() throws {
    let workspace = try OldWorkspace()
    let ids = ["20250605-3000000001", "20250605-3000000002"]
    for id in ids { try workspace.folder.file("old/out/2025/06/05/1/\(id)/manifest.json", job(id, 1)) }
    let here = try Workspace(at: workspace.root, environment: [:])
    let trees = try OldTrees(workspace.root.pushing("old"), in: here)
    var planned: [String?] = []
    try MigrationPlan(of: trees, in: here, options: MigrationOptions()).forEach { planned.append($0.id?.description) }
    #expect(planned == ids)
  }

  @Test(arguments: ["2025", "2025/06", "2025/06/05", "2025/06/05/1"])
  func `a folder of days is no place to migrate from: its jobs would get other ids`(_ part: String) throws {
    let workspace = try OldWorkspace()
    let here = try Workspace(at: workspace.root, environment: [:])
    for out in ["out", "old/out", "backup/2025/06/05/out"] {
      let root = workspace.root.pushing(FilePath(out))
      try workspace.folder.file("\(out)/2025/06/05/1/20250605-001/manifest.json", job("20250605-001", 1))
      #expect(throws: JobError.self) { try OldTrees(root.pushing(FilePath(part)), in: here) }
      _ = try OldTrees(root, in: here)
    }
    try workspace.folder.file("films/2025/06/05/1/Film_2001/manifest.json", OldWorkspace.manifest())
    _ = try OldTrees(workspace.root.pushing("films").pushing(FilePath(part)), in: here)
  }

  @Test(arguments: ["2025", "2025/06", "2025/06/08", "2025/06/08/alice"])
  func `nor is one whose jobs lie by a counter`(_ part: String) throws {
    let workspace = try OldWorkspace()
    let here = try Workspace(at: workspace.root, environment: [:])
    try workspace.folder.file("old/out/2025/06/08/alice/0003/job.json", "{\"job_id\": \"job-20250608-alice-0003\"}")
    #expect(throws: JobError.self) {
      try OldTrees(workspace.root.pushing("old/out").pushing(FilePath(part)), in: here)
    }
    _ = try OldTrees(workspace.root.pushing("old/out"), in: here)
  }

  @Test func `jobs of today's layout in another folder come along, under ids that are free`() throws {
    let workspace = try OldWorkspace()
    try workspace.folder.file("out/2025/06/05/1/20250605-001/manifest.json", job("20250605-001", 1))
    for id in ["20250605-001", "20250606-007"] {
      let day = "2025/06/0\(id.dropFirst(7).prefix(1))"
      try workspace.folder.file("old/out/\(day)/1/\(id)/manifest.json", job(id, 1))
      try workspace.folder.file("old/logs/\(day)/1/\(id)/demux.log")
    }
    let here = try Workspace(at: workspace.root, environment: [:])
    let trees = try OldTrees(workspace.root.pushing("old"), in: here)
    var ids: [String: String?] = [:]
    try MigrationPlan(of: trees, in: here, options: MigrationOptions()).forEach { entry in
      #expect(entry.action == "move")
      ids[entry.path] = entry.id?.description
    }
    #expect(
      ids == [
        "old/out/2025/06/05/1/20250605-001": "20250605-002", "old/out/2025/06/06/1/20250606-007": "20250606-007",
      ])
  }

  @Test func `what a job's documents do not say is written, and what they say of cpwx itself stands`() throws {
    let workspace = try OldWorkspace()
    let day = "out/2025/06/10/1"
    try workspace.folder.file("\(day)/20250610-001/manifest.json", "{\"vers")
    try workspace.folder.file("\(day)/20250610-001/audio/audio.wav", "sound")
    let info = "{\"job_id\": \"20250610-002\", \"created_at\": \"2025-06-10T09:08:07.000000\"}"
    try workspace.folder.file("\(day)/20250610-002/job_info.json", info)
    try workspace.folder.file("\(day)/20250610-002/audio/audio.wav", "sound")
    try workspace.folder.file("\(day)/20250610-003/manifest.json", job("20250610-003", 1, title: "bad"))
    let own = "{\"timezone\": \"UTC +00:00\", " + job("20250610-004", 1, title: "By Hand").dropFirst()
    try workspace.folder.file("\(day)/20250610-004/manifest.json", own)
    let plan = try workspace.plan().sorted { $0.path < $1.path }
    #expect(plan.map(\.action) == ["complete", "complete", "complete", "adopt"])
    #expect(plan.map(\.title) == [nil, nil, "Film", "By Hand"])
    // No stage bears the failure out that the last two speak of.
    #expect(plan.map(\.status) == [.interrupted, .interrupted, .interrupted, .interrupted])
    #expect(plan.first { $0.path.hasSuffix("002") }?.created?.text == "2025-06-10T09:08:07.000000")
  }

  @Test func `a job_info.json that is cut short is told of, or written anew with the manifest`() throws {
    let workspace = try OldWorkspace()
    let day = "out/2025/06/11/1"
    for id in ["20250611-001", "20250611-002"] { try workspace.folder.file("\(day)/\(id)/job_info.json", "{\"job") }
    try workspace.folder.file("\(day)/20250611-001/manifest.json", job("20250611-001", 1))
    try workspace.folder.file("\(day)/20250611-002/manifest.json", "{\"job")
    let (first, second) = (try workspace.entry("\(day)/20250611-001"), try workspace.entry("\(day)/20250611-002"))
    #expect(first.action == "adopt" && second.action == "complete")
    #expect(first.problems.contains { $0.severity == .warning && $0.message.contains("job_info.json") })
    #expect(second.document["writes"]?.array?.compactMap(\.string).contains("job_info.legacy.json") == true)
  }

  @Test func `a folder with a job's id and no job in it is none, and its number counts as used`() throws {
    let workspace = try OldWorkspace()
    try workspace.folder.folder("out/2025/10/27/1/20251027-003")
    try workspace.folder.file("out/2025/10/27/1/20251027-004/notes.txt", "lost")
    try workspace.film("Film_2001", manifest: OldWorkspace.manifest())
    let plan = try workspace.plan()
    #expect(plan.filter { $0.path.hasPrefix("out/2025") }.map(\.kind) == [.other, .other])
    #expect(plan.first { $0.path == "out/Film_2001" }?.id?.description == "20251027-005")
  }

  @Test func `the settings and lists of the other layouts tell user, title and year`() throws {
    let workspace = try OldWorkspace()
    let day = "jobs/2025/06/06"
    try workspace.folder.file("\(day)/20250606-0001/Env User (2011).mp4", "film")
    try workspace.folder.file("\(day)/20250606-0001/.20250606-0001.env", "USER_ID=7\n")
    try workspace.folder.file("out/2025/06/06/20250606-0001/audio/audio.wav", "sound")
    try workspace.folder.file("\(day)/20250606-0002/x.mp4", "film")
    let listed = "{\"job_id\": \"20250606-0002\", \"input_media\": \"in/Jobs Json (2012).mp4\", \"user_id\": 8}"
    try workspace.folder.file("\(day)/jobs.json", "{\"jobs\": [\(listed)]}")
    let job = "{\"job_id\": \"job-20250608-alice-0003\", \"title\": \"Only Title\", \"year\": \"2014\"}"
    try workspace.folder.file("out/2025/06/08/alice/0003/job.json", job)
    let (env, list) = (
      try workspace.entry("out/2025/06/06/20250606-0001"), try workspace.entry("\(day)/20250606-0002")
    )
    #expect(env.userID == 7 && env.title == "Env User" && env.year == 2011)
    #expect(list.userID == 8 && list.title == "Jobs Json" && list.year == 2012)
    #expect(try workspace.entry("out/2025/06/08/alice/0003").year == 2014)
    // By a login nobody knows the user's number; the settings have it, and are called after the id.
    try workspace.folder.file("out/2025/06/08/alice/0003/.job-20250608-alice-0003.env", "USER_ID=9\n")
    #expect(try workspace.entry("out/2025/06/08/alice/0003").userID == 9)
  }

  @Test func `a stage of a pipeline of one's own is not missed by its name`() throws {
    let workspace = try OldWorkspace()
    let manifest = "{\"timezone\": \"UTC +00:00\", " + job("20250605-001", 1).dropFirst()
    try workspace.folder.file("out/2025/06/05/1/20250605-001/manifest.json", manifest)
    #expect(try workspace.plan().allSatisfy { $0.problems.allSatisfy { $0.severity == .info } })
  }
}
