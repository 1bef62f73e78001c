internal import Glibc
internal import Jobs
internal import SystemPackage

/// The processes of a stage: its process group, and whatever of it went off into sessions of its own.
///
/// Every process of a job carries a marker in its environment, which children inherit; that is how the processes of a
/// run that died are found again, and told from others that happen to have the same number. One that has dropped it is
/// known to whoever saw whose child it was, and one whose parents have ended, too, to who adopted it.
enum ProcessGroup {
  /// A process, told from a later one that has its number.
  struct Member: Hashable {
    let pid: pid_t
    /// In the kernel's ticks.
    let began: Int
    fileprivate var isAlive: Bool { ProcessGroup.living(pid) == self }
  }

  /// Whether a process of the group is there, one with `marker` in its environment where one is given, or one of `others`.
  static func isAlive(group: pid_t?, marker: String?, and others: Set<Member> = []) -> Bool {
    if let group, hasLivingMember(group) { return true }
    if others.contains(where: \.isAlive) { return true }
    return marker.map { !marked($0).isEmpty } ?? false
  }

  static func signal(_ number: CInt, group: pid_t?, marker: String, and others: Set<Member> = []) {
    if let group { kill(-group, number) }
    for pid in Set(marked(marker)).union(others.filter(\.isAlive).map(\.pid)) { kill(pid, number) }
  }

  /// Asks all to end, waits `grace` seconds, and makes them.
  static func end(group: pid_t?, marker: String, and others: Set<Member> = [], grace: Double) {
    var others = marked(marker).reduce(into: others) { $0.formUnion(descendants(of: $1)) }
    signal(SIGTERM, group: group, marker: marker, and: others)
    let limit = ContinuousClock.now + .seconds(grace)
    while ContinuousClock.now < limit {
      if !isAlive(group: group, marker: marker, and: others) { return }
      usleep(20_000)
    }
    // A process may start another while the signals go round: until none is left, for a while.
    for _ in 0..<50 {
      makeEnd(group: group, marker: marker, and: &others)
      usleep(20_000)
      if !isAlive(group: group, marker: marker, and: others) { return }
    }
  }

  /// Makes all end.
  ///
  /// They are halted before: one that waits for another would go on once that is killed, and start what nobody knows of. What
  /// is halted is killed, whatever becomes of what it was found by.
  ///
  /// - Parameter others: afterwards all that were alive.
  static func makeEnd(group: pid_t?, marker: String, and others: inout Set<Member>) {
    func send(_ number: CInt) {
      if let group { kill(-group, number) }
      for member in others { kill(member.pid, number) }
    }
    others = others.filter(\.isAlive)
    // Until none is found that goes on, as a rule at the second time.
    for _ in 0..<10 {
      let halted = others
      send(SIGSTOP)
      others.formUnion(marked(marker).compactMap(living))
      others = others.reduce(into: others) { $0.formUnion(descendants(of: $1.pid)) }
      if others == halted { break }
    }
    send(SIGKILL)
  }

  /// What a process has begun, and what that has, as far as their parents are alive; this one never.
  static func descendants(of pid: pid_t) -> Set<Member> {
    let own = getpid()
    let children = children(of: pid).filter { $0 != own }
    return children.reduce(into: Set(children.compactMap { living($0) })) { $0.formUnion(descendants(of: $1)) }
  }

  static func children(of pid: pid_t) -> [pid_t] {
    // Each of its threads has children of its own.
    names(in: FilePath("/proc/\(pid)/task")).flatMap { thread in
      ((try? readProcFile(of: pid, "task/\(thread)/children")) ?? []).split(separator: 0x20)
        .compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
    }
  }

  /// The processes whose environment holds `marker`, and all others of their sessions, this one never.
  static func marked(_ marker: String) -> [pid_t] {
    let wanted = Array(marker.utf8)
    let ownSession = getsid(0)
    let all = others()
    let found = all.filter { pid in environment(of: pid).contains { $0.elementsEqual(wanted) } }
    if found.isEmpty { return [] }
    // Sessions that began in a stage: one of its own processes leads them, or led them and is gone. A session that
    // somebody else leads is a person's.
    let sessions = Set(found.map { getsid($0) }).subtracting([ownSession, -1])
      .filter { found.contains($0) || !all.contains($0) }
    return all.filter { pid in
      (found.contains(pid) || sessions.contains(getsid(pid))) && !isZombie(pid)
    }
  }

  /// What stands behind `prefix` in the environments of all processes but this one.
  static func values(of prefix: String) -> Set<String> {
    let wanted = Array(prefix.utf8)
    let values = others().flatMap { pid in
      environment(of: pid).filter { $0.starts(with: wanted) }
        .map { String(decoding: $0.dropFirst(wanted.count), as: UTF8.self) }
    }
    return Set(values)
  }

  /// Whether a process has left behind all the variables that it could have had from this one, but for those that shells
  /// set themselves and the PATH. One that cannot be looked at has not, nor one that wrote its title over its variables,
  /// as a connection of ssh does which several stages share.
  static func isBare(_ pid: pid_t) -> Bool {
    guard let variables = try? readProcFile(of: pid, "environ") else { return false }
    if variables.isEmpty { return true }
    return variables.dropLast().split(separator: 0, omittingEmptySubsequences: false).allSatisfy { variable in
      let name = variable.prefix { $0 != UInt8(ascii: "=") }
      if name.isEmpty || name.count == variable.count { return false }
      if settledByShells.contains(where: { name.elementsEqual($0.utf8) }) { return true }
      return !name.starts(with: "CPWX_".utf8) && !ownVariables.contains(variable)
    }
  }

  private static let settledByShells = ["PWD", "OLDPWD", "SHLVL", "_", "PATH"]
  private static let ownVariables = Set(inheritedEntries(changing: [:]).map { $0.dropLast() })

  private static func others() -> [pid_t] {
    let own = getpid()
    return names(in: "/proc").compactMap { pid_t($0) }.filter { $0 != own }
  }

  /// `NAME=value` of each variable that a process was started with; none where it is gone, or another user's.
  private static func environment(of pid: pid_t) -> [ArraySlice<UInt8>] {
    ((try? readProcFile(of: pid, "environ")) ?? []).split(separator: 0)
  }

  private static func hasLivingMember(_ group: pid_t) -> Bool {
    guard kill(-group, 0) == 0 || errno == EPERM else { return false }
    return names(in: "/proc").compactMap { pid_t($0) }.contains { getpgid($0) == group && !isZombie($0) }
  }

  private static func isZombie(_ pid: pid_t) -> Bool { living(pid) == nil }

  /// A process that is there and has not ended.
  static func living(_ pid: pid_t) -> Member? {
    guard let (member, state) = look(at: pid), state != UInt8(ascii: "Z") else { return nil }
    return member
  }

  /// A child of this one's, also one that has ended and is not reaped.
  static func child(_ pid: pid_t) -> Member? { look(at: pid)?.member }

  /// State and beginning are fields 3 and 22 of proc_pid_stat(5).
  private static func look(at pid: pid_t) -> (member: Member, state: UInt8?)? {
    guard let stat = try? readProcFile(of: pid, "stat"), let name = stat.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = stat[(name + 1)...].split(separator: 0x20)
    guard fields.count > 19, let began = Int(String(decoding: fields[19], as: UTF8.self)) else { return nil }
    return (Member(pid: pid, began: began), fields[0].first)
  }

  /// Files under /proc say they are empty, and are read until they end.
  private static func readProcFile(of pid: pid_t, _ name: String) throws -> [UInt8] {
    try DurableFile.read(FilePath("/proc/\(pid)/\(name)"))
  }
}
