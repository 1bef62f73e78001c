/// What may follow the last dot of a file's name without belonging to the film's, in lower case.
enum FileEndings {
  static let partialDownloads: Set<String> = ["part", "crdownload", "torrent", "download"]

  static let subtitles = Set(list("ass idx mks smi srt ssa sub sup ttml usf vtt"))

  /// What players expect between a film's name and the extension of its subtitles.
  static let subtitleMarkers = Set(
    list(
      """
      ar cs da de el en es fi fr he hi hu it ja ko nl no pl pt ro ru sv ta te tr uk zh
      ara chi cze dan deu dut eng fin fra fre ger heb hin hun ita jpn kor nor pol por rum rus spa swe tam
      tel tur zho
      forced sdh cc default
      """))

  static let others = Set(
    list(
      """
      3g2 3gp asf avi divx dv evo f4v flv m1v m2t m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg mpv mts mxf ogm
      ogv ogx
      qt rm rmvb strm tp trp ts vob webm wm wmv wtv
      bin cue ifo img iso mdf nrg
      aac ac3 dts eac3 flac m4a mka mp3 ogg opus wav
      avif bmp gif jpeg jpg png tbn webp
      7z bz2 gz rar tar xz zip
      json md5 nfo nzb par2 sfv txt url xml
      """))

  /// Endings that titles may have as well, though in small letters only by accident.
  static let words = subtitleMarkers.union(partialDownloads).union(["ass", "sub", "bin", "opus"])
}

extension FilmName {
  /// The endings of the files that are taken for films, in lower case.
  public static let fileEndings: Set<String> = [
    "3g2", "3gp", "asf", "avi", "divx", "f4v", "flv", "m2ts", "m4v", "mk3d", "mkv", "mov", "mp4", "mpeg", "mpg", "mts",
    "mxf", "ogm", "ogv", "rm", "rmvb", "ts", "vob", "webm", "wmv",
  ]
}
