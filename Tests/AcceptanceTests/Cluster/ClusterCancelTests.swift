import Foundation
import Jobs
import Testing

/// Jobs of a batch on a cluster that are cancelled one by one.
struct ClusterCancelTests {
  @Test func `one that waits leaves the queue, one that runs stops, and the others go on`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      let run = try cluster.startCPWX("run", "--jobs", "8")
      #expect(eventually { workspace.count("begun.") == 6 && run.errorsSoFar.contains("one started") })
      let waiting = try #require(
        try cluster.ask("squeue", "-h", "-r", "-t", "PENDING", "-o", "%K").split(separator: "\n").compactMap { Int($0) }
          .last)
      let atWork = try #require(
        try cluster.ask("squeue", "-h", "-r", "-t", "RUNNING", "-o", "%K")
          .split(separator: "\n").compactMap { Int($0) }.first)
      let (left, stopped) = (workspace.jobs[waiting], workspace.jobs[atWork])
      let outcome = try cluster.cpwx("job", "cancel", left, stopped, environment: ["USER": "anna"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let queued = try cluster.ask("squeue", "-h", "-r", "-t", "PENDING", "-o", "%K").split(separator: "\n")
      #expect(!queued.contains("\(waiting)"), "\(queued)")
      try workspace.write("open", "")
      let ended = try run.wait()
      #expect(ended.code == 1)
      #expect(try workspace.statuses() == ["completed": 6, "interrupted": 2], "\(ended.errors) \(ended.output)")
      #expect(workspace.runs.count == 13)
      for job in [left, stopped] {
        let manifest = try workspace.manifest(of: job)
        #expect(manifest["pipeline"]?["error"]?.string?.hasPrefix("cancelled by anna@") == true)
        #expect(manifest["history"]?.array?.filter { $0["event"]?.string == "cancelled" }.count == 1)
      }
      let next = try cluster.cpwx("run")
      #expect(next.code == 0, "\(next.errors)")
      #expect(workspace.runs.count == 13)
      let resumed = try cluster.cpwx("run", "--resume", left, stopped)
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(try workspace.statuses() == ["completed": 8])
    }
  }

  @Test func `a job of a batch that nobody follows is cancelled, also while the controller is silent`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 7) { workspace, cluster in
      #expect(try cluster.cpwx("run", "--detach", "--jobs", "7").code == 0)
      #expect(eventually { workspace.count("begun.") == 6 })
      let waiting = try #require(
        try cluster.ask("squeue", "-h", "-r", "-t", "PENDING", "-o", "%K").split(separator: "\n").compactMap { Int($0) }
          .last)
      let job = workspace.jobs[waiting]
      try cluster.stopController()
      let outcome = try cluster.cpwx("job", "cancel", job)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("will end as soon as it begins"), "\(outcome.errors)")
      try cluster.startController()
      try workspace.write("open", "")
      let followed = try cluster.cpwx("run", "--attach")
      #expect(followed.code == 1, "\(followed.errors)")
      #expect(try workspace.statuses() == ["completed": 6, "interrupted": 1])
      #expect(workspace.runs.count == 12)
      #expect(try workspace.manifest(of: job)["pipeline"]?["error"]?.string?.hasPrefix("cancelled by") == true)
    }
  }
}
