/// Which frames hold the content of some members, and where in them it is.
struct ReadPlan {
  struct Segment {
    var member: Int
    /// In the frame's content.
    var range: Range<Int>
    /// In the member's content.
    var offset: Int
    var isLast: Bool
  }

  /// In order, each once; and for each what of it is wanted.
  private(set) var frames: [Int] = []
  private(set) var segments: [[Segment]] = []

  /// - Parameter members: in the archive's order; the number behind the last one stands for the list of hashes. Only files with content
  ///   have a part in the plan.
  init(_ contents: TableOfContents, _ members: some Sequence<Int>) {
    for number in members {
      let (member, place) = contents.placed(number)
      if member.kind != .file || member.size == 0 { continue }
      var (frame, start) = place.content(size: member.size)
      var offset = 0
      while offset < member.size {
        let count = min(member.size - offset, contents.frames[frame].plainSize - start)
        add(
          frame,
          Segment(
            member: number, range: start..<start + count, offset: offset, isLast: offset + count == member.size))
        offset += count
        (frame, start) = (frame + 1, 0)
      }
    }
  }

  /// All frames, whether anything in them is wanted or not.
  func withAllFrames(of contents: TableOfContents) -> ReadPlan {
    var whole = self
    whole.frames = Array(contents.frames.indices)
    whole.segments = Array(repeating: [], count: contents.frames.count)
    for (frame, wanted) in zip(frames, segments) { whole.segments[frame] = wanted }
    return whole
  }

  /// Only these frames.
  mutating func keep(_ chosen: Set<Int>) {
    let kept = frames.indices.filter { chosen.contains(frames[$0]) }
    segments = kept.map { segments[$0] }
    frames = kept.map { frames[$0] }
  }

  private mutating func add(_ frame: Int, _ segment: Segment) {
    if frames.last != frame {
      frames.append(frame)
      segments.append([])
    }
    segments[segments.count - 1].append(segment)
  }
}
