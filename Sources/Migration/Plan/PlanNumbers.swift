internal import Index
internal import Jobs

extension MigrationPlan {
  /// Gives each entry that is to be migrated its id: its own where it may keep that, else the next of its day.
  ///
  /// - Parameter areElsewhere: whether the trees are another folder's.
  /// - Returns: also the first number that is given of each day on which others may be given meanwhile.
  /// - Throws: ``JobError`` with code `io`.
  static func number(
    _ draft: PlanDraft, _ order: Spooled<Int32>, but blocked: Set<Int>, areElsewhere: Bool, in workspace: Workspace
  ) throws -> (ids: PlannedIDs, open: [JobID]) {
    var ids = PlannedIDs()
    let numbering = JobNumbering(workspace: workspace)
    let indexed = JobIndex.highestNumbers(in: workspace)
    var taken: [JobDate: RangeSet<Int>] = [:]
    func take(_ number: Int, on day: JobDate) { taken[day, default: RangeSet()].insert(number) }
    try draft.keys.forEach { _, key in
      try ids.append(nil)
      guard key.kind == .dated, !key.isPlanned, let day = key.day, let number = key.number else { return }
      take(number, on: day)
    }
    var used: [JobDate: Int] = [:]
    func highestUsed(on day: JobDate) throws -> Int {
      if let known = used[day] { return known }
      let highest = max(try numbering.highestUsed(on: day), indexed[day.digits] ?? 0)
      used[day] = highest
      return highest
    }
    func forEachPlanned(_ body: (Int, PlanDraft.Key) throws -> Void) throws {
      try order.forEach { _, index in
        let key = try draft.keys[Int(index)]
        if key.isPlanned { try body(Int(index), key) }
      }
    }
    try forEachPlanned { index, key in
      guard key.keepsID, let id = try draft.entry(index).id else { return }
      try ids.give(id, to: index)
      take(id.number, on: id.date)
    }
    // Ids that may be kept are, before any is given anew.
    try forEachPlanned { index, key in
      guard key.kind == .dated, let day = key.day, let number = key.number, !blocked.contains(day.year),
        try !ids.contains(index)
      else { return }
      // Trees of another folder are none of those that the numbers of this one were counted over.
      if areElsewhere, try number <= highestUsed(on: day) { return }
      // Of a day that a person has changed, the number is none.
      guard let old = JobID(try draft.entry(index).oldID ?? ""), old.date == day,
        taken[day]?.contains(number) != true
      else { return }
      take(number, on: day)
      try ids.give(old, to: index)
    }
    var next: [JobDate: Int] = [:]
    try forEachPlanned { index, key in
      guard let day = key.day, !blocked.contains(day.year), try !ids.contains(index) else { return }
      let number = try next[day] ?? max(highestUsed(on: day) + 1, taken[day]?.ranges.last?.upperBound ?? 1)
      try ids.give(JobID(date: day, number: number), to: index)
      next[day] = number + 1
    }
    // Jobs are made today, or where another clock says so.
    let first = JobDate(Timestamp(microseconds: Timestamp.now.microseconds - 86_400_000_000))
    var open: [JobDate: JobID] = [:]
    try ids.forEach { id in
      guard let id, id.date >= first, try id.number > highestUsed(on: id.date) else { return }
      if open[id.date].map({ id < $0 }) ?? true { open[id.date] = id }
    }
    return (ids, open.values.sorted())
  }
}

extension RangeSet<Int> {
  /// Most are next to another one, and take no room then.
  mutating func insert(_ number: Int) { insert(contentsOf: number..<(number + 1)) }

  var numbers: Int { ranges.reduce(0) { $0 + $1.count } }
}
