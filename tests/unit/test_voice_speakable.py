"""A supervisor's text in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.voice.speakable import speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Untuk KTP, tekan 1.", "Untuk ka te pe, tekan satu."),
        ("e-KTP dan KTP-el", "e ka te pe dan ka te pe el"),
        ("PDAM, BUMN, NPWP", "pe de a em, be u em en, en pe we pe"),
        ("DUKCAPIL, PAUD, NIK, SIM C", "dukcapil, paud, nik, sim ce"),
        ("KTP/KK", "ka te pe atau ka ka"),
        ("Rp 50.000.", "lima puluh ribu rupiah."),
        ("Rp50.000,- saja", "lima puluh ribu rupiah saja"),
        ("Rp 1,5 juta", "satu koma lima juta rupiah"),
        ("Rp. 2.500,75", "dua ribu lima ratus rupiah"),
        ("2,5% atau 5 %", "dua koma lima persen atau lima persen"),
        ("1.250.000 orang", "satu juta dua ratus lima puluh ribu orang"),
        ("suhu -5 derajat", "suhu minus lima derajat"),
        ("sejak 12/01/2026", "sejak dua belas Januari dua ribu dua puluh enam"),
        ("sejak 2026-01-12", "sejak dua belas Januari dua ribu dua puluh enam"),
        ("tanggal 31/2/2026", "tanggal tiga satu, dua, dua nol dua enam"),
        (
            "tgl 5/12/2026, tgl. 5.12.2026",
            "tanggal lima Desember dua ribu dua puluh enam, tanggal lima Desember dua ribu dua puluh enam",
        ),
        ("tanggal 5/12", "tanggal lima Desember"),
        ("Tgl. 5/12/26", "tanggal lima Desember tahun dua puluh enam"),
        ("tgl 31/2", "tanggal tiga satu, dua"),
        ("Th. 2020 dan thn 21", "tahun dua ribu dua puluh dan tahun dua puluh satu"),
        ("1/2 jam, 1 1/2 jam, 3/4 jam", "setengah jam, satu setengah jam, tiga perempat jam"),
        ("RT 1/2", "er te satu atau dua"),
        ("20 m², 3 km², 5 m³", "dua puluh meter persegi, tiga kilometer persegi, lima meter kubik"),
        ("pukul 08.00–15.30", "pukul delapan sampai pukul lima belas lewat tiga puluh menit"),
        ("jam 8:15 WIB", "jam delapan lewat lima belas menit we i be"),
        ("Senin-Jumat, 24 jam", "Senin sampai Jumat, dua puluh empat jam"),
        ("2-3 hari, 3x24 jam", "dua sampai tiga hari, tiga kali dua puluh empat jam"),
        ("hubungi 112", "hubungi satu satu dua"),
        ("112 orang", "seratus dua belas orang"),
        ("(021) 345-678", "nol dua satu, tiga empat lima, enam tujuh delapan"),
        ("+62 812", "plus enam dua, delapan satu dua"),
        ("RT 05", "er te nol lima"),
        ("ke-2 dan ke-12", "kedua dan ke dua belas"),
        ("Tekan * atau #", "Tekan bintang atau pagar"),
        ("Jl. Merdeka No. 5", "jalan Merdeka nomor lima"),
        ("anak-anak", "anak anak"),
        ("Biaya & denda", "Biaya dan denda"),
    ],
)
def test_people_would_say_it_so(text: str, said: str) -> None:
    assert speakable(text) == said


@given(st.text(alphabet=st.sampled_from("0123456789.,:/-+–()%*#xRpKTPek juta pukul")))
def test_no_digit_or_sign_is_left_to_the_voice(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z .,!?;:]*", speakable(text))


@given(st.text())
def test_any_text_goes_through(text: str) -> None:
    assert not re.search(r"[\[\]<>{}]", speakable(text))
