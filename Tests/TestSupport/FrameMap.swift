/// What lies where in an archive, as programs tell that know nothing of cpwx: the seek table at its end, zstd and a reader of tars.
///
/// For archives whose members' names hold no white space.
public struct FrameMap: Sendable {
  public struct Frame: Sendable {
    /// Its bytes in the archive.
    public var range: Range<Int>
    /// The files that have some of their content in it, and the hard links to them, in the tar's order.
    public var contents: [String]
    /// The members whose headers begin in it.
    public var headers: [String]
  }

  public var frames: [Frame]

  public init(of archive: String) throws {
    frames = try output(of: ["python3", "-c", Self.script, archive]).split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      let names = parts.dropFirst(2).map { $0.split(separator: " ").map(String.init) }
      return Frame(range: (Int(parts[0]) ?? 0)..<(Int(parts[1]) ?? 0), contents: names[0], headers: names[1])
    }
  }

  /// All members, in the tar's order.
  public var members: [String] { frames.flatMap(\.headers) }

  /// What is there of the tar's beginning when only so many bytes of the archive are.
  ///
  /// - Returns: the members before the first that is not whole; and that one, when its header is there.
  public func members(within count: Int) -> (whole: [String], cut: String?) {
    let behind = frames.filter { $0.range.upperBound > count }
    let lost = Set(behind.flatMap { $0.contents + $0.headers })
    let whole = Array(members.prefix { !lost.contains($0) })
    guard whole.count < members.count else { return (whole, nil) }
    let next = members[whole.count]
    return (whole, behind.contains { $0.headers.contains(next) } ? nil : next)
  }

  private static let script = """
    import io, struct, subprocess, sys, tarfile
    data = open(sys.argv[1], "rb").read()
    count = struct.unpack("<I", data[-9:-5])[0]
    table = data[len(data) - 9 - 12 * count:]
    tar = subprocess.run(["zstd", "-dcq", sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout
    members = tarfile.open(fileobj=io.BytesIO(tar)).getmembers()
    ranges = {m.name: range(m.offset_data, m.offset_data + m.size) for m in members if m.isreg()}
    for m in members:
      if m.islnk(): ranges[m.name] = ranges[m.linkname]
    packed = plain = 0
    for number in range(count):
      sizes = struct.unpack("<II", table[12 * number:12 * number + 8])
      end = plain + sizes[1]
      inside = [m.name for m in members if (r := ranges.get(m.name)) and r.start < end and r.stop > plain]
      headers = [m.name for m in members if plain <= m.offset < end]
      print(packed, packed + sizes[0], " ".join(inside), " ".join(headers), sep="\\t")
      packed, plain = packed + sizes[0], end
    """
}
