import json
import shutil
from pathlib import Path

import pytest

from ivr.speech.grammars import write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.loaded import LoadedGrammars
from ivr.speech.model import Model, ModelError
from tests.unit.speech_kit import MODEL, load_grammar


@pytest.mark.parametrize("missing", ["phones.txt", "thresholds.json", "am/final.mdl", "conf/mfcc.conf"])
def test_what_a_model_lacks_is_named(tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(MODEL.folder, tmp_path / "model")
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=missing):
        Model.read(folder)


def test_a_model_that_may_not_be_read_is_told_to_be_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, _: path.name != "final.mdl")
    with pytest.raises(ModelError, match=r"tidak boleh dibaca: am/final\.mdl; jalankan chmod"):
        Model.read(MODEL.folder)


def test_a_grammar_stays_loaded_until_others_were_used_more_lately(tmp_path: Path) -> None:
    version = tmp_path / "versions/v"
    built = [build_grammar([phrase], False, MODEL, version / "grammars") for phrase in ("satu", "dua", "tiga")]
    write_grammars(version, built)
    one, two, three = (f"v/{grammar.digest}" for grammar in built)
    loaded = LoadedGrammars(MODEL, tmp_path / "versions", tmp_path / "run", capacity=2)
    first, second = loaded.get(one), loaded.get(two)
    assert loaded.get(one) is first
    loaded.get(three)
    assert loaded.get(one) is first
    assert loaded.get(two) is not second


@pytest.mark.parametrize("unknown", ["v/0000", "none/0000", "v", "../v/0000"])
def test_an_unknown_grammar_is_an_error_that_names_it(tmp_path: Path, unknown: str) -> None:
    load_grammar(tmp_path, ["satu"])
    with pytest.raises(ModelError, match=unknown):
        LoadedGrammars(MODEL, tmp_path / "versions", tmp_path / "run").get(unknown)


def test_a_version_for_another_model_must_be_published_again(tmp_path: Path) -> None:
    loaded = load_grammar(tmp_path, ["satu"])
    table = tmp_path / "versions/v/grammars.json"
    content = json.loads(table.read_text())
    content[loaded.grammar.digest]["units"] = "of another model"
    table.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="sambung publish"):
        LoadedGrammars(MODEL, tmp_path / "versions", tmp_path / "run").get(f"v/{loaded.grammar.digest}")
