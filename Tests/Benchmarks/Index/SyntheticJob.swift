/// One job's files, made of its number alone.
struct SyntheticJob {
  static let users = [1, 2, 3]

  let folder: String
  let manifest: String
  let info: String

  /// - Parameter number: among all jobs, from 0.
  init(_ number: Int, on day: SyntheticDay) {
    var random = Randomness(seed: UInt64(number) &* 0x2545_F491_4F6C_DD1D)
    let counter = number % SyntheticDay.jobs + 1
    let id = day.digits + (counter < 100 ? "-0" : "-") + two(counter)
    let lot = random.next() % 10
    let user = lot < 6 ? 1 : lot < 9 ? 2 : 3
    folder = "out/\(day.folders)/\(user)/\(id)"
    let created = 3600.0 * 5 + Double(counter) * 60 + random.between(0, 50)
    let film = Film(&random)
    var job = JobText(
      id: id, user: user, folder: folder, day: day, created: day.moment(created), film: film)
    info = job.info
    switch random.next() % 100 {
    case ..<93: job.run(from: created, stages: SyntheticStage.all.count, end: .completed, &random)
    case ..<98: job.run(from: created, stages: Int(random.next() % 10) + 1, end: .failed, &random)
    case 98: job.run(from: created, stages: Int(random.next() % 10), end: .interrupted, &random)
    default: break
    }
    manifest = job.manifest
  }
}

/// What is told of a film.
private struct Film {
  let title: String
  let year: Int
  let seconds: Double
  let document: String

  init(_ random: inout Randomness) {
    title = SyntheticTitles.title(&random)
    year = Int.random(in: 1950...2025, using: &random)
    seconds = random.between(1200, 10_800)
    let name = String(title.map { $0 == " " ? "_" : $0 }) + "_\(year).mkv"
    document = """
      {
          "file": "in/\(name)",
          "title": "\(title)",
          "year": \(year),
          "size_bytes": \(Int(seconds * 250_000)),
          "sha256": "\(random.hexadecimal(64))",
          "modified_ns": \(1_700_000_000_000_000_000 + Int(random.next() % 1_000_000_000_000_000)),
          "inode": \(random.next() % 100_000_000)
        }
      """
  }
}

private enum End: String {
  case completed, failed, interrupted
}

/// The documents of a job, laid out as cpwx writes them.
private struct JobText {
  let id: String
  let user: Int
  let folder: String
  let day: SyntheticDay
  let created: String
  let film: Film
  private var stages: [String] = []
  private var pipeline = pipelineText("pending", completed: [], failed: [])
  private var timing = #"{"started_at": null, "completed_at": null, "total_seconds": null}"#
  private var history = ""

  init(id: String, user: Int, folder: String, day: SyntheticDay, created: String, film: Film) {
    (self.id, self.user, self.folder) = (id, user, folder)
    (self.day, self.created, self.film) = (day, created, film)
  }

  private var heading: String {
    """
      "version": "1.0.0",
      "created_at": "\(created)",
      "timezone": "IST +05:30",
      "job_id": "\(id)",
      "user_id": \(user),
      "job_env_file": "config/.env.job_\(id)",
      "input": \(film.document),
      "output_dir": "\(folder)"
    """
  }

  var info: String {
    """
    {
    \(heading),
      "log_dir": "logs\(folder.dropFirst(3))",
      "env_backup": "\(folder)/job.env"
    }

    """
  }

  var manifest: String {
    """
    {
    \(heading),
      "stages": {\(stages.isEmpty ? "" : "\n" + stages.joined(separator: ",\n") + "\n  ")},
      "pipeline": \(pipeline),
      "timing": \(timing)\(history)
    }

    """
  }

  mutating func run(from created: Double, stages count: Int, end: End, _ random: inout Randomness) {
    let started = created + 0.08
    var clock = started
    var names: [String] = []
    for (index, stage) in SyntheticStage.all.prefix(count).enumerated() {
      let seconds = 0.1 + stage.work * film.seconds / 3600 * random.between(0.7, 1.4)
      let fails = end == .failed && index == count - 1
      let error = fails ? random.one(of: SyntheticStage.errors) : nil
      stages.append(record(stage, index + 1, clock, seconds, error, &random))
      clock += seconds + 0.02
      if !fails { names.append("\"\(stage.name)\"") }
    }
    let failed = end == .failed ? SyntheticStage.all[count - 1].name : nil
    pipeline = Self.pipelineText(
      end.rawValue, completed: names, failed: failed.map { ["\"\($0)\""] } ?? [],
      error: failed.map { "\($0): exit code 1" })
    let total = Double(Int((clock - started) * 1_000_000)) / 1_000_000
    timing = """
      {
          "started_at": "\(day.moment(started))",
          "completed_at": "\(day.moment(clock))",
          "total_seconds": \(total),
          "running_seconds": \(total)
        }
      """
    let reason = failed.map { ",\n      \"reason\": \"\($0): exit code 1\"" } ?? ""
    history = """
      ,
        "history": [
          {
            "at": "\(day.moment(started))",
            "event": "started",
            "who": "asha@films-\(user)",
            "reason": "no job of this film yet"
          },
          {
            "at": "\(day.moment(clock))",
            "event": "\(end.rawValue)",
            "who": "asha@films-\(user)"\(reason)
          }
        ]
      """
  }

  private func record(
    _ stage: SyntheticStage, _ number: Int, _ started: Double, _ seconds: Double, _ error: String?,
    _ random: inout Randomness
  ) -> String {
    let output = stage.output.map { output in
      """
      {
              "\(output.key)": {
                "path": "/films/\(folder)/\(output.path)",
                "exists": true,
                "size_bytes": \(random.next() % 10_000_000),
                "description": "\(output.description)"
              }
            }
      """
    }
    let failure = error.map {
      ",\n      \"error\": \"Traceback (most recent call last):\\n\($0)\",\n      \"reason\": \"\($0)\""
    }
    return """
          "\(stage.name)": {
            "job_id": "\(id)",
            "user_id": \(user),
            "stage_number": \(number),
            "stage_name": "\(stage.name)",
            "job_env_file": "config/.env.job_\(id)",
            "status": "\(error == nil ? "success" : "failed")",
            "started_at": "\(day.moment(started))",
            "input_files": [],
            "outputs": \(error == nil ? output ?? "{}" : "{}"),
            "metadata": {\(stage.metadata)},
            "attempt": 1,
            "runner": "local",
            "log": "logs\(folder.dropFirst(3))/\(stage.name).log",
            "fingerprint": "\(random.hexadecimal(64))",
            "completed_at": "\(day.moment(started + seconds))",
            "duration_seconds": \(seconds),
            "exit_code": \(error == nil ? 0 : 1)\(failure ?? ""),
            "resources": {
              "peak_memory_bytes": \(20_000_000 + random.next() % 400_000_000),
              "cpu_seconds": \(seconds * 1.6)
            }
          }
      """
  }

  private static func pipelineText(
    _ status: String, completed: [String], failed: [String], error: String? = nil
  ) -> String {
    """
    {
        "status": "\(status)",
        "current_stage": null,
        "completed_stages": [\(completed.joined(separator: ", "))],
        "failed_stages": [\(failed.joined(separator: ", "))]\(error.map { ",\n    \"error\": \"\($0)\"" } ?? "")
      }
    """
  }
}

extension SyntheticDay {
  /// A moment of this day in the documented form; what goes past midnight stays on the day's last second.
  fileprivate func moment(_ seconds: Double) -> String {
    let microseconds = min(Int(seconds * 1_000_000), 86_399_999_999)
    let (whole, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let digits = String(1_000_000 + fraction).dropFirst()
    return "\(date)T\(two(whole / 3600)):\(two(whole / 60 % 60)):\(two(whole % 60)).\(digits)"
  }
}
