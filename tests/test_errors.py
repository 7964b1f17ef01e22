from __future__ import annotations

import sys

import pytest

from happysad.errors import MissingExtraError


def test_in_an_active_environment_its_pip_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert str(MissingExtraError("keras", "train")).endswith(": pip install 'happysad[train]'")


def test_without_one_the_python_that_lacks_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/another")
    monkeypatch.setattr(sys, "executable", "/my work/bin/python")
    message = str(MissingExtraError("keras", "train"))
    assert message.endswith(": '/my work/bin/python' -m pip install 'happysad[train]'")
