"""Pictures of a workspace without a label: labelled with a model's help, then taken over.

The labelling itself is ``verbs.label``, with the newest model of the workspace to ask for what it
is least sure of; its page is that of ``happysad label``.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from happysad.collection.names import is_hidden
from happysad.config import CheckOptions, LabelOptions
from happysad.errors import PictureError
from happysad.labels.pool import default_store
from happysad.labels.store import LabelStore
from happysad.sources.read import read_file
from happysad.verbs.label import label

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from pathlib import Path

    from happysad.labels.session import Session
    from happysad.workspace.place import Workspace


class Unlabelled:
    """The pool of a workspace.

    Args:
        workspace: whose pool.
        model: returns the model that helps: a bundle, the folder of a run, or ``default``.
        check: what a picture may cost.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        model: Callable[[], str],
        check: CheckOptions | None = None,
    ) -> None:
        self._workspace = workspace
        self._model = model
        self._check = check or CheckOptions()
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._opened: tuple[str, list[str]] | None = None
        self._taking = threading.Lock()
        self._copies: dict[str, str] = {}  # sha256 → file that was made of it

    @property
    def files(self) -> list[str]:
        """Names of the files in the pool, sorted; without those that are still coming in."""
        pool = self._workspace.pool
        if not pool.is_dir():
            return []
        with self._workspace.still() as coming:
            there = [one.name for one in pool.iterdir() if one.is_file()]
        return sorted(name for name in there if name not in coming and not is_hidden(name))

    @property
    def session(self) -> Session:
        """The labelling that is under way; begun when it is first asked for.

        Raises:
            CollectionError: there is no picture in the pool.
            BundleError: the model cannot be loaded.
            LabelError: the labels cannot be read or kept.
        """
        with self._lock:
            return self._session or self.open()

    def open(self) -> Session:
        """Begin to label, or begin anew where pictures or a model have come since.

        Raises: as ``session``.
        """
        with self._lock:
            now = (self._model(), self.files)
            if self._session is None or now != self._opened:
                self.close()
                options = LabelOptions(classes=self._workspace.classes, check=self._check)
                self._session = label(self._workspace.pool, options=options, model=now[0])
                self._opened = now
            return self._session

    def answered(self, taken: Container[str]) -> int:
        """Return how many pictures have a class by now that are not among the taken ones.

        Args:
            taken: sha256 digests of the pictures that have a class folder.

        Raises:
            LabelError: the labels cannot be read.
        """
        return len(self._new_answers(taken))

    def take(self, taken: Container[str]) -> int:
        """Copy the pictures that have been given a class into its folder; return how many.

        Args:
            taken: sha256 digests of the pictures that are there already.

        Raises:
            LabelError: the labels cannot be read.
            CollectionError: a picture cannot be written.
        """
        with self._taking:
            answers = self._new_answers(taken)
            copied = 0
            for name in self.files if answers else ():
                try:
                    data = read_file(self._workspace.pool / name, limits=self._check.limits)
                except PictureError:  # gone since, or not to be read; it stays where it is
                    continue
                sha256 = hashlib.sha256(data).hexdigest()
                if sha256 in answers:
                    file = self._workspace.add(name, data, label=answers.pop(sha256))
                    self._copies[sha256] = str(file)
                    copied += 1
            return copied

    def close(self) -> None:
        """End the labelling that is under way; every answer is kept."""
        with self._lock:
            if self._session is not None:
                self._session.close()
            self._session = None

    def _new_answers(self, taken: Container[str]) -> dict[str, str]:
        """Return the answers whose pictures have no copy yet; the newest may not be read yet."""

        def has_copy(sha256: str) -> bool:
            copy = self._copies.get(sha256)
            return copy is not None and (self._workspace.pictures / copy).is_file()

        answers = self._answers().items()
        return {one: name for one, name in answers if one not in taken and not has_copy(one)}

    def _answers(self) -> dict[str, str]:
        """Return sha256 → class of everything that has been answered."""
        place: Path = default_store(self._workspace.pool)
        if not place.is_file() or not place.stat().st_size:  # not there yet, or just being made
            return {}
        store = LabelStore(place)
        try:
            with store.reading() as ledger:
                classes = self._workspace.classes
                return {one: name for one, name in ledger.labels().items() if name in classes}
        finally:
            store.close()
