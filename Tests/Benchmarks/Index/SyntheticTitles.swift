/// Titles of films that never were, in several scripts.
enum SyntheticTitles {
  /// One in so many titles bears this word, so that it finds few jobs among many.
  static let rare = (word: "Zyzzyva", oneIn: 20_000)
  /// Words that a great many titles bear.
  static let common = "night"

  static func title(_ random: inout Randomness) -> String {
    var words: [String]
    switch random.next() % 100 {
    case ..<55:
      words = (0..<Int.random(in: 1...4, using: &random)).map { _ in random.one(of: latin) }
    case ..<75:
      words = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.one(of: devanagari) }
    case ..<90:
      return (0..<Int.random(in: 2...4, using: &random)).map { _ in random.one(of: chinese) }.joined()
    default:
      words = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.one(of: cyrillic) }
    }
    if random.next() % UInt64(rare.oneIn) == 0 { words.append(rare.word) }
    if random.next() % 12 == 0 { words.append(String(Int.random(in: 2...9, using: &random))) }
    return words.joined(separator: " ")
  }

  private static let latin = words(
    """
    Night Night Night Day River Shadow Garden Winter Summer Stone Silver Golden Broken Silent Hidden Last First Long
    Return Journey Letter House Bridge Island Mountain Ocean Desert Train Station Market Mirror Candle Crown Dragon
    Falcon Wolf Raven Tiger Horse Doctor Captain Soldier Teacher Painter Stranger Brother Sister Mother Father Daughter
    Café Étoile Été Forêt Fenêtre Rivière Château Élève Noël Façade Garçon Señor Niño Mañana Corazón Canción Jardín
    Montaña Árbol Ångström Smörgås Brücke Mädchen Straße Frühling Schlüssel Łódź Żółty Gdańsk Øresund Æther São João
    Coração Amanhã İstanbul Gönül Yağmur Sholay Deewaar Anand Pyaasa Dosti Zindagi Mohabbat Dil Kahaani Safar Aandhi
    Lagaan Awaara Abhimaan Khamoshi Parinda Sparsh Masoom Umrao Pakeezah Guide Kaagaz Kinara Bandini Sujata Devdas
    """)

  private static let devanagari = words(
    """
    शोले दीवार आनंद प्यासा दोस्ती ज़िंदगी मोहब्बत दिल कहानी सफ़र आँधी लगान आवारा अभिमान ख़ामोशी परिंदा स्पर्श मासूम
    उमराव पाकीज़ा काग़ज़ किनारा बंदिनी सुजाता देवदास रात दिन नदी पहाड़ समंदर घर गाँव शहर रास्ता बारिश सपना आसमान
    धरती चाँद सूरज सितारा माँ पिता बेटी भाई बहन राजा रानी क़िला दरवाज़ा खिड़की चिट्ठी
    """)

  private static let chinese = words(
    """
    花样 年华 红楼 长江 故宫 北京 上海 夜 月光 春天 秋天 冬天 英雄 卧虎 藏龙 城市 重庆 森林 天堂 电影 院 黄土 地 大红 灯笼
    千与 千寻 龙猫 东京 物语 の 桜 海 山 風 空 侍 羅生門 生きる 雨月 物語 七人 少女 時 夢 光 影
    """)

  private static let cyrillic = words(
    """
    Ночь День Река Тень Сад Зима Лето Камень Золото Дорога Письмо Дом Мост Остров Гора Океан Поезд Зеркало Свеча Корона
    Солдат Учитель Брат Сестра Мать Отец Дочь Солярис Сталкер Иваново Детство Андрей Рублёв Ёлка Журавли Летят Баллада
    Київ Зоря Місяць Їжак Любов
    """)

  private static func words(_ list: String) -> [String] { list.split(whereSeparator: \.isWhitespace).map(String.init) }
}
