"""Click's own words, in Indonesian where Indonesian is spoken.

Click asks gettext for them by names in its modules. These names are given our `tr` instead of a compiled
catalogue, which gettext would choose by the machine's locale rather than by `SAMBUNG_LANG`.
"""

from __future__ import annotations

from click import core, decorators, exceptions, formatting, parser, termui, types

from ivr.i18n import tr

INDONESIAN = {
    "Usage:": "Pemakaian:",
    "Options": "Pilihan",
    "Commands": "Perintah",
    "default: {default}": "bawaan: {default}",
    "Show this message and exit.": "Tampilkan bantuan ini.",
    "Show the version and exit.": "Tampilkan versi.",
    "Try '{command} {option}' for help.": "Bantuan: '{command} {option}'.",
    "Error: {message}": "Kesalahan: {message}",
    "Aborted!": "Dibatalkan.",
    "Missing command.": "Perintah belum disebut.",
    "Missing argument": "Belum disebut:",
    "Missing option": "Pilihan yang wajib belum disebut:",
    "No such command {name!r}.": "Tidak ada perintah {name!r}.",
    "No such option {name!r}.": "Tidak ada pilihan {name!r}.",
    "Did you mean {possibility}?": "Maksudnya {possibility}?",
    "(Did you mean one of: {possibilities}?)": "(Maksudnya salah satu dari: {possibilities}?)",
    "Option {name!r} requires an argument.": "Pilihan {name!r} perlu sebuah nilai.",
    "Option {name!r} does not take a value.": "Pilihan {name!r} tidak memakai nilai.",
    "Got unexpected extra argument ({args})": "Terlalu banyak yang disebut: {args}",
    "Got unexpected extra arguments ({args})": "Terlalu banyak yang disebut: {args}",
    "Invalid value: {message}": "Nilai salah: {message}",
    "Invalid value for {param_hint}: {message}": "Nilai salah untuk {param_hint}: {message}",
    "{value!r} is not one of {choices}.": "{value!r} bukan salah satu dari {choices}.",
    "{value!r} is not a valid {number_type}.": "{value!r} bukan angka.",
    "{value} is not in the range {range}.": "{value} di luar batas {range}.",
    "{name} {filename!r} does not exist.": "{name} {filename!r} tidak ada.",
    "path": "berkas",
}


def translate_click() -> None:
    """From now on click speaks the language of `tr`."""
    for module in (core, decorators, exceptions, formatting, parser, termui, types):
        module.__dict__.update(
            {name: say for name, say in (("_", _say), ("ngettext", _count)) if hasattr(module, name)}
        )


def _say(english: str) -> str:
    return tr(INDONESIAN.get(english, english), english)


def _count(one: str, many: str, number: int) -> str:
    return _say(one if number == 1 else many)
