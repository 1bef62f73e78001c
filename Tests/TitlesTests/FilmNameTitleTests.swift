import Testing
import Titles

struct FilmNameTitleTests {
  @Test func `only real extensions are dropped`() {
    #expect(FilmName(parsing: "Kick.Ass").title == "Kick Ass")
    #expect(FilmName(parsing: "Kick Ass.ass").title == "Kick Ass")
    #expect(FilmName(parsing: "FlexGet.epic").title == "FlexGet epic")
    #expect(FilmName(parsing: "Brave.2012.R5") == FilmName(parsing: "Brave (2012).mkv"))
  }

  @Test func `the last component of a path counts`() {
    #expect(FilmName(parsing: "/media/Old Films (1990)/Gone Girl (2014)/").title == "Gone Girl")
    #expect(FilmName(parsing: #"C:\Films\Gone.Girl.2014.mkv"#).title == "Gone Girl")
  }

  @Test func `a slash between spaces separates titles rather than directories`() {
    let film = FilmName(parsing: "Матрица / The Matrix (1999) BDRip")
    #expect(film.title == "The Matrix")
    #expect(film.year == 1999)
  }

  @Test(arguments: [
    ("Film \"quoted\"_1999", "Film \"quoted\""), ("“Quoted” film_1999", "“Quoted” film"), ("\"Film\"_1999", "Film"),
    ("The \"quoted\" film (1999).mkv", "The \"quoted\" film"), ("Film 12\"_1999", "Film 12"),
  ])
  func `quotation marks within a title come in pairs`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == 1999)
  }

  @Test func `initials keep their dots`() {
    #expect(FilmName(parsing: "R.I.P.D.2013.720p.mkv").title == "R.I.P.D.")
    #expect(FilmName(parsing: "To Live and Die in L.A. (1985).mkv").title == "To Live and Die in L.A.")
    #expect(FilmName(parsing: "V.for.Vendetta.2005.mkv").title == "V for Vendetta")
  }

  @Test
  func `A version keeps its point`() {
    #expect(FilmName(parsing: "2.0 (2018).mkv").title == "2.0")
    #expect(FilmName(parsing: "Robot.2.0.2018.1080p.mkv").title == "Robot 2.0")
    #expect(FilmName(parsing: "K.G.F.Chapter.2.2022.mkv").title == "K.G.F. Chapter 2")
  }

  @Test func `languages and editions are words of a title that needs them`() {
    #expect(FilmName(parsing: "The Danish Girl (2015).mkv").title == "The Danish Girl")
    #expect(FilmName(parsing: "The Final Cut (2004).mkv").title == "The Final Cut")
    #expect(FilmName(parsing: "Uncut.Gems.2019.1080p.mkv").title == "Uncut Gems")
    #expect(FilmName(parsing: "Charlotte's Web 1080p.mkv").title == "Charlotte's Web")
  }

  @Test func `languages and editions before the year are dropped otherwise`() {
    #expect(FilmName(parsing: "Der.Film.deines.Lebens.German.2011.PAL.mkv").title == "Der Film deines Lebens")
    #expect(FilmName(parsing: "Donnie_Darko_Directors_Cut_2001.mkv").title == "Donnie Darko")
  }

  @Test(arguments: [
    ("[YTS.MX] 12 Angry Men (1957).mkv", "12 Angry Men", 1957), ("[YTS.MX].9.2009.1080p.mkv", "9", 2009),
    ("[YTS.AM] [1080p] Sholay (1975).mkv", "Sholay", 1975), ("[1080p] [YTS] Don (1978).mkv", "Don", 1978),
    ("[YTS] (1975) Sholay.mkv", "Sholay", 1975), ("[REC] 2 (2009).mkv", "[REC] 2", 2009),
    ("[REC] [1080p] (2007).mkv", "[REC]", 2007),
  ])
  func `what cannot be a title in brackets is dropped before numbers, years and more of it`(
    name: String, title: String, year: Int
  ) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == year)
  }

  @Test func `sites and groups in front are dropped`() {
    #expect(FilmName(parsing: "www.site.tld - Khel Khel Mein (2024) 1080p").title == "Khel Khel Mein")
    #expect(FilmName(parsing: "[Group] Paprika [1080p][HEVC].mkv").title == "Paprika")
    #expect(FilmName(parsing: "ulshd-the.right.stuff.1983.multi.1080p.mkv").title == "the right stuff")
  }

  @Test func `a bracket in front is the title when nothing else can be`() {
    #expect(FilmName(parsing: "[REC] (2007).mkv").title == "[REC]")
    #expect(FilmName(parsing: "[REC] 2 (2009).mkv").title == "[REC] 2")
    #expect(FilmName(parsing: "(500) Days of Summer (2009).mkv").title == "(500) Days of Summer")
    #expect(FilmName(parsing: "[Group][Akira][1988][BDRip].mkv").title == "Akira")
  }

  @Test(arguments: [
    ("[REC].2007.1080p.mkv", "[REC]", 2007), ("[शोले] 1975.mkv", "[शोले]", 1975), ("[REC]².2009.1080p.mkv", "[REC]²", 2009),
    ("VHS.2012.mkv", "VHS", 2012), ("X264.2010.mkv", "X264", 2010), ("[Group] 1917 2019 1080p.mkv", "1917", 2019),
  ])
  func `what is all there is before the year is the title`(name: String, title: String, year: Int) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == year)
  }

  @Test(arguments: [
    "Sholay Hindi Full Movie (1975).mp4", "Sholay Full Movie 1975 HD.mp4", "Copy of Sholay (1975).mkv",
    "Copy (2) of Sholay (1975).mkv", "Sholay 15.08.1975.mkv", "Sholay.15.08.1975.1080p.mkv", "Sholay%201975.mkv",
    "Sholay 1975年.mkv", "Sholay (１９７５).mkv", "Sholay (१९७५).mkv",
  ])
  func `what people and programs write around a title and its year is no part of them`(name: String) {
    #expect(FilmName(parsing: name).title == "Sholay")
    #expect(FilmName(parsing: name).year == 1975)
  }

  @Test(arguments: [
    "Sholay - New South Indian Full Movie.mp4",
    "Sholay - Full Movie - Amitabh Bachchan.mp4", "Sholay Full Hindi Movie HD.mp4", "Sholay Hindi Dubbed Old Movie.mp4",
    "Sholay (1 of 2).avi", "Sholay - films.com.mp4", "Sholay.S01.1080p.mkv", "films.nl - Sholay.mkv",
    "{Telegram @films} Sholay 720p.mkv", "Sholay (Old Hindi).mkv", "Sholay (Best Full Movie).mp4",
  ])
  func `what stands behind words that a film follows, and marks of files, sites and channels, are no part of it`(
    name: String
  ) {
    #expect(FilmName(parsing: name).title == "Sholay")
    #expect(FilmName(parsing: name).year == nil)
  }

  @Test func `a day in front tells the year, and is no part of the title`() {
    let film = FilmName(parsing: "2023-08-15 Independence Day Speech.mp4")
    #expect(film.title == "Independence Day Speech")
    #expect(film.year == 2023)
  }

  @Test func `a backslash is a character of a name but in a path of Windows`() {
    #expect(FilmName(parsing: #"AC\DC Live (2009).mkv"#).title == #"AC\DC Live"#)
    #expect(FilmName(parsing: #"\\server\films\Heat (1995).mkv"#).title == "Heat")
  }

  @Test func `a title in two scripts is read in Latin letters`() {
    #expect(FilmName(parsing: "기생충.Parasite.2019.1080p.mkv").title == "Parasite")
    #expect(FilmName(parsing: "七人の侍 (1954).mkv").title == "七人の侍")
    #expect(FilmName(parsing: "Любовь в Wi-Fi (2020).mkv").title == "Любовь в Wi-Fi")
  }

  @Test func `parts of one film lose their number`() {
    #expect(FilmName(parsing: "The Shining CD1.avi").title == "The Shining")
    #expect(FilmName(parsing: "The Shining - part2.avi").title == "The Shining")
  }

  @Test func `a name without a title falls back to its stem and then to itself`() {
    #expect(FilmName(parsing: "").title == "")
    #expect(FilmName(parsing: "----.mkv").title == "----.mkv")
    #expect(FilmName(parsing: "1080p.mkv").title == "1080p")
    #expect(FilmName(parsing: "(2010).mkv").title == "(2010)")
  }

  @Test(arguments: [
    ("Lagaan.2001.3CD.DVDRip.avi", "Lagaan", 2001), ("Tenet.2020.10bit.1080p.BluRay.6CH.mkv", "Tenet", 2020),
    ("Ra.One.2011.300MB.mkv", "Ra One", 2011), ("Heat.1995.60fps.mkv", "Heat", 1995),
    ("Heat.1995.DVD.1.avi", "Heat", 1995),
    ("Film.2020.16.Bit.mkv", "Film", 2020), ("Film.2020.60.FPS.mkv", "Film", 2020), ("Yuva.2004.2GB.mkv", "Yuva", 2004),
  ])
  func `a year before a measure is no part of it`(name: String, title: String, year: Int) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == year)
  }

  @Test(arguments: [
    ("Shrek.2.DVD-Rip.XviD.avi", "Shrek 2"), ("Apollo 13 DVD-Rip.avi", "Apollo 13"), ("Don 2 DVD.avi", "Don 2"),
    ("Dhoom 3 CD 1.avi", "Dhoom 3"), ("Dhoom.3.700MB.avi", "Dhoom 3"), ("Film.43.10bit.mkv", "Film 43"),
    ("Film 2 CD.avi", "Film"), ("Film 3 DVDs.avi", "Film"), ("Film.1.45GB.avi", "Film"),
    ("Film 23.976 FPS.avi", "Film"),
    ("Film.29.97fps.avi", "Film"), ("Film 1400 MB.avi", "Film"),
  ])
  func `a number before a measure is the title's unless it measures`(name: String, title: String) {
    #expect(FilmName(parsing: name) == FilmName(parsing: title))
  }

  @Test(arguments: [
    ("Some.Film.NF.WEB-DL.1080p.mkv", "Some Film"), ("Some.Film.2019.NF.WEBRip.mkv", "Some Film"),
    ("NF.2019.WEB-DL.mkv", "NF"), ("Ladri.di.biciclette.AKA.Bicycle.Thieves.1948.mkv", "Ladri di biciclette"),
    ("Ladri di biciclette a.k.a. Bicycle Thieves (1948).mkv", "Ladri di biciclette"), ("AKA (2023).mkv", "AKA"),
    ("AKA.Film.2002.mkv", "AKA Film"), ("@Films_Here - Yuva 2004.mkv", "Yuva"), ("@Hub Yuva 2004 1080p.mkv", "Yuva"),
    ("@home (2010).mkv", "@home"), ("电影www.site.com.流浪地球.2019.HD.1080p.mp4", "流浪地球"),
  ])
  func `networks, other titles and channels are none of the title`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("(1)The Girl With The Dragon Tattoo (2009).mkv", "The Girl With The Dragon Tattoo"),
    ("01 - Iron Man (2008).mkv", "Iron Man"), ("01_-_Iron_Man_2008.mkv", "Iron Man"),
    ("Fr - Renaissance (2006).avi", "Renaissance"),
    ("It - Part Two (2019).mkv", "It - Part Two"), ("French - A Film (2019).mkv", "French - A Film"),
    ("GTO_(Ep._1-43).mkv", "GTO"), ("09.03.08.The.Doors.(1991).BDRip.mkv", "The Doors"),
    ("(500) Days of Summer (2009).mkv", "(500) Days of Summer"), ("07-Ghost (2009).mkv", "07-Ghost"),
    ("007 - Spectre (2015).mkv", "007 - Spectre"), ("9 - The Film (2009).mkv", "9 - The Film"),
    ("[Group] 5 Centimeters per Second [BD 1080p].mkv", "5 Centimeters per Second"),
    ("[REC] 4 Apocalypse (2014).mkv", "[REC] 4 Apocalypse"), ("[REC] 2.mkv", "[REC] 2"),
  ])
  func `what counts films or dates them before the title is none of it`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("Fight.Club.(1999).1080p.mkv", "Fight Club", 1999), ("Fight.Club-1999.mkv", "Fight Club", 1999),
    ("Trust.Me [2013].mkv", "Trust Me", 2013), ("site.me - 96 (2018).mkv", "96", 2018),
    ("site.lol - Pathaan 2023.mkv", "Pathaan", 2023), ("site.lol_Pathaan.2023.1080p.mkv", "Pathaan", 2023),
    ("Site.Tv-Pathaan.2023.1080p.mkv", "Pathaan", 2023), ("www_site_tld_-_Pathaan_(2023).mkv", "Pathaan", 2023),
    ("www site com Pathaan 2023 DD5.1.mkv", "Pathaan", 2023),
  ])
  func `two words before a year are no address`(name: String, title: String, year: Int) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == year)
  }

  @Test(arguments: [
    ("sholay-720p.mp4", "sholay"), ("delhi-6.720p.mkv", "delhi-6"), ("дза-дза.1080p.mkv", "дза-дза"),
    ("fight-club-1080p.mkv", "fight-club"), ("lagaan-cd1.avi", "lagaan"),
    ("the-dark-knight-1080p-bluray.mkv", "the-dark-knight"), ("grp-tenet.720p.bluray.x264.mkv", "tenet"),
  ])
  func `hyphens between all words set no group apart`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("Name.BDMux.720p", "Name"), ("Film BD1080p x265.mkv", "Film"), ("Film 2in1 2012.mkv", "Film"),
    ("(Hi10)_Film_(BD_1080p).mkv", "Film"), ("Film.HDR10Plus.2160p.mkv", "Film"), ("Film PDVDRip 700MB.mkv", "Film"),
    ("Film HQ Clean Audio DVDScr.mkv", "Film"), ("Film S-Print.mkv", "Film"), ("Film 1080.mkv", "Film"),
    ("Bahubali 2 Hindi Dubbed.mp4", "Bahubali 2"), ("Film Tamil Hindi Dubbed (2017).mp4", "Film"),
    ("Sholay.HINDI.1975.mkv", "Sholay"), ("Drishyam.Malayalam.2013.mkv", "Drishyam"),
    ("Broken.English.2007.mkv", "Broken English"), ("McFarland, USA (2015).mkv", "McFarland, USA"),
    ("Sholay 4K 1975.mp4", "Sholay"), ("sholay hd.mp4", "sholay"),
    ("Reality TV 2005.mkv", "Reality TV"), ("Sholay ｜ Hindi ｜ 1975.mp4", "Sholay"),
    ("Das.Boot.The.Directors.Cut.1981.mkv", "Das Boot"), ("[Group] The Final Cut (2004).mkv", "The Final Cut"),
    ("House.of.VHS.2016.1080p.mkv", "House of VHS"), ("The.Bluray.Murders.2019.mkv", "The Bluray Murders"),
    ("The.Skin.I.Live.In.BluRay.2011.mkv", "The Skin I Live In"), ("DD.Returns.2023.mkv", "DD Returns"),
    ("8.Bit.Christmas.2021.1080p.mkv", "8 Bit Christmas"), ("VHS - Sholay (1975).avi", "Sholay"),
    ("Dr.strange - Multiverse (2022).mkv", "Dr.strange - Multiverse"),
  ])
  func `what tells of a release is known in more forms, and spared where a title needs it`(name: String, title: String)
  {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("La Defense Lincoln (The Lincoln Lawyer) 2011 [DVDRIP].mkv", "La Defense Lincoln"),
    ("A Bout Portant (The Killers).PAL.Multi.DVD-R.mkv", "A Bout Portant"),
    ("Love Gourou (Mike Myers) - FR.avi", "Love Gourou"),
    ("Gangs of Wasseypur (Part 2) 1080p.mkv", "Gangs of Wasseypur (Part 2)"),
    ("Birdman or (The Unexpected Virtue of Ignorance) 2014.mkv", "Birdman or (The Unexpected Virtue of Ignorance)"),
    ("Love (and Other Drugs) (2010).mkv", "Love (and Other Drugs)"), ("Borat (I Like You) 2010.mkv", "Borat"),
    ("Birdman.or.(The.Unexpected.Virtue).2014.mkv", "Birdman or (The Unexpected Virtue)"),
    ("Film.(Part.2).1080p.mkv", "Film (Part 2)"), ("Film (II) 1080p.mkv", "Film (II)"),
  ])
  func `another title in brackets before a bare year or a tag is dropped`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("Ocean.s.Eleven.2001.1080p.mkv", "Ocean's Eleven"), ("Ocean_s_Eleven_2001.mkv", "Ocean's Eleven"),
    ("Don.t.Look.Up.2021.mkv", "Don't Look Up"), ("Plan s 2001.mkv", "Plan's"), ("M.s.2001.mkv", "M.s."),
  ])
  func `an apostrophe that became a separator is put back`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("[Nekomoe kissaten][Josee to Tora to Sakanatachi][BDRip][1080p][JPSC].mp4", "Josee to Tora to Sakanatachi"),
    ("[Redline] [1080p] [Group].mkv", "[Redline]"), ("[字幕组][千年女优][BDRip][1080p][简繁].mkv", "千年女优"),
    ("[YTS.MX] [1080p] [Redline].mkv", "Redline"), ("[Group] [1080p] Redline.mkv", "Redline"),
    ("[Group][Redline][v2][1080p].mkv", "Redline"),
  ])
  func `of brackets alone, those before the tags hold the title`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == nil)
  }

  @Test(arguments: [
    "Whiplash Eng Sub.mkv", "Whiplash with English Subtitles.mkv", "Whiplash Sub Español.mkv", "Whiplash.Ger.Sub.mkv",
    "Whiplash in Hindi Dubbed.mp4", "Whiplash English Dub.mkv", "Whiplash hardsub.mkv", "Whiplash.SWESUB.DVDRip.avi",
    "Whiplash.SubITA.DVDRip.avi", "Whiplash PLDUB 720p BluRay.mkv", "Whiplash Dubbing PL 1080p.mkv",
    "Whiplash CZ Dabing.avi", "Whiplash.COMPLETE.SLOSUBS.mkv", "Whiplash.CATALAN.DVDRip.avi",
    "Whiplash Hotstar WEB-DL.mkv", "Whiplash.MUBI.WEB-DL.1080p.mkv", "Whiplash.BD25.mkv", "Whiplash HQCAM.mkv",
    "Whiplash.MULTi.VF2.4KLight.mkv",
  ])
  func `subtitles, dubs, networks and media are none of the title`(name: String) {
    #expect(FilmName(parsing: name).title == "Whiplash")
    #expect(FilmName(parsing: name).year == nil)
  }

  @Test(arguments: [
    "Fargo Legendado 1996.avi", "Fargo Subtitulada 1996.avi", "Fargo Doblada 1996.avi", "Fargo Sub Indo 1996.mp4",
    "Fargo Vietsub 1996.mp4", "Fargo HebSub 1996.mkv", "Fargo VOSE 1996.avi", "Fargo English Dub 1996.mkv",
    "Fargo.CZ.dabing.1996.DVDRip.avi",
  ])
  func `subtitles and dubs before a year are none of the title`(name: String) {
    #expect(FilmName(parsing: name).title == "Fargo")
    #expect(FilmName(parsing: name).year == 1996)
  }

  @Test(arguments: [
    ("The Last Sub (2012).mkv", "The Last Sub"), ("Deep Sub 2012.mkv", "Deep Sub"), ("Sub Zero.mkv", "Sub Zero"),
    ("Stan & Ollie 2018.mkv", "Stan & Ollie"), ("King Dub.mkv", "King Dub"), ("English Dub.mkv", "English Dub"),
  ])
  func `words of subtitles and networks alone are the title's`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
  }

  @Test(arguments: [
    ("Dangal Hindi.mkv", "Dangal"), ("Dangal_Telugu.mkv", "Dangal"), ("Whiplash Español Latino.mkv", "Whiplash"),
    ("Whiplash - German.avi", "Whiplash"), ("The Big Lebowski – Extended.mkv", "The Big Lebowski"),
    ("Broken English.mkv", "Broken English"), ("A Film in Hindi.mkv", "A Film in Hindi"), ("Tamil.mkv", "Tamil"),
    ("Summer Extended.mkv", "Summer Extended"),
  ])
  func `a language of India, a second language and what a dash sets apart end no title`(name: String, title: String) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == nil)
  }

  @Test(arguments: [
    ("[Group] Jujutsu Kaisen 0 (Movie) [BD][1080p].mkv", "Jujutsu Kaisen 0"), ("Dangal (film).mkv", "Dangal"),
    ("[Group&Other][Jujutsu_Kaisen_0][Movie][1080P].mp4", "Jujutsu Kaisen 0"), ("(Movie).mkv", "(Movie)"),
    ("[Group] Koe no Katachi - Movie [1080p].mkv", "Koe no Katachi"),
    ("Not Another Teen Movie.mkv", "Not Another Teen Movie"),
    ("Dangal - Copy.mkv", "Dangal"), ("Certified Copy.mkv", "Certified Copy"), ("Dangal (2).mkv", "Dangal"),
    ("Dangal - Copy (2).mkv", "Dangal"), ("Death Proof - Copy.mkv", "Death Proof"),
    ("Dangal.part.1.of.2.mkv", "Dangal"), ("Hello.World.www.site.com.mkv", "Hello World"),
    ("Star Wars Despecialized Edition.mkv", "Star Wars"), ("Alien.3.Assembly.Cut.720p.mkv", "Alien 3"),
  ])
  func `what kind of file, copy, part or edition it is, and its site, are no part of a title`(
    name: String, title: String
  ) {
    #expect(FilmName(parsing: name).title == title)
    #expect(FilmName(parsing: name).year == nil)
  }
}
