"""`python -m benchmarks.check`: how long `sambung check` takes, by the number of steps.

The flows are made here: menus with phrases, questions for a number, branches, announcements, queues, in the shares that
a hotline has them, each step reached and each exit led somewhere. Each run is a process of its own, as at a terminal;
beside it stands how long loading the command alone takes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.proc import machine

SAMBUNG = str(Path(sys.executable).with_name("sambung"))
STEPS = (10, 100, 1000, 4000)
RUNS = 7
PER_TOPIC = 10
"""Steps that answer one topic, its menu among them."""
SYLLABLES = ("ba", "ce", "di", "fu", "go", "ha", "ji", "ku", "lo", "me", "ni", "pa", "ru", "si", "te", "wu")
HOTLINE = """\
lines:
  1500123:
    title: Tolok ukur
    flow: besar
queues:
  umum:
    title: Umum
"""
_TOPIC = """\
  menu-{i}:
    type: menu
    say: Untuk syarat {name}, tekan satu. Untuk biaya, tekan dua. Untuk lanjut, tekan tiga. Untuk petugas, tekan nol.
    keys: {{1: syarat-{i}, 2: nomor-{i}, 3: {after}, 0: petugas-{i}}}
    phrases:
      1: [syarat {name}, "[apa] persyaratan {name}"]
      2: ["(biaya|ongkos|tarif) {name}"]
      3: [menu berikutnya, "yang lain (saja|dong)"]
      0: [petugas, operator, bicara dengan petugas]
    failed: petugas-{i}
  syarat-{i}:
    type: play
    say: Untuk {name}, bawalah kartu keluarga dan surat pengantar ke kantor kecamatan. Layanan ini tidak dipungut biaya.
    next: lagi-{i}
  nomor-{i}:
    type: input
    say: Sebutkan atau ketik enam belas angka nomor Anda.
    into: nomor_{i}
    min: 16
    max: 16
    speak: ya
    confirm: Nomor Anda {{nomor_{i}:digit}}. Jika benar tekan satu, jika salah tekan dua.
    next: cabang-{i}
    failed: petugas-{i}
  cabang-{i}:
    type: branch
    cases:
      - when: bagian(nomor_{i}, 1, 4) == '3578' and angka(bagian(nomor_{i}, 7, 8)) > 40
        next: biaya-{i}
    otherwise: luar-{i}
  biaya-{i}: {{type: play, say: "Biaya {name} sepuluh ribu rupiah.", next: lagi-{i}}}
  luar-{i}: {{type: play, say: "Nomor itu bukan di kota ini.", next: lagi-{i}}}
  lagi-{i}:
    type: menu
    say: Untuk kembali ke menu, tekan satu. Untuk petugas, tekan nol.
    keys: {{1: menu-{i}, 0: petugas-{i}}}
    tries: 2
    failed: pamit-{i}
  petugas-{i}: {{type: queue, queue: umum, say: Mohon tunggu., answered: pamit-{i}, timeout: pesan-{i}}}
  pesan-{i}: {{type: record, say: "Sampaikan pesan Anda setelah nada.", next: pamit-{i}, failed: pamit-{i}}}
  pamit-{i}: {{type: hangup, say: Terima kasih.}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.check")
    parser.add_argument("--steps", type=int, nargs="*", default=STEPS, help=f"multiples of {PER_TOPIC}")
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args()
    started = measured([sys.executable, "-c", "import ivr.cli.checking"], args.runs)
    table = Table("steps", "median s", "fastest s", "slowest s", "beside starting", title=machine())
    table.add_row("none: loading the command", *_seconds(started), "1.0")
    for steps in args.steps:
        with tempfile.TemporaryDirectory() as folder:
            write_site(Path(folder), steps)
            times = measured([SAMBUNG, "check", folder], args.runs)
        table.add_row(str(steps), *_seconds(times), f"{statistics.median(times) / statistics.median(started):.1f}")
    Console().print(table)


def write_site(folder: Path, steps: int) -> None:
    """A hotline whose one flow has so many steps, in which nothing is wrong."""
    (folder / "hotline.yaml").write_text(HOTLINE)
    (folder / "besar.yaml").write_text("flow: besar\nstart: menu-0\nsteps:\n" + "".join(topics(steps // PER_TOPIC)))


def topics(count: int) -> Iterator[str]:
    for i in range(count):
        yield _TOPIC.format(i=i, name=name_of(i), after=f"menu-{(i + 1) % count}")


def name_of(number: int) -> str:
    """Two words that no other number has."""
    digits = [number // 16**place % 16 for place in range(3)]
    first, second, third = (SYLLABLES[digit] for digit in digits)
    return f"surat {first}{second}n {third}{first}s"


def measured(command: Sequence[str], runs: int) -> list[float]:
    """Seconds of each run of a command that must succeed and find nothing."""
    environment = os.environ | {"SAMBUNG_LANG": "en"}
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        times.append(time.perf_counter() - began)
        if done.returncode or done.stdout not in ("", "0 error(s), 0 warning(s)\n"):
            sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return times


def _seconds(times: Sequence[float]) -> tuple[str, str, str]:
    return tuple(f"{value:.2f}" for value in (statistics.median(times), min(times), max(times)))  # type: ignore[return-value]


if __name__ == "__main__":
    main()
