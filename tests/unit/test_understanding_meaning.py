"""What a sentence asks for, by the vocabulary that comes with Sambung."""

import pytest

from ivr.flow.loader import load_site
from ivr.settings import PROJECT
from ivr.speech.understanding.certainty import Certainty, HeardMeaning, features, features_heard
from ivr.speech.understanding.meaning import Finder, Meaning
from ivr.speech.understanding.vocabulary import Question, Vocabulary


@pytest.fixture(scope="module")
def finder() -> Finder:
    site = load_site(PROJECT / "ivr" / "flows").site
    assert site is not None
    return Finder(site.vocabulary)


@pytest.mark.parametrize(
    ("text", "document", "question"),
    [
        ("Syarat urus KTP apa saja?", "KTP", "syarat"),
        ("dokumen apa yang mesti saya bawa buat bikin KK", "KK", "syarat"),
        ("gimana sih caranya ngurus paspor", "paspor", "prosedur"),
        ("ka te pe bayar berapa", "KTP", "biaya"),
        ("brapa hari jadinya SKCK", "SKCK", "lama"),
        ("KK saya udah jadi belum", "KK", "status"),
        ("permohonan akta lahir saya sampai tahap mana", "akta kelahiran", "status"),
        ("ambil SIM-nya dimana", "SIM", "tempat"),
        ("kantornya tutup jam berapa", "", "jam"),
        ("tagihan air saya berapa", "PDAM", "tagihan"),
        ("STNK saya ilang", "STNK", "hilang"),
        ("mau lapor, lampu jalan mati", "", "pengaduan"),
        ("mau bicara sama petugas", "", "petugas"),
        ("akta kematian", "akta kematian", ""),
        ("KTP saya ada, mau buat SKCK", "SKCK", "prosedur"),
        ("apa kabar", "", ""),
        ("nyalakan lampu kamar", "", ""),
        ("matikan lampu kamar", "", ""),
        ("mati lampu", "PLN", "pengaduan"),
        ("kapan pembayarannya", "", "pembayaran"),
        ("tutupnya jam berapa", "", "jam"),
        ("Bikin SKCK di polsek bisa?", "SKCK", "tempat"),
        ("pindah alamat indihome", "Telkom", "perubahan"),
        ("ada polisi tidur", "", ""),
        ("SIM card saya rusak", "", ""),
        ("KTP itu harus?", "KTP", "syarat"),
        ("apakah harus?", "", ""),
        ("bayar pajak penghasilan", "NPWP", "pembayaran"),
        ("pajak restoran", "pajak daerah", ""),
        ("mau lapor SPT", "NPWP", "prosedur"),
        ("syarat KTP apa, cepat, ada kebakaran", "KTP", "darurat"),
        ("KTP saya rusak kena kebakaran", "KTP", "hilang"),
        ("bikin KTP itu syaratnya apa", "KTP", "syarat"),
        ("KTP itu apa", "KTP", ""),
        ("bantuan korban banjir kapan turun", "bantuan sosial", "lama"),
        ("kok PBB saya kemahalan", "PBB", "pengaduan"),
        ("mau protes tagihan air naik", "PDAM", "pengaduan"),
        ("dimintai duit pak lurah", "", "pengaduan"),
        ("PBB saya berapa ya", "PBB", "tagihan"),
        ("mau nikah di KUA bayar berapa", "akta nikah", "biaya"),
        ("anak saya baru lahir mau bikin akta", "akta kelahiran", "prosedur"),
        ("bapak saya meninggal mau bikin akta", "akta kematian", "prosedur"),
        ("akta notaris", "", ""),
        ("nama saya di KK salah", "KK", "perubahan"),
        ("bikin KTP besok bisa?", "KTP", "lama"),
        ("surat domisili", "surat keterangan", ""),
        ("jadwal samsat keliling", "STNK", "jam"),
        ("besok libur ga kantornya", "", "jam"),
        ("minta ditelepon balik", "", "telepon balik"),
        ("daftar secara online", "", "prosedur"),
        ("", "", ""),
    ],
)
def test_document_and_question(finder: Finder, text: str, document: str, question: str) -> None:
    meaning = finder.meaning(text)
    assert (meaning.document, meaning.question) == (document, question)


@pytest.mark.parametrize(
    ("text", "document", "question"),
    [
        ("bukan KTP tapi kartu keluarga", "KK", ""),
        ("Saya bukan tanya biaya, melainkan syarat", "", "syarat"),
        ("KK, bukan KTP", "KK", ""),
        ("bukan KTP", "", ""),
        ("saya nggak mau ngurus KTP", "", ""),
        ("jangan sambungkan ke petugas", "", ""),
        ("saya tidak jadi bikin KTP, mau lapor", "", "pengaduan"),
        ("tidak mau KTP tapi KK", "KK", ""),
        ("air PDAM tidak mau mengalir", "PDAM", "pengaduan"),
    ],
)
def test_what_is_denied_is_not_meant(finder: Finder, text: str, document: str, question: str) -> None:
    meaning = finder.meaning(text)
    assert (meaning.document, meaning.question, meaning.rivals) == (document, question, 0)


@pytest.mark.parametrize(
    "text", ["bikin paspor harus bawa KTP?", "pakai KTP bisa buat paspor?", "fotokopi KTP untuk paspor"]
)
def test_a_document_that_only_goes_with_another_is_not_asked_for(finder: Finder, text: str) -> None:
    assert finder.meaning(text).document == "paspor"


def test_two_documents_side_by_side_are_rivals(finder: Finder) -> None:
    assert finder.meaning("KTP atau KK").rivals == 1


def test_a_hint_counts_only_without_a_phrase(finder: Finder) -> None:
    assert finder.meaning("pengurusan KTP").weak
    assert not finder.meaning("biaya pengurusan KTP").weak


def test_what_nothing_explains_is_told(finder: Finder) -> None:
    text = "syarat KTP Surabaya kemarin"
    assert finder.meaning(text).unknown == pytest.approx(1 / 3)
    assert finder.meaning(text, [(11, 19)]).unknown == 0


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("surat keterangan tidak mampu", "keringanan"),
        ("pajak bumi bangunan", "pajak"),
        ("pajak bumi dan bangunan", "pajak"),
        ("pe be be", "pajak"),
        ("bangunan dan bumi", ""),
    ],
)
def test_an_acronym_is_known_in_full(text: str, document: str) -> None:
    finder = Finder(Vocabulary(documents={"keringanan": ["SKTM"], "pajak": ["PBB"]}))
    assert finder.meaning(text).document == document


def test_what_is_asked_stands_before_or_behind() -> None:
    questions = {"lama": Question(phrases=["kapan selesai"]), "jam": Question(phrases=["buka jam berapa"])}
    finder = Finder(Vocabulary(questions=questions))
    for text in ("kapan KTP-nya selesai", "selesainya kapan"):
        assert finder.meaning(text).question == "lama"
    assert finder.meaning("jam berapa kantornya buka").question == "jam"
    assert finder.meaning("berapa jam buka").question == ""


@pytest.mark.parametrize(
    "text",
    [
        "anak saya diculik",
        "ada orang mau bunuh diri",
        "saya mau mati",
        "saya pengen mati aja",
        "saya ga mau hidup lagi",
        "saya tidak ingin hidup",
        "saya ditodong di angkot",
        "bapak saya jatuh ga sadarkan diri",
        "ada orang ngamuk bawa golok",
        "suami saya mukulin saya",
        "istri saya mau melahirkan",
        "anak saya hilang dari tadi pagi",
        "ibu saya hilang",
        "rumah tetangga terbakar",
        "kabel listrik terbakar",
        "tetangga tersengat listrik",
        "pohon tumbang menimpa mobil",
        "ada orang gantung diri",
        "rumah ibu saya kebakaran surat nikah terbakar",
        "rumah kebakaran KTP hilang",
        "kartu keluarga ada, anak saya hilang",
        "tolong KTP. anak saya hilang",
        "anak hilang dan KK saya juga hilang",
        "saya mau ke kantor urus akta, anak saya hilang",
        "syarat KTP, anak saya hilang",
        "mau urus KTP, tolong segera ke sini",
        "surat keterangan hilang, anak saya hilang di pasar",
    ],
)
def test_emergencies(finder: Finder, text: str) -> None:
    assert finder.meaning(text).question == "darurat"


@pytest.mark.parametrize(
    "text",
    [
        "KTP anak saya hilang",
        "kartu tanda penduduk suami saya hilang",
        "anak saya KTP-nya hilang",
        "Bapak, KTP saya hilang",
        "dompet anak saya hilang",
        "istri saya baru melahirkan mau bikin akta",
        "mau urus akta lahir anak",
        "jalan depan rumah sering banjir",
        "pukul berapa kantornya buka",
        "minta tolong dibuatkan KK",
        "asuransi kecelakaan",
        "suami saya meninggal, mau urus akta kematian, syaratnya apa saja",
        "mau akta kematian saja",
        "SIM saya mau mati",
        "pajak motor mau mati",
        "listrik rumah mau mati terus",
        "lampu jalan ga mau hidup",
        "saya mau mematikan layanan SMS",
        "motor saya tidak mau dihidupkan",
    ],
)
def test_what_only_sounds_like_an_emergency(finder: Finder, text: str) -> None:
    assert finder.meaning(text).question != "darurat"


@pytest.mark.parametrize(
    ("text", "document", "also"),
    [
        ("mau urus KTP sama KK", "KTP", [("KK", "")]),
        ("bikin paspor bawa KTP sama KK", "paspor", []),
        ("bikin paspor harus bawa KTP sama KK", "paspor", []),
        ("SIM A dan SIM C", "SIM", []),
        ("bikin KTP atau KK", "KTP", []),
        ("KTP saya ada, mau buat SKCK", "SKCK", []),
        ("urus KTP dan juga SIM", "KTP", [("SIM", "")]),
        ("urus KTP saya dan KK anak saya", "KTP", [("KK", "")]),
        ("urus SIM dan dengan KTP", "SIM", []),
        ("nama di paspor beda sama KTP", "paspor", []),
        ("urus KTP, KK, SIM, dan akta", "KTP", [("KK", ""), ("SIM", ""), ("akta kelahiran", "")]),
        ("mau urus KTP KK sama akta", "KTP", [("KK", ""), ("akta kelahiran", "")]),
    ],
)
def test_several_documents_may_be_asked_for(
    finder: Finder, text: str, document: str, also: list[tuple[str, str]]
) -> None:
    meaning = finder.meaning(text)
    assert (meaning.document, meaning.also) == (document, tuple(also))


@pytest.mark.parametrize(
    ("text", "first", "also"),
    [
        ("kartu keluarga hilang dan KTP rusak", ("KK", "hilang"), [("KTP", "hilang")]),
        ("syarat KTP dan biaya paspor", ("KTP", "syarat"), [("paspor", "biaya")]),
        ("berapa biaya KTP sama syarat paspor apa", ("KTP", "biaya"), [("paspor", "syarat")]),
        ("KTP syaratnya apa terus kalau paspor berapa biayanya", ("KTP", "syarat"), [("paspor", "biaya")]),
        ("mau bikin paspor dan KTP saya hilang", ("paspor", "prosedur"), [("KTP", "hilang")]),
        ("alamat SIM beda sama KTP mau diganti", ("SIM", "perubahan"), []),
        ("syarat dan biaya KTP", ("KTP", "syarat"), [("", "biaya")]),
        ("syarat KTP dan berapa biayanya", ("KTP", "syarat"), [("", "biaya")]),
        ("syarat KTP apa saja terus biayanya", ("KTP", "syarat"), [("", "biaya")]),
        ("bayar berapa sih kalau KTP hilang", ("KTP", "biaya"), []),
        ("syarat KTP dan KK, biaya paspor", ("KTP", "syarat"), [("KK", "syarat"), ("paspor", "biaya")]),
        ("syarat KTP biaya paspor", ("KTP", "syarat"), [("paspor", "biaya")]),
        ("syarat bikin KTP syarat perpanjang paspor", ("KTP", "syarat"), [("paspor", "syarat")]),
        ("biaya KTP syarat paspor jam buka samsat", ("KTP", "biaya"), [("paspor", "syarat"), ("STNK", "jam")]),
        ("syarat KTP biaya bawa paspor", ("KTP", "syarat"), []),
        ("paspor syarat KTP", ("paspor", "syarat"), []),
        ("syarat KTP biaya paspor ada kebakaran", ("KTP", "darurat"), None),
        ("syarat KTP dan biaya paspor, ada kebakaran", ("KTP", "darurat"), None),
    ],
)
def test_each_document_may_be_asked_for_something_else(
    finder: Finder, text: str, first: tuple[str, str], also: list[tuple[str, str]] | None
) -> None:
    meaning = finder.meaning(text)
    assert (meaning.document, meaning.question) == first
    assert also is None or meaning.also == tuple(also)


def test_what_is_asked_again_and_again_counts_once(finder: Finder) -> None:
    meaning = finder.meaning(", ".join(["syarat KTP", "biaya paspor"] * 30))
    assert (meaning.document, meaning.also) == ("KTP", (("paspor", "biaya"),))


def test_other_hints_make_it_less_sure(finder: Finder) -> None:
    hesitant, plain = finder.meaning("KTP harus buat"), finder.meaning("buat KTP")
    assert (hesitant.hinted, plain.hinted) == (1, 0)
    assert Certainty.read().of(hesitant) < Certainty.read().of(plain)


def test_the_longest_name_counts_and_few_words_may_stand_between() -> None:
    vocabulary = Vocabulary(
        documents={"kartu": ["kartu"], "kartu pintar": ["kartu pintar"]},
        questions={"status": Question(phrases=["sampai mana"])},
    )
    finder = Finder(vocabulary)
    assert finder.meaning("kartu pintar saya").document == "kartu pintar"
    assert finder.meaning("kartu saya sampai di kantor yang mana").question == "status"
    assert finder.meaning("kartu saya sampai di kantor itu atau yang mana").question == ""


def test_the_plainer_the_likelier() -> None:
    certainty = Certainty.read()
    plain = certainty.of(Meaning("KTP", "syarat"))
    assert plain > 0.95
    for less in (
        Meaning("KTP", "syarat", weak=True),
        Meaning("KTP", "syarat", rivals=1),
        Meaning("KTP", "syarat", unknown=0.5),
        Meaning("KTP", unknown=0.5),
    ):
        assert certainty.of(less) < plain
    assert certainty.of(Meaning(places=("bank",))) == 0


def test_the_stored_fit_is_of_the_features_there_are() -> None:
    certainty = Certainty.read()
    assert list(certainty.weights) == list(features(Meaning()))
    assert list(certainty.weights_heard) == list(features_heard(HeardMeaning(Meaning(), 0.5, 0.5)))
    assert 0.5 <= certainty.confirm <= min(certainty.accept, certainty.accept_heard)
    assert certainty.accept <= certainty.document <= 1
    assert max(certainty.accept, certainty.accept_heard) < 1


def test_what_was_heard_is_the_likelier_the_surer_its_words_and_the_plainer_its_meaning() -> None:
    certainty, meaning = Certainty.read(), Meaning("KTP", "syarat")
    surest = certainty.of_heard(HeardMeaning(meaning, 0.99, 0.99))
    assert 0.9 < surest < certainty.of(meaning)
    assert certainty.of_heard(HeardMeaning(meaning, 0.99, 0.6)) < surest
    assert certainty.of_heard(HeardMeaning(meaning, 0.6, 0.99)) < surest
    assert certainty.of_heard(HeardMeaning(Meaning(question="syarat"), 0.99, 0.99)) < surest
    assert certainty.of_heard(HeardMeaning(Meaning(), 0.0, 0.99)) == 0
    assert certainty.of_heard(HeardMeaning(meaning, 0.0, 0.0)) > 0
