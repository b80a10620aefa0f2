# ruff: noqa: E501 - a table is read by its rows
"""Numbers of states and banks beyond the most frequent ones: what `national` knows besides its own table.

Each stands behind words that announce it, unless its form and its check digit together are rare by chance
(a bare number of n digits with one check digit is right one time in ten).

Source: python-stdnum for most checks. Written here: NRIC of Singapore (immigration authority, as described in
its numbering of 1966 and 2022), Medicare card of Australia (Services Australia, check digit over eight digits),
insurance number of Germany (Deutsche Rentenversicherung, section 2 of VKVV), CLABE of Mexico (Banxico, weights
3 7 1), MBI of the United States (CMS, positions of letters and digits).
"""

from importlib import import_module

from tuneset.stages.redact.context import DASH, words
from tuneset.stages.redact.id_entry import ANY, Id, stdnum

_VAT = words(
    "vat", "vatin", "ust-?id(?:nr)?", "umsatzsteuer", "tva", "btw", "mwst", "iva", "moms", "partita iva"
)
_MODULUS = 11


def _weighted(number: bytes, weights: tuple[int, ...]) -> int:
    return sum((sign - 48) * weight for sign, weight in zip(number, weights, strict=False))


def sg_nric(number: bytes) -> bool:
    """First letter, seven digits and a letter that checks them."""
    number = number.upper()
    offset = {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}.get(chr(number[0]), -1)
    total = (_weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + offset) % _MODULUS
    letters = {"S": b"JZIHGFEDCBA", "T": b"JZIHGFEDCBA", "M": b"KLJNPQRTUWX"}.get(
        chr(number[0]), b"XWUTRQPNMLK"
    )
    return offset >= 0 and letters[10 - total if number[:1] == b"M" else total] == number[8]


def au_medicare(number: bytes) -> bool:
    """Ten digits, the first 2 to 6, the ninth checks the eight before it."""
    return number[:1] in b"23456" and _weighted(number[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == number[8] - 48


def de_insurance(number: bytes) -> bool:
    """Area, date of birth, initial, serial and a digit that checks them all, the letter as two digits."""
    letter = number[8] & 95
    digits = number[:8] + b"%02d" % (letter - 64) + number[9:11]
    products = (
        (sign - 48) * weight
        for sign, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
    )
    return sum(sum(divmod(product, 10)) for product in products) % 10 == number[11] - 48


def mx_clabe(number: bytes) -> bool:
    """Eighteen digits of which the last checks the others."""
    total = sum((sign - 48) * (3, 7, 1)[place % 3] % 10 for place, sign in enumerate(number[:17]))
    return -total % 10 == number[17] - 48 and len(set(number)) > 1


def vat(number: bytes) -> bool:
    """The VAT number of a country of Europe, with its letters before it."""
    text = number.decode().upper()
    checks = {"GB": "gb.vat", "CH": "ch.uid", "NO": "no.mva"}
    return bool(import_module(f"stdnum.{checks.get(text[:2], 'eu.vat')}").is_valid(text))


_MBI_LETTER = rb"[AC-HJKMNP-RT-Y]"
_MBI = (
    rb"[1-9]" + _MBI_LETTER + rb"[0-9AC-HJKMNP-RT-Y]\d" + _MBI_LETTER + rb"[0-9AC-HJKMNP-RT-Y]\d"
    + _MBI_LETTER * 2 + rb"\d\d"
)  # fmt: skip

_PERSONAL_CODE = words("personal code", "asmens kodas", "isikukood", "personas kods", *ANY)
_NIF = words("nif", "nipc", "contribuinte", *ANY)
_AMKA = words("amka", "\u03b1\u03bc\u03ba\u03b1", "\u0391\u039c\u039a\u0391", *ANY)
_AFM = words("afm", "\u03b1\u03c6\u03bc", "\u0391\u03a6\u039c", *ANY)
_RC = words("rodn\u00e9", "rodne", "birth number", *ANY)
_SVNR = words("sozialversicherungs?(?:nummer|nr)?", "svnr", "sv-?nummer", "versicherungsnummer", *ANY)
_RENTE = words(
    "sozialversicherungs?(?:nummer|nr)?",
    "rentenversicherungs?(?:nummer|nr)?",
    "svnr",
    "rvnr",
    "versicherungsnummer",
)
_AHV = words("ahv(?:-?nummer|-?nr)?", "avs", "navs", "sozialversicherungs?(?:nummer|nr)?", *ANY)
_ISRAEL = words(
    "teudat", "zehut", "mispar zehut", "\u05ea\u05e2\u05d5\u05d3\u05ea", "\u05d6\u05d4\u05d5\u05ea", *ANY
)
_JAPAN = words(
    "my number", "\u30de\u30a4\u30ca\u30f3\u30d0\u30fc", "\u500b\u4eba\u756a\u53f7", "individual number", *ANY
)
_CUIT = words("cuit", "cuil", "cuit/cuil", *ANY)
_DNI = words("dni", "documento", "libreta", *ANY)
_RUT = words("rut", *ANY)
_RFC = words("rfc", "registro federal", *ANY)
_CNP = words("cnp", *ANY)
_IRD = words("ird", "inland revenue", *ANY)
_EIN = words("ein", "fein", "employer identification", *ANY)
_UTR = words("utr", "unique taxpayer", "tax reference", *ANY)
_PPS = words("pps", "ppsn", "personal public", *ANY)
_FISCAL = words("fiscal", "spi", *ANY)
_STNR = words("steuer(?:nummer|nr)?", "stnr", "abgabenkonto(?:nummer)?", *ANY)
_NIP = words("nip", *ANY)
_VKN = words("vkn", "vergi", "vergi kimlik", *ANY)
_MEDICARE = words("medicare", "mbi")
_LICENCE = words("licen[cs]e", "licen[cs]es?", "driving ?licen[cs]e", "driver'?s? ?licen[cs]e", "dvla")
_KONTO = words("kontonummer", "kontonr", "konto", "bankkonto", "account")
_CLABE = words("clabe")
_MYKAD = words("nric", "mykad")

DIGITS: dict[int, tuple[Id, ...]] = {
    7: (Id("ar-dni", b"", stdnum("ar.dni"), _DNI),),
    8: (Id("ar-dni", b"", stdnum("ar.dni"), _DNI), Id("nz-ird", b"", stdnum("nz.ird"), _IRD)),
    9: (
        Id("at-tin", b"", stdnum("at.tin"), _STNR),
        Id("cz-rc", b"", stdnum("cz.rc"), _RC),
        Id("gr-afm", b"", stdnum("gr.vat"), _AFM),
        Id("il-id", b"", stdnum("il.idnr"), _ISRAEL),
        Id("nz-ird", b"", stdnum("nz.ird"), _IRD),
        Id("pt-nif", b"", stdnum("pt.nif"), _NIF),
        Id("us-ein", b"", stdnum("us.ein"), _EIN),
    ),
    10: (
        Id("at-vnr", b"", stdnum("at.vnr"), _SVNR),
        Id("au-medicare", b"", au_medicare, _MEDICARE),
        Id("cz-rc", b"", stdnum("cz.rc"), _RC),
        Id("de-stnr", b"", stdnum("de.stnr"), _STNR),
        Id("gb-utr", b"", stdnum("gb.utr"), _UTR),
        Id("pl-nip", b"", stdnum("pl.nip"), _NIP),
        Id("tr-vkn", b"", stdnum("tr.vkn"), _VKN),
        Id("bg-egn", b"", stdnum("bg.egn"), words("egn", "\u0435\u0433\u043d", "\u0415\u0413\u041d", *ANY)),
    ),
    11: (
        Id("ar-cuit", b"", stdnum("ar.cuit"), _CUIT),
        Id("au-abn", b"", stdnum("au.abn"), words("abn", "australian business")),
        Id("de-stnr", b"", stdnum("de.stnr"), _STNR),
        Id("ee-ik", b"", stdnum("ee.ik"), _PERSONAL_CODE),
        Id("gr-amka", b"", stdnum("gr.amka"), _AMKA),
        Id("hr-oib", b"", stdnum("hr.oib"), words("oib", *ANY)),
        Id("it-iva", b"", stdnum("it.iva"), _VAT),
        Id("lt-asmens", b"", stdnum("lt.asmens"), _PERSONAL_CODE),
    ),
    12: (Id("jp-in", b"", stdnum("jp.in_"), _JAPAN),),
    13: (
        Id("ch-ahv", b"", stdnum("ch.ssn"), _AHV),
        Id("fr-nif", b"", stdnum("fr.nif"), _FISCAL),
        Id("ro-cnp", b"", stdnum("ro.cnp"), _CNP),
        Id("rs-jmbg", b"", stdnum("si.emso"), words("jmbg", "emso", "em\u0161o", *ANY)),
        Id(
            "th-pin",
            b"",
            stdnum("th.pin"),
            words(
                "thai id",
                "citizen id",
                "\u0e1a\u0e31\u0e15\u0e23\u0e1b\u0e23\u0e30\u0e0a\u0e32\u0e0a\u0e19",
                *ANY,
            ),
        ),
    ),
    18: (Id("mx-clabe", b"", mx_clabe, _CLABE, type="account"),),
}
"""Bare runs of digits, by length. Bank accounts are `account`, all others `government_id`."""

SHAPED: tuple[Id, ...] = (
    Id(
        "ar-cuit",
        rb"(?:20|2[34567]|3[0347])" + DASH + rb"\d{8}" + DASH + rb"\d",
        stdnum("ar.cuit"),
        shape=b"281",
    ),
    Id("ar-dni", rb"\d{1,2}\.\d{3}\.\d{3}", stdnum("ar.dni"), _DNI, shape=b"33"),
    Id("at-tin", rb"\d{2}-\d{3}/\d{4}", stdnum("at.tin"), _STNR, shape=b"234"),
    Id("at-vnr", rb"\d{4} \d{6}", stdnum("at.vnr"), _SVNR, shape=b"46"),
    Id(
        "au-abn",
        rb"\d{2} \d{3} \d{3} \d{3}",
        stdnum("au.abn"),
        words("abn", "australian business"),
        shape=b"2333",
    ),
    Id("au-medicare", rb"\d{4} \d{5} \d", au_medicare, _MEDICARE, shape=b"451"),
    Id(
        "br-cnpj", rb"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", stdnum("br.cnpj"), words("cnpj", *ANY), shape=b"23342"
    ),
    Id("cl-rut", rb"\d{1,2}\.\d{3}\.\d{3}-\d", stdnum("cl.rut"), shape=b"331"),
    Id("cl-rut", rb"\d{7,8}-\d", stdnum("cl.rut"), _RUT, shape=b"81"),
    Id("cl-rut", rb"\d{7}-\d", stdnum("cl.rut"), _RUT, shape=b"71"),
    Id("cl-rut", rb"\d{1,2}\.\d{3}\.\d{3}-[Kk]", stdnum("cl.rut"), shape=b"33"),
    Id("cz-rc", rb"\d{6}/\d{3,4}", stdnum("cz.rc"), _RC, shape=b"64"),
    Id("cz-rc", rb"\d{6}/\d{3}", stdnum("cz.rc"), _RC, shape=b"63"),
    Id("de-stnr", rb"\d{2,3}/\d{3}/\d{5}", stdnum("de.stnr"), _STNR, shape=b"35"),
    Id("gr-amka", rb"\d{6} \d{5}", stdnum("gr.amka"), _AMKA, shape=b"65"),
    Id("jp-in", rb"\d{4}[ -]\d{4}[ -]\d{4}", stdnum("jp.in_"), _JAPAN, shape=b"444"),
    Id("my-nric", rb"\d{6}-\d{2}-\d{4}", stdnum("my.nric"), _MYKAD, shape=b"624"),
    Id(
        "no-fnr",
        rb"\d{6} \d{5}",
        stdnum("no.fodselsnummer"),
        words("f\u00f8dselsnummer", "fodselsnummer", "personnummer", "fnr", *ANY),
        shape=b"65",
    ),
    Id("no-konto", rb"\d{4}[. ]\d{2}[. ]\d{5}", stdnum("no.kontonr"), _KONTO, shape=b"425", type="account"),
    Id("nz-account", rb"\d{2}-\d{4}-\d{7}-\d{2,3}", stdnum("nz.bankaccount"), shape=b"2472", type="account"),
    Id("nz-account", rb"\d{2}-\d{4}-\d{7}-\d{3}", stdnum("nz.bankaccount"), shape=b"2473", type="account"),
    Id("nz-ird", rb"\d{2,3}-\d{3}-\d{3}", stdnum("nz.ird"), _IRD, shape=b"33"),
    Id("pk-cnic", rb"\d{5}-\d{7}-\d", stdnum("pk.cnic"), words("cnic", "nadra", *ANY), shape=b"571"),
    Id("pl-nip", rb"\d{3}-\d{3}-\d{2}-\d{2}", stdnum("pl.nip"), shape=b"3322"),
    Id("pl-nip", rb"\d{3}-\d{2}-\d{2}-\d{3}", stdnum("pl.nip"), shape=b"3223"),
    Id("pt-nif", rb"\d{3} \d{3} \d{3}", stdnum("pt.nif"), _NIF, shape=b"333"),
    Id("th-pin", rb"\d-\d{4}-\d{5}-\d{2}-\d", stdnum("th.pin"), shape=b"14521"),
    Id("us-ein", rb"\d{2}-\d{7}", stdnum("us.ein"), _EIN, shape=b"27"),
)
"""Digits in groups of their own."""

LETTERED: tuple[Id, ...] = (
    Id("de-insurance", rb"\d{2} ?\d{6} ?[A-Za-z] ?\d{3}", de_insurance, _RENTE),
    Id("eu-vat", rb"[A-Z]{2} ?[0-9A-Z](?:\.?[0-9A-Z]){7,12}", vat, _VAT),
    Id("fi-hetu", rb"\d{6}[ABCDEFUVWXY]\d{3}[0-9A-Y]", stdnum("fi.hetu")),
    Id("ie-pps", rb"\d{7}[A-Wa-w][A-IWa-iw]?", stdnum("ie.pps"), _PPS),
    Id("in-epic", rb"[A-Z]{3}\d{7}", stdnum("in_.epic"), words("epic", "voter", "election")),
    Id("mx-rfc", rb"[A-Z]{4}-?\d{6}-?[0-9A-Z]{3}", stdnum("mx.rfc"), _RFC),
    Id(
        "pt-cc",
        rb"\d{8} ?\d ?[A-Z0-9]{2}\d",
        stdnum("pt.cc"),
        words("cart\u00e3o", "cartao", "citizen card", *ANY),
    ),
    Id("sg-nric", rb"[STFGMstfgm]\d{7}[A-Za-z]", sg_nric),
    Id("uk-licence", rb"[A-Z9]{5}\d{6}[A-Z9]{2}[0-9A-Z][A-Z]{2}", lambda number: True, _LICENCE),
    Id("us-mbi", _MBI, lambda number: True, _MEDICARE),
)
"""Letters among the digits."""
