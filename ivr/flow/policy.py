"""What happens when the caller does not answer, or not as asked: the fields that a flow's policy and steps share.

Each class here holds what belongs to one way of asking. A step takes those that it needs as its bases.
"""

from __future__ import annotations

from typing import Any, Literal

from ivr.flow.values import AnswerTime, Strict, Target, Template, Tries, words

OPTION = "{pilihan}"
"""Stands in `half_sure` for the option that is asked about."""


class Asking(Strict):
    """A question."""

    timeout: AnswerTime = 6.0
    """How long to wait for the first key once the prompt has ended."""
    silence: Template = words("Maaf, kami belum menerima jawaban Anda.", "Sorry, we have not received your answer.")
    """Said after silence."""
    keys_only: Template = Template("Silakan gunakan tombol.")
    """Said when only keys count from now on: too little was understood, or (once per call) speech is out of order."""


class Retrying(Asking):
    """A question that is asked several times."""

    tries: Tries = 3
    """How often the question is asked."""


class Listening(Asking):
    """A question that may be answered by voice."""

    not_understood: Template = Template("Maaf, kami belum memahami jawaban Anda.")
    """Said after spoken words that are no answer here."""
    speech_tries: Tries = 2
    """After so many answers that were not understood only keys count."""
    certainty: Literal["biasa", "tinggi"] = "biasa"
    """`tinggi`, where a mistake would do harm: what is less than 95 % sure is asked about, a number that is not sure is
    asked for again."""


class Choosing(Listening):
    """A choice between keys, or what is said instead of them."""

    wrong_key: Template = words("Maaf, pilihan itu tidak tersedia.", "Sorry, that is not one of the choices.")
    """Said after a key that is no answer here."""
    half_sure: Template = Template("Anda memilih {pilihan}, benar? Tekan satu jika benar, dua jika salah.")
    """Asked where the words were not understood for sure. `{pilihan}`: the first phrase of the key at its plainest."""


class TakingNumbers(Listening, Retrying):
    """A number, typed or spoken."""

    wrong_number: Template = words(
        "Maaf, angka itu belum lengkap atau tidak sesuai.", "Sorry, that number is incomplete or does not fit."
    )
    """Said after a number that is too short, or no answer here."""


class HearingSentences(Strict):
    """A choice that may be told in a sentence."""

    half_understood: Template = Template(
        "Maksud Anda {pertanyaan} {dokumen}, benar? Tekan satu jika benar, dua jika salah."
    )
    """Asked where a sentence was not understood for sure; `{dokumen}`, `{pertanyaan}`: what it would mean."""


class Expiring(Strict):
    """An answer that may be out of date."""

    expired: Target = Target("")
    """Where callers go instead of hearing an answer that is not valid today; best to a person."""
    expired_say: Template = words(
        "Maaf, keterangan ini sedang kami perbarui.", "Sorry, we are updating this information."
    )
    """Said to them before."""


class Policy(Expiring, HearingSentences, TakingNumbers, Choosing):
    """What happens when the caller does not answer, or not as asked, and when an answer is out of date.

    A step may set any of these for itself.
    """


def shared_policy(step: Strict, other: type[Strict]) -> dict[str, Any]:
    """The fields of the policy that both have, as `step` has them: for one that runs the other."""
    shared = Policy.model_fields.keys() & type(step).model_fields.keys() & other.model_fields.keys()
    return {field: getattr(step, field) for field in shared}
