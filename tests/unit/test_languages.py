"""Languages: what callers hear who choose another one, and what `check` tells of translations."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.channel import Value
from ivr.flow.kinds import KINDS
from ivr.flow.languages import plain
from ivr.flow.model import Step
from ivr.flow.policy import Policy
from ivr.flow.steps import STEP_TYPES
from ivr.flow.steps.callback import Callback
from ivr.flow.steps.survey import Survey
from ivr.flow.values import Template
from ivr.settings import Recording, Settings
from ivr.sim.agents import Agent
from ivr.sim.caller import Press, Say
from ivr.voice.book import Clip, PromptBook
from ivr.voice.languages import ENGLISH, Translations, tongue
from ivr.voice.numbers import FORMATS
from tests.unit.flow_kit import HOTLINE, call, data, english, load, said, site, steps, way
from tests.unit.test_flow_fuzz import SNIPPETS

__all__ = ["english"]

BILINGUAL = HOTLINE + "languages:\n  en: {title: English}\n"
FLOW = steps(
    """\
    a: {type: language, keys: {1: id, 2: en}, next: b}
    b:
      type: menu
      say: Untuk KTP, tekan satu.
      keys: {1: c, 0: p}
      phrases: {1: [KTP]}
      timeout: 3s
      tries: 2
      failed: z
    c: {type: set, values: {biaya: = 50000, hari: "2026-11-24"}, next: d}
    d: {type: play, say: "Biayanya {biaya:rupiah}, sampai {hari:tanggal}.", next: e}
    e: {type: branch, cases: [{when: bahasa == 'en', next: f}], otherwise: z}
    f: {type: play, say: Sampai jumpa., next: z}
    p: {type: queue, queue: umum, answered: z, timeout: z}
    """
)
ENGLISH_TEXTS = """\
- id: Untuk KTP, tekan satu.
  en: For identity cards, press one.
- id: Biayanya {biaya:rupiah}, sampai {hari:tanggal}.
  en: It costs {biaya:rupiah}, until {hari:tanggal}.
- id: Selamat tinggal.
  en: Good-bye.
- id: Sampai jumpa.
  en: See you.
"""


def translate(folder: Path, text: str = ENGLISH_TEXTS, file: str = "en/utama.yaml") -> None:
    path = folder / "languages" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(textwrap.dedent(text).encode())


def problems(folder: Path, *flows: str, hotline: str = BILINGUAL) -> list[str]:
    """What is wrong, without the folder."""
    return [str(p).replace(f"{folder}/", "") for p in load(folder, *flows, hotline=hotline).problems]


# --- calls ------------------------------------------------------------------------------------------
def test_who_chooses_english_hears_english_texts_and_values_to_the_end(tmp_path: Path) -> None:
    translate(tmp_path)
    trial = call(
        site(tmp_path, FLOW, hotline=BILINGUAL),
        Press("2", hears="For English, press two."),
        Press("1", hears="identity cards"),
    )
    assert said(trial) == [
        "Untuk bahasa Indonesia, tekan satu.",
        "For English, press two.",
        "For identity cards, press one.",
        "It costs fifty thousand rupiah until the twenty-fourth of November twenty twenty-six",
        "See you.",
        "Good-bye.",
    ]
    assert {"name": "bahasa", "value": "en"} in data(trial, "variable_set")


def test_who_presses_nothing_goes_on_in_indonesian(tmp_path: Path) -> None:
    translate(tmp_path)
    trial = call(site(tmp_path, FLOW, hotline=BILINGUAL), Say("KTP", hears="Untuk KTP"))
    assert said(trial)[2:4] == [
        "Untuk KTP, tekan satu.",
        "Biayanya lima puluh ribu rupiah sampai tanggal dua puluh empat November dua ribu dua puluh enam",
    ]
    assert {"name": "bahasa", "value": "id"} in data(trial, "variable_set")


def test_a_key_that_is_no_language_answers_the_next_question(tmp_path: Path) -> None:
    translate(tmp_path)
    flow = FLOW.replace("keys: {1: id, 2: en}", "keys: {2: en}")
    trial = call(site(tmp_path, flow, hotline=BILINGUAL), Press("1", hears="For English"))
    assert way(trial)[:2] == ["a:next", "b:key:1"]
    assert said(trial)[0] == "For English, press two."
    assert [d["key"] for d in data(trial, "key_pressed")] == ["1"]
    assert not data(trial, "input_rejected")


def test_in_a_language_without_speech_a_menu_is_by_keys_without_a_word_about_it(tmp_path: Path) -> None:
    translate(tmp_path)
    trial = call(
        site(tmp_path, FLOW, hotline=BILINGUAL),
        Press("2", hears="For English"),
        Say("KTP", hears="identity cards"),
    )
    assert said(trial)[2:] == [
        "For identity cards, press one.",
        "Sorry, we have not received your answer.",
        "For identity cards, press one.",
        "Good-bye.",
    ]
    assert not data(trial, "utterance_heard")
    assert not data(trial, "speech_lost")


def test_a_text_without_words_in_a_language_falls_back_along_the_chain(tmp_path: Path) -> None:
    hotline = HOTLINE + "languages:\n  su: {title: Sunda, fallback: jv}\n  jv: {title: Jawa}\n"
    flow = steps(
        """\
        a: {type: language, say: "Bahasa Indonesia, satu.", keys: {1: id, 2: su, 3: jv}, next: b}
        b: {type: play, say: Satu., next: c}
        c: {type: play, say: Dua., next: d}
        d: {type: play, say: "Tiga {n:angka}.", next: z}
        """,
        constants="constants: {n: = 7}\n",
    )
    translate(tmp_path, "- {id: Satu., su: Hiji.}\n- {id: 'Bahasa Indonesia, satu.', su: 'Sunda, dua.'}\n", "su/a.yaml")
    translate(
        tmp_path,
        "- {id: Satu., jv: Siji.}\n- {id: Dua., jv: Loro.}\n- {id: 'Bahasa Indonesia, satu.', jv: 'Jawa, telu.'}\n",
        "jv/a.yaml",
    )
    trial = call(site(tmp_path, flow, hotline=hotline), Press("2", hears="Jawa, telu."))
    assert said(trial) == ["Bahasa Indonesia, satu.", "Sunda, dua.", "Jawa, telu.", "Hiji.", "Loro.", "Tiga tujuh",
                           "Selamat tinggal."]  # fmt: skip


def test_words_in_another_language_within_a_text_are_said_by_its_voice(tmp_path: Path) -> None:
    clips = {"Tekan nol.": Clip("1.wav", 1.0)}
    others = {"en": {"For English, press two.": Clip("2.wav", 1.0)}}
    segments = PromptBook(clips, tmp_path, others).render("Tekan nol. {en|For English, press two.}", {})
    assert [segment.audio and segment.audio.name for segment in segments] == ["1.wav", "2.wav"]


def test_the_notice_of_recording_is_said_in_the_language_of_the_call(tmp_path: Path) -> None:
    flow = steps(
        "a: {type: language, keys: {1: id, 2: en}, next: b}\nb: {type: queue, queue: umum, answered: z, timeout: z}"
    )
    agent = Agent("101", ("umum",), answers_after=2, talks=5, wrapup=0)
    site_ = site(tmp_path, flow, hotline=BILINGUAL)
    trial = call(site_, Press("2", hears="For English"), agents=(agent,), settings=Settings())
    assert said(trial)[2] == ENGLISH[Recording().notice]


def test_a_text_value_is_said_where_it_is_a_text_of_its_own(tmp_path: Path) -> None:
    clips = {"Anda memilih": Clip("1.wav", 1.0), "kartu keluarga": Clip("2.wav", 1.0)}
    others = {"en": {"You chose": Clip("3.wav", 1.0), "family card": Clip("4.wav", 1.0)}}
    translations = Translations({"en": {"Anda memilih {x}": "You chose {x}", "kartu keluarga": "family card"}})
    book = PromptBook(clips, tmp_path, others, translations)
    chosen: dict[str, Value] = {"x": "kartu keluarga"}
    assert [s.text for s in book.render("Anda memilih {x}", chosen) if s.audio] == ["Anda memilih", "kartu keluarga"]
    assert [s.text for s in book.render("Anda memilih {x}", chosen, "en") if s.audio] == ["You chose", "family card"]


def test_words_that_a_flow_gives_to_a_variable_have_audio_where_they_are_said(tmp_path: Path) -> None:
    flow = steps(
        """\
        a: {type: set, values: {layanan: kartu keluarga, nomor: "0812", catatan: tidak terucap, n: = 1}, next: b}
        b: {type: play, say: "Anda memilih {layanan}, {kota}, {nomor}, {n}.", next: z}
        """,
        constants="constants: {kota: Ambon, kode: xyz}\n",
    )
    texts = {use.text for use in site(tmp_path, flow).prompts()}
    assert {"kartu keluarga", "Ambon"} <= texts
    assert not {"0812", "tidak terucap", "xyz", "1"} & texts


@given(at=st.integers(0, len(ENGLISH_TEXTS)), lost=st.integers(0, 40), put=st.sampled_from(["", *SNIPPETS]))
@settings(max_examples=60)
def test_whatever_stands_in_a_file_of_a_language_is_told_and_never_raises(at: int, lost: int, put: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        translate(Path(folder), ENGLISH_TEXTS[:at] + put + ENGLISH_TEXTS[at + lost :])
        assert isinstance(load(Path(folder), FLOW, hotline=BILINGUAL).problems, list)


# --- values -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "format", "indonesian", "in_english"),
    [
        (1250, "", "seribu dua ratus lima puluh", "one thousand two hundred fifty"),
        ("2,5", "angka", "dua koma lima", "two point five"),
        (-3, "", "minus tiga", "minus three"),
        (3, "urutan", "ketiga", "third"),
        (40, "urutan", "ke empat puluh", "number forty"),
        ("B 1234 XY", "digit", "be , satu dua tiga empat , eks ye", "B , one two three four , X Y"),
        ("+6281234567890", "telepon", "nol delapan satu dua , tiga empat lima enam , tujuh delapan sembilan nol",
         "zero eight one two , three four five six , seven eight nine zero"),
        ("+62215550100", "telepon", "nol dua satu , lima lima lima nol , satu nol nol",
         "zero two one , five five five zero , one zero zero"),
        ("112", "telepon", "satu satu dua", "one one two"),
        ("+6591234567", "telepon", "plus enam lima sembilan satu , dua tiga empat , lima enam tujuh",
         "plus six five nine one , two three four , five six seven"),
        ("50.000", "rupiah", "lima puluh ribu rupiah", "fifty thousand rupiah"),
        ("2026-01-12", "tanggal", "tanggal dua belas Januari dua ribu dua puluh enam",
         "the twelfth of January twenty twenty-six"),
        ("1905-01-01", "tanggal", "tanggal satu Januari seribu sembilan ratus lima",
         "the first of January nineteen oh five"),
        ("2007-05-31", "tanggal", "tanggal tiga puluh satu Mei dua ribu tujuh",
         "the thirty-first of May two thousand seven"),
        ("2026-01-12", "hari", "Senin", "Monday"),
        ("16:05", "jam", "pukul enam belas lewat lima menit", "four oh five PM"),
        ("00:30", "jam", "pukul nol lewat tiga puluh menit", "twelve thirty AM"),
        (3661, "durasi", "satu jam satu menit satu detik", "one hour one minute one second"),
        (0, "durasi", "nol detik", "zero seconds"),
        (True, "", "ya", "yes"),
        ("50000; 75000", "rupiah", "lima puluh ribu rupiah , dan tujuh puluh lima ribu rupiah",
         "fifty thousand rupiah , and seventy-five thousand rupiah"),
        ("08:00; 13:00; 15:30", "", "pukul delapan , pukul tiga belas , dan pukul lima belas lewat tiga puluh menit",
         "eight AM , one PM , and three thirty PM"),
    ],
)  # fmt: skip
def test_values_in_both_languages_are_made_of_units(
    value: Value, format: str, indonesian: str, in_english: str
) -> None:
    for language, words in (("id", indonesian), ("en", in_english)):
        units = tongue(language).spoken(value, format)
        assert " ".join(units) == words
        assert set(units) <= set(tongue(language).units)


def test_every_number_and_date_in_english_is_made_of_units() -> None:
    english_ = tongue("en")
    units = {u for n in (*range(1200), 999_999, 10**14) for u in english_.spoken(n)}
    units |= {u for year in range(1900, 2101) for u in english_.spoken(f"{year}-02-{year % 28 + 1:02}", "tanggal")}
    units |= {u for minute in range(1440) for u in english_.spoken(f"{minute // 60}:{minute % 60:02}", "jam")}
    assert units <= set(english_.units)
    assert set(english_.formats) == set(FORMATS)


@pytest.mark.parametrize("value", ["", "  ;  ", "Budi", "5; Budi"])
def test_what_is_no_value_cannot_be_said(value: str) -> None:
    with pytest.raises(ValueError, match=r"angka|number|unpack"):
        tongue("id").spoken(value, "rupiah")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rp 50.000 or Rp1,250,000.", "fifty thousand rupiah or one million two hundred fifty thousand rupiah."),
        ("Call 112, or 0812-345.", "Call one one two, or zero eight one two , three four five."),
        ("8:00 - 16:30 on 24/11/2020", "eight A M to four thirty P M on the twenty-fourth of November twenty twenty"),
        ("Bring your KTP to the DUKCAPIL office.", "Bring your K T P to the dukcapil office."),
        ("14 days, 2.5 hours; press # & wait", "fourteen days, two point five hours; press hash and wait"),
        ("the 2nd floor, 50%", "the second floor, fifty percent"),
    ],
)  # fmt: skip
def test_an_english_text_is_written_out(text: str, words: str) -> None:
    assert " ".join(tongue("en").speakable(text).replace(" ,", ",").split()) == words.replace(" ,", ",")


# --- check ------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("english")
def test_a_text_that_lacks_a_translation_is_told_at_its_place_once(tmp_path: Path) -> None:
    translate(tmp_path, "- {id: Selamat tinggal., en: Good-bye.}\n- {id: Sampai jumpa., en: See you.}\n")
    found = problems(tmp_path, FLOW)
    assert found == [
        "utama.yaml:7:10: warning: there is no translation into English; write in the folder languages/en/: "
        "'- id: Untuk KTP, tekan satu.', '  en: …'",
        "utama.yaml:14:24: warning: there is no translation into English; write in the folder languages/en/: "
        "'- id: Biayanya {biaya:rupiah}, sampai …', '  en: …'",
    ]


@pytest.mark.usefixtures("english")
def test_what_is_said_before_the_choice_needs_no_translation(tmp_path: Path) -> None:
    translate(tmp_path)
    flow = FLOW.replace("start: a", "start: s").replace("steps:\n", "steps:\n  s: {type: play, say: Halo., next: a}\n")
    assert problems(tmp_path, flow) == []


@pytest.mark.usefixtures("english")
def test_a_language_that_is_set_is_chosen_too(tmp_path: Path) -> None:
    translate(tmp_path, "- {id: Selamat tinggal., en: Good-bye.}\n")
    flow = steps("a: {type: set, values: {bahasa: en}, next: b}\nb: {type: play, say: Halo., next: z}")
    assert problems(tmp_path, flow) == [
        "utama.yaml:5:24: warning: there is no translation into English; write in the folder languages/en/: "
        "'- id: Halo.', '  en: …'"
    ]
    site_ = site(tmp_path, flow, hotline=BILINGUAL)
    assert said(call(site_)) == ["Halo.", "Good-bye."]


@pytest.mark.usefixtures("english")
def test_a_choice_in_a_flow_that_is_called_holds_in_the_flow_that_called_it(tmp_path: Path) -> None:
    translate(tmp_path, "- {id: Selamat tinggal., en: Good-bye.}\n")
    choice = "flow: pilih\nstart: a\nsteps:\n  a: {type: language, keys: {1: id, 2: en}}\n"
    caller = steps("a: {type: goto, call: pilih, next: b}\nb: {type: play, say: Halo., next: z}")
    assert problems(tmp_path, caller, choice) == [
        "utama.yaml:5:24: warning: there is no translation into English; write in the folder languages/en/: "
        "'- id: Halo.', '  en: …'"
    ]


@pytest.mark.usefixtures("english")
def test_a_translation_of_a_text_that_was_changed_is_told_where_it_stands(tmp_path: Path) -> None:
    translate(tmp_path, ENGLISH_TEXTS.replace("Untuk KTP, tekan", "Untuk KTP dan KK, tekan"))
    assert problems(tmp_path, FLOW) == [
        "languages/en/utama.yaml:1:7: warning: the Indonesian text is another one now: 'Untuk KTP, tekan satu.'; "
        "adapt it here, and the translation, too"
    ]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("indonesian", "in_english", "told"),
    [
        ("Untuk A, tekan satu. Untuk B, tekan dua.", "For A, press one. For B, press two.", []),
        ("Jika benar tekan satu, jika salah tekan dua.", "Press 1 if it is right, two if it is wrong.", []),
        ("Tekan satu jika benar, bintang jika salah.", "If right, press one, if wrong, press the star key.", []),
        ("Untuk A, tekan satu.", "For A, press two.", ["names the key 1,", "names the key 2,"]),
        ("Untuk A, tekan satu. Tekan pagar.", "For A, press one.", ["names the key #,"]),
        ("Untuk A, tekan tiga.", "For A, call us.", ["names the key 3,"]),
    ],
)
def test_a_translation_names_the_same_keys(tmp_path: Path, indonesian: str, in_english: str, told: list[str]) -> None:
    translate(tmp_path, f"{ENGLISH_TEXTS}- id: {indonesian}\n  en: {in_english}\n")
    found = [p for p in problems(tmp_path, FLOW) if p.startswith("languages/en/utama.yaml:10:7: warning")]
    assert len(found) == len(told)
    assert all(words in problem for words, problem in zip(told, found, strict=True))


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- id: A.\n  en: B.\n- id: A.\n  en: C.\n", "3:7: error: this text is there already in "),
        ("- id: A {x}.\n  en: B {y}.\n", "2:7: error: {x} is missing from this translation"),
        ("- id: A {nama}.\n  en: B {nama} {nma}.\n", "2:7: error: {nma} is not in the Indonesian text; did you mean"),
        ("- id: A {x}.\n  en: B {x:rupia}.\n", "2:12: error: unknown format 'rupia'; did you mean 'rupiah'?"),
        ("- id: A.\n  eng: B.\n", "2:3: error: 'eng' is not known here; did you mean 'en'?"),
        ("- id: A.\n", "1:3: error: 'en' is missing"),
        ("- A.\n", "1:3: error: a list of 'name: value' belongs here"),
        ("id: A.\nen: B.\n", "1:1: error: a list belongs here: '- id: the Indonesian text', below it '  en: its"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_a_language_is_told_with_its_place_and_cure(tmp_path: Path, text: str, problem: str) -> None:
    translate(tmp_path, text)
    found = problems(tmp_path, FLOW)
    assert any(each.startswith(f"languages/en/utama.yaml:{problem}") for each in found), found


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("languages", "problem"),
    [
        ("id: {title: Indonesia}", "6:3: error: Indonesian is always there; remove this part"),
        ("english: {title: English}", "6:3: error: 'english' is not the code of a language, such as en, jv or su"),
        ("en: {title: English, fallback: fr}", "6:34: error: there is no language 'fr' in hotline.yaml, below"),
        ("en: {title: English, fallback: en}", "6:34: error: these fallbacks go round: en → en; remove one"),
        ("en: {}", "6:3: error: 'title' is missing"),
    ],
)  # fmt: skip
def test_a_wrong_language_in_the_hotline_is_told_with_its_place(tmp_path: Path, languages: str, problem: str) -> None:
    found = problems(tmp_path, FLOW, hotline=HOTLINE + f"languages:\n  {languages}\n")
    assert any(each.startswith(f"hotline.yaml:{problem}") for each in found), found


@pytest.mark.usefixtures("english")
def test_a_language_that_is_not_declared_is_told_where_it_is_used(tmp_path: Path) -> None:
    translate(tmp_path)
    (tmp_path / "languages/en/hotline.yaml").write_text("- id: Kami tutup.\n  en: We are closed.\n")
    assert problems(tmp_path, FLOW, hotline=HOTLINE) == [
        "languages/en/hotline.yaml:1:1: error: there is no language 'en' in hotline.yaml, below 'languages'",
        "utama.yaml:4:40: error: there is no language 'en' in hotline.yaml, below 'languages'",
    ]


@pytest.mark.usefixtures("english")
def test_a_language_that_is_set_must_be_declared_and_else_is_indonesian(tmp_path: Path) -> None:
    flow = steps(
        """\
        a: {type: set, values: {bahasa: %s}, next: b}
        b: {type: menu, say: Untuk KTP, keys: {1: z}, phrases: {1: [KTP]}, tries: 1, failed: z}
        """
    )
    assert problems(tmp_path, flow % "eng")[0] == (
        "utama.yaml:4:35: error: there is no language 'eng' in hotline.yaml, below 'languages'; did you mean 'en'?"
    )
    trial = call(site(tmp_path, flow % "= 'xx'"), Say("KTP", hears="Untuk KTP"))
    assert way(trial)[1] == "b:key:1"


def test_a_translation_that_is_left_empty_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    translate(tmp_path, ENGLISH_TEXTS.replace("en: See you.", "en:"))
    loaded = load(tmp_path, FLOW, hotline=BILINGUAL)
    assert loaded.site
    assert loaded.site.translations.said("Sampai jumpa.", "en") == ("Sampai jumpa.", "id")
    assert [p.severity for p in loaded.problems] == ["warning"]


# --- Sambung's own texts ----------------------------------------------------------------------------
def _templates(default: object) -> Iterator[str]:
    """The texts in a default; also those within a dict."""
    if isinstance(default, Template):
        yield str(default)
    elif isinstance(default, Mapping):
        for each in default.values():
            yield from _templates(each)


def test_every_text_that_sambung_brings_is_there_in_english_and_no_other() -> None:
    of_speech = {"not_understood", "half_sure", "half_understood", "keys_only"}
    models: list[type[Policy | Step]] = [Policy, *STEP_TYPES.values()]
    own = {
        text
        for model in models
        for name, field in model.model_fields.items()
        if name not in of_speech
        for text in _templates(field.default)
        if text
    }
    by_kind = {
        str(text)
        for kind in KINDS.values()
        for text in (
            *(
                kind.question(None, speaks=speaks, optional=optional)
                for speaks in (False, True)
                for optional in (False, True)
            ),
            kind.read_back(None),
            *kind.reasons,
            *filter(None, [kind.incomplete]),
        )
    }
    assert {*Callback.model_fields["times"].default.values(), *Survey.model_fields["questions"].default.values()} <= own
    notices = {Recording().notice, "Untuk menjaga mutu layanan, percakapan dengan petugas direkam."}
    assert own | by_kind | notices == set(ENGLISH)
    assert all(plain(text) == text for text in ENGLISH)


def test_way_of_the_flow_is_the_same_in_every_language(tmp_path: Path) -> None:
    translate(tmp_path)
    trial = call(
        site(tmp_path, FLOW, hotline=BILINGUAL), Press("2", hears="For English"), Press("1", hears="identity cards")
    )
    assert way(trial) == ["a:next", "b:key:1", "c:next", "d:next", "e:case:1", "f:next", "z:end"]
