internal import Engines
internal import Jobs
internal import SystemPackage

extension MuxPlan {
  /// Checks what was written against the plan, before it takes its place.
  ///
  /// - Parameter sound: the film's sound as demux found it, which tells how long a film is whose clock does not.
  /// - Throws: ``JobError`` with code `damaged` when a stream, its language or a part of the film is missing.
  func check(_ output: FilePath, sound: FilePath) async throws {
    let made = try await MediaProbe.read(output)
    var whole = probe.duration
    if probe.isClocked { whole = try? await MediaProbe.read(sound).duration }
    func faulty(_ what: String) -> JobError {
      JobError(
        .damaged, film.string, "the video with subtitles came out wrong: \(what)",
        remedy: "It was thrown away. Check that the film plays to its end; get a whole copy if not.")
    }
    for kind in ["video", "audio", "subtitle"] where made.streams(kind).count != count(kind) {
      throw faulty("\(made.streams(kind).count) \(kind) streams instead of \(count(kind))")
    }
    if let subtitles {
      let wanted = subtitles.language?.alpha3 ?? "und"
      let found = made.streams("subtitle").first?.language ?? "und"
      guard found == wanted else { throw faulty("the subtitles' language is \(found) instead of \(wanted)") }
    }
    if let whole, let duration = made.duration, MediaProbe.isShort(duration, of: whole) {
      throw faulty("it ends after \(Int(duration)) s of \(Int(whole)) s")
    }
  }
}
