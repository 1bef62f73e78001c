import Jobs
import Testing

/// `cpwx job stats`, beside what a person reckons from the same records.
struct StatisticsTests {
  /// A job as its records have it.
  private struct Record {
    var number: Int
    var user = 1
    var seconds: Int
    /// Of each stage its seconds; `nil` where it failed.
    var stages: KeyValuePairs<String, Double?>
    var error: String?

    var id: String { "20260115-\(String(1000 + number).dropFirst())" }

    var manifest: String {
      let failed = stages.first { $0.value == nil }?.key
      let records = stages.enumerated().map { position, stage in
        let ended = stage.value.map { #""status": "success", "duration_seconds": \#($0)"# }
        let failure = #""status": "failed", "duration_seconds": 9000.0, "error": "\#(error ?? "")""#
        return #""\#(stage.key)": {"stage_number": \#(position + 1), "attempt": 1, \#(ended ?? failure)}"#
      }
      return """
        {"version": "1.0.0", "job_id": "\(id)", "user_id": \(user), "created_at": "2026-01-15T09:00:00.000000",
        "input": {"file": "in/Film \(number).mkv", "title": "Film \(number)", "year": 2001},
        "stages": {\(records.joined(separator: ", "))},
        "pipeline": {"status": "\(failed == nil ? "completed" : "failed")", "current_stage": null,
        "completed_stages": [], "failed_stages": [\(failed.map { "\"\($0)\"" } ?? "")]},
        "timing": {"completed_at": "2026-01-15T11:00:00.000000", "total_seconds": \(seconds).0}}
        """
    }
  }

  /// Twenty jobs that completed, whose stage asr took 1 to 20 seconds, in no order; five that failed, in two ways; one that
  /// waits.
  private func site(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with { workspace in
      var records = (1...20).map { number in
        let asr = Double(number * 7 % 20 + 1)
        return Record(
          number: number, user: number <= 4 ? 2 : 1, seconds: Int(asr) * 360,
          stages: ["demux": 3, "asr": asr, "mux": number == 11 ? 100 : 2])
      }
      for number in 21...23 {
        records.append(
          Record(
            number: number, seconds: 720, stages: ["demux": 3, "asr": nil],
            error: "CUDA out of memory: tried to get \(number * 17) MiB for /tmp/\(number)/model.bin"))
      }
      for number in 24...25 {
        records.append(
          Record(
            number: number, seconds: 720, stages: ["demux": 3, "asr": 4, "mux": nil],
            error: "Film \(number).mkv: no space left on the device"))
      }
      for record in records {
        try workspace.write("out/2026/01/15/\(record.user)/\(record.id)/manifest.json", record.manifest)
      }
      try workspace.write("out/2026/01/15/1/20260115-026/job_info.json", #"{"job_id": "20260115-026", "user_id": 1}"#)
      try body(workspace)
    }
  }

  private func statistics(_ workspace: TestWorkspace, _ filters: String...) throws -> JSON {
    let outcome = try workspace.start([CPWX.path, "job", "stats"] + filters + ["--format", "json"]).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try JSON(parsing: outcome.output.utf8)
  }

  @Test func `all numbers are those that one reckons by hand`() throws {
    try site { workspace in
      let all = try statistics(workspace)
      #expect(all["jobs"]?.int == 26)
      #expect(all["by_status"] == ["completed": .int(20), "failed": .int(5), "pending": .int(1)])
      // (1 + 2 + … + 20) × 360 s, and 5 × 720 s.
      #expect(all["hours"]?.double == 22)
      #expect(all["success_rate"]?.double == 0.8)
      let stages = try #require(all["stages"]?.array)
      #expect(stages.map { $0["stage_name"]?.string } == ["demux", "asr", "mux"])
      #expect(stages.map { $0["succeeded"]?.int } == [25, 22, 20])
      #expect(stages.map { $0["failed"]?.int } == [0, 3, 2])
      // 1, 2, 3, 4, 4, 4, 5 … 20: between the eleventh and twelfth of 22, and the twenty-first. What failed does not count.
      #expect(stages.map { $0["median_seconds"]?.double } == [3, 9.5, 2])
      #expect(stages.map { $0["p95_seconds"]?.double } == [3, 19, 2])
      #expect(stages.map { $0["longest_seconds"]?.double } == [3, 20, 100])
      // 7 × 17 = 119.
      #expect(stages[1]["longest_job"]?.string == "20260115-017")
      #expect(stages[2]["longest_job"]?.string == "20260115-011")
      let slowest = try #require(all["slowest"]?.array)
      #expect(slowest.map { $0["total_seconds"]?.double } == [7200, 6840, 6480, 6120, 5760])
      #expect(slowest.first?["job_id"]?.string == "20260115-017")
    }
  }

  @Test func `failures are grouped by cause, whatever their numbers, paths and films, the most frequent first`() throws
  {
    try site { workspace in
      let failures = try #require(try statistics(workspace)["failures"]?.array)
      #expect(failures.map { $0["jobs"]?.int } == [3, 2])
      #expect(failures.map { $0["stage"]?.string } == ["asr", "mux"])
      #expect(failures.map { $0["latest_job"]?.string } == ["20260115-023", "20260115-025"])
      #expect(
        failures.map { $0["example"]?.string } == [
          "CUDA out of memory: tried to get 391 MiB for /tmp/23/model.bin",
          "Film 25.mkv: no space left on the device",
        ])
      #expect(failures.allSatisfy { $0["cause"]?.string?.contains(/\d/) == false }, "\(failures)")
      #expect(failures[0]["cause"]?.string?.contains("CUDA out of memory") == true)
    }
  }

  @Test func `filters leave the rest out of every number`() throws {
    try site { workspace in
      // asr took 8, 15, 2 and 9 s.
      let others = try statistics(workspace, "user=2")
      #expect(others["jobs"]?.int == 4)
      #expect(others["hours"]?.double == 3.4)
      #expect(others["success_rate"]?.double == 1)
      let asr = others["stages"]?.array?.first { $0["stage_name"]?.string == "asr" }
      #expect(asr?["median_seconds"]?.double == 8.5)
      #expect(asr?["p95_seconds"]?.double == 15)
      #expect(others["failures"]?.array == [])
      let failed = try statistics(workspace, "status=failed", "stage=mux")
      #expect(failed["jobs"]?.int == 2)
      #expect(failed["hours"]?.double == 0.4)
      #expect(failed["success_rate"]?.double == 0)
      let mux = failed["stages"]?.array?.first { $0["stage_name"]?.string == "mux" }
      #expect(mux?["succeeded"]?.int == 0 && mux?["median_seconds"]?.isNull == true)
      let none = try statistics(workspace, "year=1901")
      #expect(none["jobs"]?.int == 0 && none["success_rate"]?.isNull == true && none["stages"]?.array == [])
    }
  }

  @Test func `the table and the rows say the same`() throws {
    try site { workspace in
      let table = try workspace.cpwx("job", "stats").lines.map { line in
        line.split(separator: " ").joined(separator: " ")
      }
      #expect(table.contains("Jobs 26: 20 completed, 5 failed, 1 pending"), "\(table)")
      #expect(table.contains("Success 80.0 % of the jobs that ended"), "\(table)")
      #expect(table.contains("asr 22 3 9.5 s 19 s 20 s 20260115-017"), "\(table)")
      #expect(table.contains("3 asr 20260115-023 CUDA out of memory: tried to get 391 MiB for /tmp/23/model.bin"))
      let csv = try workspace.cpwx("job", "stats", "--format", "csv").lines
      #expect(csv.count == 4)
      #expect(csv[0] == "stage_name,succeeded,failed,median_seconds,p95_seconds,longest_seconds,longest_job")
      #expect(csv[2] == "asr,22,3,9.5,19.0,20.0,20260115-017")
      let rows = try workspace.cpwx("job", "stats", "--format", "ndjson").lines.map { try JSON(parsing: $0.utf8) }
      let stages = try statistics(workspace)["stages"]
      #expect(rows == stages?.array)
    }
  }
}
