"""Publishing: a site and its audio become an immutable version.

    versions/<hash>/flows/*.yaml    the sources, byte for byte
    versions/<hash>/manifest.json   who, when, why; every text with its audio
    versions/<hash>/grammars…       what callers may say, for the speech servers

`ivr.pointer` knows which of them is in force.

The audio itself lies in `prompts/built`, under names by content, where it never changes. A version's hash
covers its sources, those names and the grammars, so that the same content is the same version, and one that was
altered afterwards is noticed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ivr import sayings
from ivr.channel import Grammar, Sayings
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.i18n import tr
from ivr.pointer import Move, current_hash, in_force_at, locked, move, moves, plan
from ivr.settings import Settings
from ivr.speech.grammars import BuiltGrammar
from ivr.speech.lexicon import LexiconError
from ivr.synced import write_synced, write_tree
from ivr.voice.book import Clip, PromptBook
from ivr.voice.languages import INDONESIAN, tongue
from ivr.voice.template import fixed_pieces

_Clips = Mapping[str, Mapping[str, Clip]]
"""Language → text → its audio."""


class PublishError(Exception):
    """A version cannot be found or used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Version:
    """What is known of a published version. `created`: Unix seconds."""

    hash: str
    created: float
    author: str
    message: str
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """A version ready to serve calls. `problems`: what went wrong on the way, for people."""

    site: Site
    book: PromptBook
    hash: str
    grammars: Mapping[Sayings, Grammar]
    problems: tuple[str, ...] = ()

    def grammar(self, wanted: Sayings) -> Grammar | None:
        """What the recogniser needs to understand it; None where the version was published without a model."""
        return self.grammars.get(wanted)


def publish(
    settings: Settings,
    site: Site,
    *,
    author: str,
    message: str = "",
    forced: str = "",
    at: float = 0.0,
    until: float = 0.0,
    over: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    warn: Callable[[str], None] = lambda problem: None,
) -> Version:
    """Make the audio and the grammars of `site`, write its version, and put it in force. Calls in progress keep theirs.

    `forced` as of a `Move`. `at` (Unix seconds) plans that for later, `until` plans the return to the version before;
    0: neither. `over`: the version that it follows, unless any will do. `progress` is called with (finished, all) audio
    files, `warn` where callers will not be understood because there is no model. Publishing what is in force changes
    nothing. Raises VoiceError where audio cannot be made, PublishError where a phrase cannot be spoken or another
    version is in force than `over`, PlanError; then nothing has changed.
    """
    # The engine imports this module to load versions: what makes audio stays out of it.
    from ivr.voice.catalogue import Catalogue  # noqa: PLC0415

    clips = {
        language: Catalogue(settings.prompts, language=language).build([*texts, *tongue(language).units], progress)
        for language, texts in spoken_texts(settings, site).items()
    }
    with locked(settings), _unfinished(settings.versions) as new:
        _build_grammars(site, settings.speech.model, new, warn)
        hash = _hash(site.sources, clips, sayings.built(new))
        version = Version(hash, time.time(), author, message, tuple(site.flows))
        if _usable(settings, hash):
            version = _read_version(settings.versions / hash)
        else:
            _write(new, version, site.sources, clips)
            _load(settings, hash)  # as the engine will, before it is asked to
        before = in_force_at(settings, at) if at else current_hash(settings)
        if over is not None and before != over:
            raise PublishError(
                tr(
                    "tidak ada yang diterbitkan: versi lain terbit sementara itu; ulangi `sambung publish`",
                    "nothing was published: another version was, meanwhile; do `sambung publish` again",
                )
            )
        if before != hash:
            published = Move(at or time.time(), hash, author, "publish", forced)
            if at:
                plan(settings, published, base=before)
            else:
                move(settings, published)
            if until and before:
                plan(settings, Move(until, before, author, "return"), base=hash)
    return version


def spoken_texts(settings: Settings, site: Site) -> dict[str, dict[str, str]]:
    """What needs audio: language → text, without placeholders → where it is spoken.

    The notice of recording is here where it is translated; in Indonesian it is made at set-up.
    """
    texts: dict[str, dict[str, str]] = {language: {} for language in (INDONESIAN, *site.translations.texts)}
    for use in site.prompts():
        for language, piece in fixed_pieces(use.text, use.language):
            texts.setdefault(language, {}).setdefault(piece, use.where)
    for language in site.translations.texts:
        notice, said_in = site.translations.said(settings.recording.notice, language)
        if said_in == language:
            texts[language][notice] = "recording.notice"
    return texts


def lacking_recordings(settings: Settings, site: Site) -> Iterator[tuple[str, list[str]]]:
    """Each language of which a person has recorded some texts, but not all, and the texts that are still to record."""
    from ivr.voice.catalogue import Catalogue  # noqa: PLC0415 - no part of the engine

    for language, texts in spoken_texts(settings, site).items():
        catalogue = Catalogue(settings.prompts, language=language)
        lacking = [text for text in texts if not catalogue.recording(text)]
        if 0 < len(lacking) < len(texts):
            yield language, lacking


def _build_grammars(site: Site, model: Path, folder: Path, warn: Callable[[str], None]) -> None:
    from ivr.speech.model import ModelError  # noqa: PLC0415 - no part of the engine

    try:
        sayings.build(site.sayings(), site.vocabulary, site.lexicon(), model, folder)
    except LexiconError as e:
        raise PublishError(str(e)) from e
    except ModelError as e:
        warn(f"{e}; " + tr("penelepon hanya dapat memakai tombol", "callers can use keys only"))


def rollback(settings: Settings, hash: str, *, author: str) -> Version:
    """Put an earlier version in force again. `hash` may be shortened. Raises PublishError."""
    with locked(settings):
        found = whole_hash(settings, hash)
        loaded = _load(settings, found)
        if loaded.problems:
            raise PublishError(loaded.problems[0])
        move(settings, Move(time.time(), found, author, "rollback"))
        return _read_version(settings.versions / found)


def whole_hash(settings: Settings, hash: str) -> str:
    """The hash that begins so. Raises PublishError where there is none, or more than one."""
    known = [p.name for p in settings.versions.glob("*") if re.fullmatch(r"[0-9a-f]{12}", p.name)]
    found = [name for name in known if hash and name.startswith(hash)]
    if len(found) != 1:
        raise PublishError(
            tr(
                f"versi '{hash}' {'tidak ada' if not found else 'tidak tunggal'}; lihat `sambung versions`",
                f"version '{hash}' {'does not exist' if not found else 'is not unique'}; see `sambung versions`",
            )
        )
    return found[0]


def load_version(settings: Settings, hash: str | None = None) -> LoadedVersion:
    """The version `hash`, or the one in force; where that one cannot be used, the last one that can.

    Missing audio is reported in `problems` and does not stop a version: a menu that lost a sentence
    serves better than last month's menu. Raises PublishError when nothing can be loaded.
    """
    if hash:
        return _load(settings, hash)
    problems: list[str] = []
    for candidate in _candidates(settings):
        try:
            loaded = _load(settings, candidate)
        except PublishError as e:
            problems.append(str(e))
        else:
            return replace(loaded, problems=(*problems, *loaded.problems))
    problems.append(
        tr("belum ada versi yang dapat dipakai; jalankan `sambung publish`", "no usable version; run `sambung publish`")
    )
    raise PublishError("\n".join(problems))


def written_at(settings: Settings, hash: str) -> float:
    """When the version's folder was last changed (Unix time), 0 where it is gone. Fit for polling, too.

    A damaged version that is published again keeps its hash; this is how one sees it.
    """
    try:
        return (settings.versions / hash).stat().st_mtime
    except OSError:
        return 0.0


def find_version(settings: Settings, hash: str) -> Version | None:
    """What is known of a version, None where it is gone."""
    try:
        return _read_version(settings.versions / hash)
    except PublishError:
        return None


# --- reading ----------------------------------------------------------------------------------------
def _load(settings: Settings, hash: str) -> LoadedVersion:
    folder = settings.versions / hash
    manifest = _manifest(folder)
    try:
        clips = {INDONESIAN: _clips(manifest)}
        clips |= {language: _clips(of) for language, of in manifest.get("languages", {}).items()}
        built = sayings.built(folder)
    except (KeyError, TypeError, AttributeError, OSError, ValueError) as e:
        raise _damaged(folder) from e
    loaded = load_site(folder / "flows", published=True)
    if loaded.site is None:
        raise PublishError(
            tr(
                f"versi {hash} tidak dapat dimuat: {loaded.problems[0]}",
                f"version {hash} cannot be loaded: {loaded.problems[0]}",
            )
        )
    if _hash(loaded.site.sources, clips, built) != hash:
        raise _damaged(folder)
    site = loaded.site
    book = PromptBook(clips[INDONESIAN], settings.prompts / "built", clips, site.translations, site.names())
    for line in site.lines.values():
        if line.hours:  # a fifth of a second where it knows national holidays, which no call should wait for
            line.hours.holiday(dt.date.today())
    version = LoadedVersion(site, book, hash, sayings.grammars(site.sayings(), site.lexicon(), hash, built))
    missing = book.missing()
    if not missing:
        return version
    problem = tr(
        f"versi {hash}: {len(missing)} rekaman hilang, antara lain {missing[0]!r}; jalankan `sambung publish`",
        f"version {hash}: {len(missing)} audio files are missing, {missing[0]!r} among them; run `sambung publish`",
    )
    return replace(version, problems=(problem,))


def _clips(part: Mapping[str, Any]) -> dict[str, Clip]:
    return {text: Clip(**clip) for kind in ("texts", "units") for text, clip in part[kind].items()}


def _usable(settings: Settings, hash: str) -> bool:
    try:
        _load(settings, hash)
    except PublishError:
        return False
    return True


def _candidates(settings: Settings) -> list[str]:
    """Hashes to try: the one in force, then those published before it, newest first."""
    earlier = [move.hash for move in reversed(moves(settings))]
    return [hash for hash in dict.fromkeys([current_hash(settings), *earlier]) if hash]


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except OSError as e:
        raise PublishError(
            tr(f"versi {folder.name} tidak ada: {e}", f"version {folder.name} does not exist: {e}")
        ) from e
    except ValueError as e:
        raise _damaged(folder) from e
    if not isinstance(manifest, dict):
        raise _damaged(folder)
    return manifest


def _read_version(folder: Path) -> Version:
    manifest = _manifest(folder)
    try:
        known = {name: manifest[name] for name in ("hash", "created", "author", "message")}
        return Version(**known, flows=tuple(manifest["flows"]))
    except (KeyError, TypeError) as e:
        raise _damaged(folder) from e


def _damaged(folder: Path) -> PublishError:
    return PublishError(
        tr(
            f"{folder}: isi versi ini berubah atau rusak; terbitkan lagi dengan `sambung publish`",
            f"{folder}: this version was altered or damaged; publish again by `sambung publish`",
        )
    )


# --- writing ----------------------------------------------------------------------------------------
def _hash(sources: Mapping[str, bytes], clips: _Clips, grammars: Mapping[str, BuiltGrammar]) -> str:
    audio = {language: {text: clip.file for text, clip in of.items()} for language, of in clips.items()}
    content: dict[str, Any] = {
        "sources": {name: hashlib.sha256(source).hexdigest() for name, source in sources.items()},
        "audio": audio.pop(INDONESIAN),
    }
    if audio:
        content["languages"] = audio
    if grammars:
        content["speech"] = [(digest, g.accept, g.confirm) for digest, g in sorted(grammars.items())]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


@contextmanager
def _unfinished(versions: Path) -> Iterator[Path]:
    """A folder for a version that has no name yet; removed unless it got one."""
    folder = versions / f".new-{secrets.token_hex(6)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(unfinished: Path, version: Version, sources: Mapping[str, bytes], clips: _Clips) -> None:
    """Write the rest of the folder, then give it its own name: it is there whole or not at all."""
    write_tree(unfinished / "flows", sources)
    parts = {language: _part(language, of) for language, of in clips.items()}
    manifest = asdict(version) | parts.pop(INDONESIAN) | {"languages": parts}
    write_synced(unfinished / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    folder = unfinished.with_name(version.hash)
    if folder.exists():  # damaged: the same content is written anew
        shutil.rmtree(folder)
    unfinished.replace(folder)


def _part(language: str, clips: Mapping[str, Clip]) -> dict[str, dict[str, Any]]:
    units = tongue(language).units
    return {
        "texts": {text: asdict(clip) for text, clip in clips.items() if text not in units},
        "units": {text: asdict(clip) for text, clip in clips.items() if text in units},
    }
