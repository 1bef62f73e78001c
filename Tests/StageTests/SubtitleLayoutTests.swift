import Jobs
import TestSupport
import Testing

@testable import cpwx_stage
import TextWidth

/// What must hold for the subtitles of any transcript.
struct SubtitleLayoutTests {
  static let words = [
    [
      "Thank", "you", "for", "calling,", "Mr.", "Waldo's", "premier", "provider.", "Really?", "a", "I", "—", "-->",
      "www.example.org",
    ],
    ["मुझे", "क्षत्रिय", "पता", "नहीं।", "हिन्दी", "ज्ञान", "श्रीमान्", "है,"],
    ["今日は", "天気が", "いい", "ですね。", "映画", "を", "見る、"],
    ["مرحبا", "بالعالم،", "كيف", "الحال؟", "السَّلامُ"],
    [
      "👩‍👩‍👧‍👦", "🇮🇳🇫🇷", "e\u{301}te\u{301}", "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", "\u{200F}", "\n",
      "",
    ],
  ]

  /// A transcript with everything that recognisers get wrong: times that run backwards, overlap, or are missing.
  static func transcript(_ random: inout SplitMix64) -> Transcript {
    var time = Double.random(in: -1...3, using: &random)
    let segments: [JSON] = (0..<Int.random(in: 0...8, using: &random)).map { _ in
      let vocabulary = words.randomElement(using: &random) ?? []
      let isSpaced = vocabulary != words[2]
      let start = time
      let list: [JSON] = (0..<Int.random(in: 0...30, using: &random)).map { _ in
        let text = vocabulary.randomElement(using: &random) ?? ""
        var word: JSON = ["word": .string(text)]
        if Int.random(in: 0...9, using: &random) > 0 {
          word["start"] = .double(time)
          word["end"] = .double(time + Double.random(in: -0.1...0.6, using: &random))
        }
        word["speaker"] =
          Bool.random(using: &random) ? nil : .string("SPEAKER_0\(Int.random(in: 0...1, using: &random))")
        time += Double.random(in: -0.2...0.7, using: &random)
        return word
      }
      let text = list.compactMap { $0["word"]?.string }.joined(separator: isSpaced ? " " : "")
      if Int.random(in: 0...4, using: &random) == 0 { time += 5 }
      let hasWords = Int.random(in: 0...3, using: &random) > 0
      return [
        "start": .double(start), "end": .double(time), "text": .string(text),
        "words": .array(hasWords ? list : []),
      ]
    }
    return Transcript(["segments": .array(segments), "language": .string("en")])
  }

  static func style(_ random: inout SplitMix64) -> SubtitleStyle {
    var style = SubtitleStyle()
    style.lineWidth = [2, 10, 20, 42, 42, 80].randomElement(using: &random) ?? 42
    style.lines = Int.random(in: 1...3, using: &random)
    style.hasSpeakerLabels = Bool.random(using: &random)
    return style
  }

  @Test func `a segment without times of words that is far too long puts off none of those within it`() {
    let said: [(Double, Double, String)] = [(10, 600, "Music plays on."), (20, 22, "Hello."), (30, 32, "There.")]
    let segments = said.map { start, end, text -> JSON in
      ["start": .double(start), "end": .double(end), "text": .string(text)]
    }
    let cues = CueBuilder(style: SubtitleStyle()).cues(of: Transcript(["segments": .array(segments)]))
    #expect(cues.first { $0.lines == ["Hello."] }?.start == Timecode(milliseconds: 20_000))
    #expect(cues.first { $0.lines == ["There."] }?.start == Timecode(milliseconds: 30_000))
  }

  @Test func `of two segments without times of words that are said at once the first can be read`() {
    let said: [(Double, Double, String)] = [(10, 15, "Where were you all of last night?"), (10.2, 15, "Home.")]
    let segments = said.map { start, end, text -> JSON in
      ["start": .double(start), "end": .double(end), "text": .string(text)]
    }
    let tokens = TokenStream.tokens(of: Transcript(["segments": .array(segments)]), style: SubtitleStyle())
    #expect(tokens.first?.start == 10_000)
    // 33 columns, 17 of which are read in a second.
    #expect(tokens.last?.text == "Home." && tokens.last?.start == 11_941)
  }

  /// When the words are shown, in milliseconds, where the second one is said from `start` to `end`.
  private func starts(_ start: Double, _ end: Double) -> [Int] {
    func words(_ said: [(String, Double, Double)]) -> JSON {
      .array(said.map { ["word": .string($0), "start": .double($1), "end": .double($2)] })
    }
    let segments: [JSON] = [
      [
        "start": .int(0), "end": .int(5), "text": .string("One more word."),
        "words": words([("One", 0, 1), ("more", start, end), ("word.", 2, 3)]),
      ],
      ["start": .int(20), "end": .int(22), "text": .string("There."), "words": words([("There.", 20, 21)])],
    ]
    return TokenStream.tokens(of: Transcript(["segments": .array(segments)]), style: SubtitleStyle()).map(\.start)
  }

  @Test(arguments: [(1e308, 1e308), (7200, 7201), (1, 7200)] as [(Double, Double)])
  func `a word with a time far behind its segment puts off none of those after it`(start: Double, end: Double) {
    #expect(starts(start, end) == [0, 1000, 2000, 20_000])
  }

  @Test func `a word may be said while the next segment is`() {
    #expect(starts(21.5, 21.8) == [0, 21_500, 21_800, 21_800])
  }

  @Test(arguments: 0..<300)
  func `cues keep to the style, never overlap, and lose nothing`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let transcript = Self.transcript(&random)
    let style = Self.style(&random)
    let cues = CueBuilder(style: style).cues(of: transcript)
    var clock = 0
    for cue in cues {
      #expect(cue.start.milliseconds >= clock)
      #expect(cue.end > cue.start)
      clock = cue.end.milliseconds
      #expect((1...style.lines).contains(cue.lines.count))
      for line in cue.lines {
        #expect(line.displayWidth <= max(2, style.lineWidth), "\(line)")
        #expect(!line.trimmed.isEmpty)
        #expect(!line.contains("-->") && !line.contains { $0.isNewline })
      }
    }
    guard !style.hasSpeakerLabels else { return }
    let said = transcript.segments.flatMap { segment in
      segment.words.isEmpty ? SubtitleText.words(segment.text) : segment.words.flatMap { SubtitleText.words($0.text) }
    }
    // Characters as people see them: none is torn apart, none is lost.
    let shown = cues.flatMap(\.lines).joined().filter { !$0.isWhitespace }
    #expect(Array(SubtitleText.clean(shown)) == Array(SubtitleText.clean(said.joined())))
  }

  /// What must not stand at the edges of a line, written down once more.
  private static let (neverFirst, neverLast) = ("、。」）！？ーっょャッ々", "「（")

  static let unspaced =
    "「今日は、ちょっと寒いですね。」と彼は言った。でも、コーヒー（ブラック）なら？もちろん、いいよ！？人々は「っ」を見た。キャッチャーがDVDを3枚、買った。"

  @Test(arguments: 0..<200)
  func `no line without blanks begins or ends with what must not stand there`(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed) + 20_000)
    // Recognisers cut words anywhere, before a small kana or a stop, too.
    var words: [JSON] = []
    var rest = Array(Self.unspaced)[...]
    var time = 0.0
    while !rest.isEmpty {
      let part = rest.prefix(Int.random(in: 1...12, using: &random))
      rest = rest.dropFirst(part.count)
      words.append([
        "word": .string(String(part)), "start": .double(time), "end": .double(time + 0.3),
        "speaker": .string("SPEAKER_0\(Int.random(in: 0...1, using: &random))"),
      ])
      time += Double.random(in: 0.3...1.5, using: &random)
    }
    var style = SubtitleStyle()
    style.lineWidth = Int.random(in: 10...42, using: &random)
    style.lines = Int.random(in: 1...3, using: &random)
    let hasTimes = Int.random(in: 0...3, using: &random) > 0
    let segment: JSON = [
      "start": .int(0), "end": .double(time), "text": .string(Self.unspaced),
      "words": .array(hasTimes ? words : []),
    ]
    let cues = CueBuilder(style: style).cues(of: Transcript(["segments": .array([segment])]))
    let lines = cues.flatMap(\.lines)
    #expect(lines.joined() == Self.unspaced)
    for line in lines {
      #expect(line.displayWidth <= style.lineWidth, "\(line)")
      #expect(line.first.map(Self.neverFirst.contains) == false, "\(lines)")
      #expect(line.last.map(Self.neverLast.contains) == false, "\(lines)")
    }
    for cue in cues { #expect(cue.lines.count <= style.lines) }
  }

  @Test func `a line that no blanks divide is broken after a comma where it can be`() {
    let text = "この映画はとても面白かったので、友達にも見てほしいと思います。"
    let transcript = Transcript(["segments": .array([["start": .int(0), "end": .int(6), "text": .string(text)]])])
    let cues = CueBuilder(style: SubtitleStyle()).cues(of: transcript)
    #expect(cues.map(\.lines) == [["この映画はとても面白かったので、", "友達にも見てほしいと思います。"]])
  }

  @Test func `a mark belongs to what is said before it, and not to who speaks next`() {
    let said = [
      ("はい", 0.0, "ANNA"), ("。", 4.0, "BEN"), ("「", 4.1, "ANNA"), ("え", 5.0, "BEN"), ("」", 9.0, "ANNA"),
    ]
    let words: [JSON] = said.map {
      ["word": .string($0), "start": .double($1), "end": .double($1 + 0.5), "speaker": .string($2)]
    }
    let segment: JSON = [
      "start": .int(0), "end": .int(10), "text": .string("はい。「え」"), "words": .array(words),
    ]
    let cues = CueBuilder(style: SubtitleStyle()).cues(of: Transcript(["segments": .array([segment])]))
    #expect(cues.map(\.lines) == [["はい。"], ["「え」"]])
    #expect(cues.map(\.start.milliseconds) == [0, 5000])
  }

  @Test func `a question mark behind a blank begins no line`() {
    var style = SubtitleStyle()
    style.lineWidth = 12
    let words: [JSON] = ["Vous", "le", "savez", "?", "Bon", "!"].enumerated().map {
      ["word": .string($1), "start": .double(Double($0) * 0.3), "end": .double(Double($0) * 0.3 + 0.3)]
    }
    let segment: JSON = [
      "start": .int(0), "end": .int(2), "text": .string("Vous le savez ? Bon !"), "words": .array(words),
    ]
    let lines = CueBuilder(style: style).cues(of: Transcript(["segments": .array([segment])])).flatMap(\.lines)
    #expect(lines.joined(separator: " ") == "Vous le savez ? Bon !")
    #expect(lines.allSatisfy { $0.first != "?" && $0.first != "!" }, "\(lines)")
  }

  @Test(arguments: 0..<40)
  func `SubRip and WebVTT read back as what was written`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) + 10_000)
    let cues = CueBuilder(style: SubtitleStyle()).cues(of: Self.transcript(&random))
    let srt = SubtitleFile.srt(cues)
    let blocks = srt.split(separator: "\n\n").map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    #expect(blocks.count == cues.count)
    for (index, (block, cue)) in zip(blocks, cues).enumerated() {
      #expect(block[0] == "\(index + 1)")
      #expect(block[1] == "\(cue.start.srt) --> \(cue.end.srt)")
      #expect(block.dropFirst(2).map(String.init).filter { !$0.isEmpty } == cue.lines)
    }
    let vtt = SubtitleFile.vtt(cues)
    #expect(vtt.hasPrefix("WEBVTT\n"))
    #expect(vtt.split(separator: "\n").count { $0.contains("-->") } == cues.count)
  }

  @Test func `a cue is cut where a sentence ends rather than where the line is full`() {
    let text = "Please hold the line. Your call will be answered in the order it was received by our friendly staff."
    let transcript = Transcript(["segments": .array([["start": .int(0), "end": .int(8), "text": .string(text)]])])
    let cues = CueBuilder(style: SubtitleStyle()).cues(of: transcript)
    #expect(cues.first?.lines == ["Please hold the line."])
  }

  @Test func `segments in any order are shown when they are said`() {
    let segments: [JSON] = [(5, 6, "Last."), (0, 1, "First.")].map { start, end, text in
      ["start": .int(start), "end": .int(end), "text": .string(text)]
    }
    let cues = CueBuilder(style: SubtitleStyle()).cues(of: Transcript(["segments": .array(segments)]))
    #expect(cues.map(\.lines) == [["First."], ["Last."]])
    #expect(cues.map(\.start.milliseconds) == [0, 5000])
  }

  @Test func `another speaker begins another cue, with a label when that is wanted`() {
    let words: [JSON] = ["Hello.", "there.", "Hi."].enumerated().map { index, word in
      [
        "word": .string(word), "start": .double(Double(index)), "end": .double(Double(index) + 0.9),
        "speaker": .string(index < 2 ? "ANNA" : "BEN"),
      ]
    }
    let segment: JSON = [
      "start": .int(0), "end": .int(3), "text": .string("Hello. there. Hi."), "words": .array(words),
    ]
    var style = SubtitleStyle()
    let transcript = Transcript(["segments": .array([segment])])
    #expect(CueBuilder(style: style).cues(of: transcript).map(\.lines) == [["Hello. there."], ["Hi."]])
    style.hasSpeakerLabels = true
    #expect(CueBuilder(style: style).cues(of: transcript).map(\.lines) == [["ANNA: Hello. there."], ["BEN: Hi."]])
  }

  @Test func `a short cue stays long enough to be read, but not into the next`() {
    let cues = [
      Cue(start: Timecode(seconds: 1), end: Timecode(seconds: 1.1), lines: ["Yes."]),
      Cue(start: Timecode(seconds: 1.5), end: Timecode(seconds: 1.6), lines: ["No."]),
    ]
    let timed = CueTiming(style: SubtitleStyle()).timed(cues)
    #expect(timed.map(\.end.milliseconds) == [1500, 2333])
  }

  @Test func `a word that is said to last for minutes does not stand that long`() {
    let cues = [Cue(start: Timecode(seconds: 1), end: Timecode(seconds: 60), lines: ["indeed."])]
    #expect(CueTiming(style: SubtitleStyle()).timed(cues).map(\.end.milliseconds) == [8000])
  }

  @Test func `an empty transcript gives empty files of their formats`() {
    #expect(SubtitleFile.srt([]).isEmpty)
    #expect(SubtitleFile.vtt([]) == "WEBVTT\n")
  }

  @Test func `WebVTT escapes what it would take for markup`() {
    let cue = Cue(start: Timecode(seconds: 3661.5), end: Timecode(seconds: 3662), lines: ["<i> & more"])
    #expect(SubtitleFile.vtt([cue]) == "WEBVTT\n\n01:01:01.500 --> 01:01:02.000\n&lt;i&gt; &amp; more\n")
  }

  @Test(arguments: [("abc", 3), ("日本", 4), ("हिन्दी", 2), ("👩‍👩‍👧‍👦", 2), ("e\u{301}", 1), ("\u{200F}", 0)])
  func `width counts what the eye sees`(text: String, width: Int) {
    #expect(text.displayWidth == width)
  }
}
