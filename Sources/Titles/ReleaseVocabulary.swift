/// The words release names are made of, in lower case and without apostrophes.
enum ReleaseVocabulary {
  /// What each word says by itself. A word of several lists takes the first.
  static let kinds: [String: ReleaseTag.Kind] = {
    let lists: [(ReleaseTag.Kind, [String])] = [
      (.technical, technical), (.edition, editions), (.process, process), (.language, languages),
      (.language, indianLanguages), (.quality, quality),
    ]
    let pairs = lists.flatMap { kind, words in words.map { ($0, kind) } }
    return Dictionary(pairs) { first, _ in first }
  }()

  /// What words say whose letters titles use as well, so that they count in capitals only.
  static let kindsOfCapitals: [String: ReleaseTag.Kind] = {
    let pairs = list("se dc ee ce om oar").map { ($0, ReleaseTag.Kind.edition) }
    return Dictionary(pairs + languageCodes.map { ($0, .language) }) { first, _ in first }
  }()

  /// Tags of several words, by the first of them.
  static let phrases: [String: [ReleasePhrase]] = Dictionary(
    grouping: technicalPhrases.map { ReleasePhrase($0, .technical) }
      + ["open matte", "vr 180"].map { ReleasePhrase($0, .edition) }
      + ["read nfo", "full movie", "full film", "split scenes", "sub indo"].map { ReleasePhrase($0, .process) },
    by: \.first)

  /// Words that no title contains: the title has ended before them.
  private static let technical = list(
    """
    fullhd uhd qhd 4kuhd microhd hdlight mhd hdr hdr10 hdr10plus dovi sdr bt2020 hsbs hou halfsbs halfou
    bluray blurayrip bdremux hddvd dvd dvdr dvdscr dvdscreener bdscr brscr bdmv predvd scr desiscr
    vcd svcd vhs laserdisc webdl webcap hdtv uhdtv pdtv dsr dtv ppv telesync telecine hdts hdtc hdcam hqcam
    workprint dvdfull bd25 bd50 bd66 bd100 4klight
    x263 x264 x265 h262 h263 h264 h265 hevc hi10 hi10p avc avchd xvid divx dvdivx av1 vp8 vp9 vc1 mpeg2 mpeg4
    aac ac3 eac3 ac3d ac3ld ac3md eac3d dd ddp ddex dts truehd flac lpcm mp3
    avi mkv mp4 wmv esub esubs msub msubs subforced vostfr fastsub truefrench subfrench
    hardsub hardsubs softsub softsubs engsub engsubs swesub swesubs norsub norsubs dksub dksubs finsub finsubs
    hebsub hebsubs slosub slosubs subita vietsub
    dublado dublada legendado legendada doblado doblada subtitulado subtitulada pldub hebdub dabing titulky
    amzn dsnp hmax atvp pcok pmtp nflx hulu crav itunes
    yify yts rarbg tgx etrg galaxyrg tamilmv tamilrockers tamilblasters mkvcinemas
    imdb imdbid tmdb tmdbid tvdb tvdbid
    """)

  private static let technicalPhrases = [
    "web dl", "web rip", "blu ray", "blue ray", "bd rip", "br rip", "dvd rip", "hd rip", "vhs rip", "tv rip",
    "bd remux", "hd cam", "hd ts", "video ts", "h 264", "h 265", "x 264", "x 265", "mp 4", "dts hd",
    "true hd", "micro hd", "full hd", "ultra hd", "half sbs", "half ou", "dual audio", "dolby vision",
    "dolby atmos", "dolby digital", "clean audio", "line audio", "s print", "dubbing pl",
  ]

  /// Technical words that titles use as well: they count next to other tags only.
  private static let quality = list(
    """
    480 720 1080 2160 2k 4k 8k hd fhd sd hq dv hfr web ts tc cam screener r5 r6 bd br rip pal ntsc tv vod ou lr
    tb remux mux encode upscale upscaled upscaling dolby vision atmos opus vorbis line mic mono stereo audio
    dual multi dl ml md ld hc sub subs subbed subtitle subtitles forced
    org sample v2 v3
    """)

  /// What a release says of its own making.
  private static let process = list(
    """
    limited internal int proper repack rerip real readnfo nfofix dirfix stv docu doku festival dubbed retail
    complete custom untouched exclusive rated convert ws fs uncensored hybrid qc proof synced
    """)

  /// Cuts and presentations of a film that one word names.
  private static let editions = list(
    """
    extended unrated uncut recut remaster remastered theatrical imax redux restored colorized criterion
    despecialized fanedit
    3d sbs vr180
    """)

  /// Those of India, which a film is in more often than its title.
  static let indianLanguages = list(
    "hindi tamil telugu malayalam kannada bengali bangla punjabi marathi gujarati urdu odia bhojpuri assamese haryanvi")

  private static let languages = list(
    """
    english french german spanish italian russian japanese korean chinese mandarin cantonese arabic turkish
    persian farsi hebrew greek portuguese brazilian latino castellano dutch flemish swedish norwegian danish
    finnish nordic icelandic polish czech slovak hungarian romanian bulgarian ukrainian croatian serbian
    catalan bosnian slovenian macedonian albanian estonian latvian lithuanian
    thai vietnamese indonesian malay tagalog filipino nepali sinhala swissgerman
    français español italiano deutsch дубляж лицензия lektor
    vf vff vfq vfi vf2 vo vose fr ita eng fre fra spa esp ger deu jpn rus plsub nlsubs multisubs
    korsub nacional dublaj napisy
    """)

  private static let languageCodes = list(
    """
    en it es de pl jp ru nl pt br cz hu tr gr dk se no kr cn hk us uk
    hin tam tel mal kan chi chs cht kor jap por pol hun cze ukr
    """)

  /// What stands beside the language of subtitles.
  static let subtitles: Set<String> = ["sub", "subs", "subbed", "subtitle", "subtitles"]

  /// Names of networks, which count before `WEB` only.
  static let networks = Set(list("nf ma ip hs jc cr stan mubi shudder zee5 sonyliv hotstar jiocinema"))

  static let editionNouns = Set(list("cut edition version collection edit remaster release print"))

  /// What makes an edition of such a noun, before or behind it: none is named by the noun alone.
  static let editionModifiers = Set(
    list(
      """
      director directors collector collectors producers fan extended special ultimate final theatrical
      unrated uncut uncensored international american european anniversary deluxe definitive limited
      criterion kino imax remastered restored original alternative alternate longue intégrale integrale
      rated superbit diamond platinum gold steelbook roadshow assembly cinema tv full complete hybrid open 3d 4k hd
      """))
}

/// A tag of several words.
struct ReleasePhrase {
  let first: String
  let rest: [String]
  let kind: ReleaseTag.Kind

  init(_ words: String, _ kind: ReleaseTag.Kind) {
    let words = list(words)
    first = words[0]
    rest = Array(words.dropFirst())
    self.kind = kind
  }
}

/// The words of a text, whatever the white space between them.
func list(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
