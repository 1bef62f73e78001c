/// A language of speech or subtitles, by its ISO 639-1 code where it has one.
public struct Language: Sendable, Hashable, CustomStringConvertible {
  /// ISO 639-1, or the code as it was given when the language is not in the table.
  public let code: String

  /// Reads a code of two or three letters, a tag such as `pt-BR`, or an English name. `nil` for nothing and for
  /// `auto` and `und`, which leave the language to be heard.
  public init?(_ text: String?) {
    let key = (text ?? "").lowercased().filter { !$0.isWhitespace }
    let first = String(key.prefix { $0 != "-" && $0 != "_" })
    if ["", "auto", "und", "unknown", "none"].contains(first) { return nil }
    code = LanguageTable.codes[key] ?? LanguageTable.codes[first] ?? first
  }

  /// Whether the table knows it.
  public var isKnown: Bool { LanguageTable.rows[code] != nil }

  /// ISO 639-2/T, as media containers write it; `und` when it is not known.
  public var alpha3: String {
    if let row = LanguageTable.rows[code] { return row.alpha3 }
    return code.utf8.count == 3 ? code : "und"
  }

  public var englishName: String { LanguageTable.rows[code]?.name ?? code }

  public var description: String { code }

  public static let english = Language(known: "en")

  private init(known code: String) { self.code = code }
}

/// The languages of the speech models: ISO 639-1, ISO 639-2/T, English name, then further codes and names.
enum LanguageTable {
  struct Row: Sendable {
    var alpha3: String
    var name: String
  }

  static let rows = Dictionary(uniqueKeysWithValues: entries.map { ($0[0], Row(alpha3: $0[1], name: $0[2])) })

  static let codes = Dictionary(
    entries.flatMap { entry in entry.map { ($0.lowercased(), entry[0]) } }, uniquingKeysWith: { first, _ in first })

  private static let entries = text.split(whereSeparator: { $0 == "\n" || $0 == ";" }).map {
    $0.split(separator: " ").map(String.init)
  }

  private static let text = """
    en eng English;zh zho Chinese chi cmn Mandarin;de deu German ger;es spa Spanish Castilian;ru rus Russian
    ko kor Korean;fr fra French fre;ja jpn Japanese;pt por Portuguese;tr tur Turkish;pl pol Polish;ca cat Catalan
    nl nld Dutch dut Flemish;ar ara Arabic;sv swe Swedish;it ita Italian;id ind Indonesian;hi hin Hindi;fi fin Finnish
    vi vie Vietnamese;he heb Hebrew;uk ukr Ukrainian;el ell Greek gre;ms msa Malay may;cs ces Czech cze
    ro ron Romanian rum Moldavian;da dan Danish;hu hun Hungarian;ta tam Tamil;no nor Norwegian nb nob Bokmal;th tha Thai
    ur urd Urdu;hr hrv Croatian;bg bul Bulgarian;lt lit Lithuanian;la lat Latin;mi mri Maori mao;ml mal Malayalam
    cy cym Welsh wel;sk slk Slovak slo;te tel Telugu;fa fas Persian per Farsi;lv lav Latvian;bn ben Bengali Bangla
    sr srp Serbian;az aze Azerbaijani;sl slv Slovenian;kn kan Kannada;et est Estonian;mk mkd Macedonian mac
    br bre Breton;eu eus Basque baq;is isl Icelandic ice;hy hye Armenian arm;ne nep Nepali;mn mon Mongolian
    bs bos Bosnian;kk kaz Kazakh;sq sqi Albanian alb;sw swa Swahili;gl glg Galician;mr mar Marathi;pa pan Punjabi Panjabi
    si sin Sinhala Sinhalese;km khm Khmer;sn sna Shona;yo yor Yoruba;so som Somali;af afr Afrikaans;oc oci Occitan
    ka kat Georgian geo;be bel Belarusian;tg tgk Tajik;sd snd Sindhi;gu guj Gujarati;am amh Amharic;yi yid Yiddish
    lo lao Lao;uz uzb Uzbek;fo fao Faroese;ht hat Haitian;ps pus Pashto Pushto;tk tuk Turkmen;nn nno Nynorsk
    mt mlt Maltese;sa san Sanskrit;lb ltz Luxembourgish;my mya Burmese bur Myanmar;bo bod Tibetan tib
    tl tgl Tagalog fil Filipino;mg mlg Malagasy;as asm Assamese;tt tat Tatar;haw haw Hawaiian;ln lin Lingala
    ha hau Hausa;ba bak Bashkir;jw jav Javanese jv;su sun Sundanese;yue yue Cantonese
    """
}
