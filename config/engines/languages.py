"""Languages by their ISO 639-1 codes, and the other ways people write them."""

from __future__ import annotations

from engine_api import BAD_REQUEST, EngineError

# The languages of multilingual whisper: its token, then the ISO 639-2 codes and the English names it goes by.
_ROWS = """
en eng english|zh chi zho chinese mandarin|de ger deu german|es spa spanish castilian|ru rus russian|ko kor korean
fr fre fra french|ja jpn japanese|pt por portuguese|tr tur turkish|pl pol polish|ca cat catalan valencian
nl dut nld dutch flemish|ar ara arabic|sv swe swedish|it ita italian|id ind indonesian|hi hin hindi|fi fin finnish
vi vie vietnamese|he heb hebrew|uk ukr ukrainian|el gre ell greek|ms may msa malay|cs cze ces czech
ro rum ron romanian moldavian|da dan danish|hu hun hungarian|ta tam tamil|no nor norwegian bokmal|th tha thai
ur urd urdu|hr hrv croatian|bg bul bulgarian|lt lit lithuanian|la lat latin|mi mao mri maori|ml mal malayalam
cy wel cym welsh|sk slo slk slovak|te tel telugu|fa per fas persian farsi|lv lav latvian|bn ben bengali bangla
sr srp serbian|az aze azerbaijani|sl slv slovenian|kn kan kannada|et est estonian|mk mac mkd macedonian
br bre breton|eu baq eus basque|is ice isl icelandic|hy arm hye armenian|ne nep nepali|mn mon mongolian|bs bos bosnian
kk kaz kazakh|sq alb sqi albanian|sw swa swahili|gl glg galician|mr mar marathi|pa pan punjabi panjabi
si sin sinhala sinhalese|km khm khmer|sn sna shona|yo yor yoruba|so som somali|af afr afrikaans|oc oci occitan
ka geo kat georgian|be bel belarusian|tg tgk tajik|sd snd sindhi|gu guj gujarati|am amh amharic|yi yid yiddish
lo lao|uz uzb uzbek|fo fao faroese|ht hat haitian|ps pus pashto pushto|tk tuk turkmen|nn nno nynorsk|mt mlt maltese
sa san sanskrit|lb ltz luxembourgish|my bur mya burmese|bo tib bod tibetan|tl tgl tagalog filipino|mg mlg malagasy
as asm assamese|tt tat tatar|haw hawaiian|ln lin lingala|ha hau hausa|ba bak bashkir|jw jv jav javanese
su sun sundanese|yue cantonese
"""

_CODES = {name: names[0] for names in (row.split() for line in _ROWS.split("\n") for row in line.split("|")) for name in names}

WHISPER_LANGUAGES = sorted(set(_CODES.values()))
"""The codes that multilingual whisper models know (Cantonese since large-v3)."""

UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "bo", "km", "yue"})
"""Languages written without blanks between words."""


def code_of(name: str | None) -> str | None:
    """The ISO 639-1 code of a language given as a code, a BCP 47 tag (`pt-BR`) or an English name.

    None, the empty string, `auto` and `und` mean "detect it" and give None.
    """
    if name is None:
        return None
    key = str(name).strip().lower().replace("_", "-")
    if key in ("", "auto", "und", "unknown"):
        return None
    code = _CODES.get(key) or _CODES.get(key.split("-")[0])
    if code is None:
        raise EngineError(BAD_REQUEST, f"{name!r} is no language that is known here; give an ISO 639-1 code such as en or hi")
    return code
