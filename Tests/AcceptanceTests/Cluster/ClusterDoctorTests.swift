import Foundation
import Jobs
import Testing

/// What `cpwx doctor` says of stages that are meant for a GPU, as far as a cluster has any.
struct ClusterDoctorTests {
  private static let heard = Stage("heard", fields: ["lane: gpu"], script: "true")
  private static let having = "GresTypes=gpu\nNodeName=DEFAULT Gres=gpu:1"

  private func gpus(_ outcome: Outcome) throws -> (status: String, message: String, remedy: String)? {
    let checks = try #require(try JSON(parsing: outcome.output.utf8).array, "\(outcome.errors)")
    return checks.first { $0["check"]?.string == "slurm gpu" }.map {
      ($0["status"]?.string ?? "", $0["message"]?.string ?? "", $0["remedy"]?.string ?? "")
    }
  }

  @Test func `where a cluster has none, it says of a lane what to do, and that what asks for one is taken by none`()
    throws
  {
    try TestWorkspace.withCluster([Self.heard, .last], films: 1) { workspace, cluster in
      let plain = try #require(try gpus(cluster.cpwx("doctor", "--format", "json")))
      #expect(plain.status == "warning")
      #expect(plain.message.contains("heard is in the lane gpu") && plain.message.contains("no gres gpu"))
      #expect(plain.remedy.contains("CPWX_SLURM_GRES=gpu:1") && plain.remedy.contains("another lane"))

      let asking = ["CPWX_SLURM_GRES": "gpu:1"]
      let named = try #require(try gpus(cluster.cpwx("doctor", "--format", "json", environment: asking)))
      #expect(named.status == "error")
      #expect(named.message.contains("no gres gpu:1, which heard would ask for"), "\(named.message)")
      #expect(named.remedy.contains("Mend CPWX_SLURM_GRES"))
      #expect(try cluster.cpwx("run", environment: asking).code == 78)
      // Flags go before it, as in a run.
      let over = asking.merging(["CPWX_SLURM_FLAGS": "--gres=gpu:0"]) { $1 }
      #expect(try gpus(cluster.cpwx("doctor", "--format", "json", environment: over))?.status == "ok")
      #expect(try cluster.cpwx("run", environment: over).code == 0)

      try workspace.declare([Stage("counted", fields: ["gpus: 2"], script: "true"), .last])
      let counted = try #require(try gpus(cluster.cpwx("doctor", "--format", "json")))
      #expect(counted.status == "error" && counted.message.contains("no gres gpu:2, which counted would ask for"))
      #expect(counted.remedy.contains("Mend 'gpus' of the stage"))
      try workspace.declare([.last])
      #expect(try gpus(cluster.cpwx("doctor", "--format", "json")) == nil)
      try workspace.declare([Stage("none", fields: ["lane: gpu", "gpus: 0"], script: "true")])
      #expect(try gpus(cluster.cpwx("doctor", "--format", "json")) == nil)
      let mistaken = try cluster.cpwx("doctor", environment: ["CPWX_SLURM_FLAGS": "--array=1"])
      #expect(mistaken.output.contains("--array=1 is for cpwx to say"), "\(mistaken.output)")
    }
  }

  @Test func `where a cluster has some, it says how they are asked for, and whether what is asked for is there`() throws
  {
    try TestWorkspace.withCluster([Self.heard, .last], films: 1, lines: Self.having, gres: "Name=gpu File=/dev/null\n")
    {
      workspace, cluster in
      let plain = try #require(try gpus(cluster.cpwx("doctor", "--format", "json")))
      #expect(plain.status == "warning" && plain.message.hasSuffix("the cluster is asked for no GPU"))
      #expect(plain.remedy.hasPrefix("Set CPWX_SLURM_GRES=gpu:1"))
      let asking = ["CPWX_SLURM_GRES": "gpu:1"]
      let ready = try #require(try gpus(cluster.cpwx("doctor", "--format", "json", environment: asking)))
      #expect(ready.status == "ok" && ready.message == "gpu:1 for heard")
      let outcome = try cluster.cpwx("run", environment: asking)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let many = try gpus(cluster.cpwx("doctor", "--format", "json", environment: ["CPWX_SLURM_GRES": "gpu:2"]))
      #expect(many?.status == "error")
    }
  }

  @Test func `a service that asks for a GPU is told of where its stage asks the cluster for none`() throws {
    let compose = """
        graphic:
          image: \(DockerDaemon.image)
          deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}

      """
    let stages = [
      ContainerStage(name: "seen", script: "true", service: "graphic"), ContainerStage(name: "plain", script: "true"),
    ]
    try TestWorkspace.withContainers(stages, config: ["EXECUTOR=slurm"], compose: compose) { workspace, daemon in
      let cluster = try SlurmCluster(workspace, Self.having, gres: "Name=gpu File=/dev/null\n")
      let settings = daemon.environment
      let found = try #require(try gpus(cluster.cpwx("doctor", "--format", "json", environment: settings)))
      #expect(found.status == "warning")
      #expect(found.message.hasPrefix("seen has a service that asks for a GPU, and"), "\(found.message)")
      #expect(found.remedy.contains("in the lane gpu"))
    }
  }
}
