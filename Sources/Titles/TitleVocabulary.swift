/// The words that tell what stands around a title, in lower case and without apostrophes.
enum TitleVocabulary {
  /// Words that leave a title hanging when it ends with them, so what follows belongs to it.
  static let dangling = Set(
    list(
      """
      the a an of in on at to for from with and & or my your his her our their is very le la les un
      une des du de et der die das den dem ein eine und im vom el los las y del il lo gli i e di della o os
      as
      """))

  /// Words before a number that make it the title's: a class, a summer, a war `of` that year.
  static let dating: Set<String> = ["of", "since", "circa", "anno", "before"]

  /// Words that uploaders put before a film: `New Full Movie - Title`, `South Indian Hindi Dubbed Movie Title`.
  static let announcing: Set<String> = ["new", "latest", "watch", "south", "indian", "bollywood", "hollywood"]

  /// Words for one of the files a film is split into.
  static let parts: Set<String> = ["part", "pt", "parte", "partie", "teil"]

  static let romanNumbers: Set<String> = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]

  /// What media servers hang on a film's name for the files that lie beside it.
  static let extras = Set(
    list(
      """
      sample trailer teaser fanart poster thumb landscape banner logo clearart clearlogo cover folder
      backdrop disc featurette behindthescenes deleted interview scene short other
      """))

  static let siteEndings = Set(
    list(
      """
      com net org info tv cc to ws me biz xyz club site online party vip show lat be se tf is in ru eu mx ag
      lt am cd ph li io fr it de cz cx la life live pro link zone co uk nl pl ro vc pw bz sx si ngo pics mobi top
      lol app ms gs cool fun art tax
      """))

  /// Words of releases that titles have in capitals, too.
  static let capitals: Set<String> = ["tv", "md"]

  /// Technical words that titles begin with, too.
  static let beginnings: Set<String> = ["dd", "mp3", "vhs"]

  /// Sizes of pictures, which no title ends in.
  static let pictures: Set<String> = ["480", "720", "1080", "2160", "hd", "fhd", "2k", "4k", "8k"]

  /// Second halves of compounds; what a hyphen joins to one is no release group.
  static let compoundEndings: Set<String> = ["man", "men", "woman", "women", "boy", "girl"]
}
