"""The plan and the reference of the settings on the command line."""

import json
from typing import Any

import pytest

from tests.onetrainer_clone.front import Front


def test_the_plan_of_the_demo(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("plan", "demo") == 0
    out = capsys.readouterr().out
    assert "subject" in out
    assert "50.0%" in out
    assert "200 samples and 50 steps per epoch, 20 epochs, 1,000 steps in total" in out


def test_the_plan_as_json_for_programs(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("plan", "demo", "--json", "--set", "training.epochs=3") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["steps"], data["concepts"][0]["pictures"]) == (1000, 6)
    assert data["problems"] == [
        {"path": "training.epochs", "message": "has an effect only while 'Length in' is Epochs", "severity": "note"}
    ]


def test_a_plan_needs_no_model_but_says_that_one_is_missing(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("plan", "demo", "--set", "model.source=gone") == 2
    printed = capsys.readouterr()
    assert "1,000 steps in total" in printed.out
    assert "there is no folder 'gone'" in printed.err


def test_the_reference_of_every_setting(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("settings") == 0
    text = capsys.readouterr().out
    assert front.run("settings", "--json") == 0
    entries: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    by_path = {entry["path"]: entry for entry in entries}
    assert len(entries) == len(by_path) > 80
    assert all(f"{path} - {entry['label']}" in text for path, entry in by_path.items())
    assert by_path["training.epochs"]["limits"] == "from 1 up to 1,000,000"
    assert by_path["optimizer.prodigy.d0"]["only_while"] == "optimizer.optimizer is Prodigy"
    assert by_path["concepts[].repeats"]["only_while"] == "concepts[].balance is Repeats"
    assert by_path["method"]["choices"]["LORA"] == "LoRA"
    assert "preset" not in by_path


def test_the_reference_can_be_searched(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("settings", "gamma") == 0
    assert capsys.readouterr().out.startswith("noise.min_snr_gamma - Min-SNR gamma")
    assert front.run("settings", "no such word") == 2
