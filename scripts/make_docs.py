"""Write the documents that say what the program says: its help, its checks, its options.

``python scripts/make_docs.py`` writes docs/commands.md, docs/checks.md, docs/options.md and
docs/trust.md; with ``--check`` nothing is written, and the exit code is 1 when one is stale.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import get_type_hints

# The help is drawn for this width, in black and white, whatever terminal runs the script. It must
# be said before typer is imported.
os.environ |= {"TERMINAL_WIDTH": "92", "NO_COLOR": "1", "_TYPER_FORCE_DISABLE_TERMINAL": "1"}

from environment import ROOT
from promises import PROMISES
from typer.testing import CliRunner

from happysad import TrainOptions
from happysad.cli.app import COMMANDS, app
from happysad.collection.checks import CHECKS

DOCS = ROOT / "docs"
MADE = "<!-- Made by scripts/make_docs.py; do not edit. -->\n\n"


def commands() -> str:
    """Return the help of every command."""
    parts = [
        "# Commands\n",
        "Results go to stdout; progress, hints and errors to stderr.\n",
        "| exit code | meaning |\n|---|---|\n"
        "| 0 | done; every picture answered |\n"
        "| 1 | an error, told in one line |\n"
        "| 2 | wrong use: an option, a name, a missing extra |\n"
        "| 3 | `predict`, `evaluate`: some pictures could not be answered, the others were |\n"
        "| 130 | Ctrl-C |\n",
        "Shell completion: `happysad --install-completion`.\n",
    ]
    for name in ("", *COMMANDS):
        title = f"happysad {name}".strip()
        parts.append(f"## {title}\n\n```text\n$ {title} --help\n{help_of(name)}```\n")
    return MADE + "\n".join(parts)


def help_of(command: str) -> str:
    arguments = [*command.split(), "--help"]
    text = CliRunner().invoke(app, arguments, prog_name="happysad").output
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def checks() -> str:
    """Return what ``check`` looks for."""
    rows = [
        f"| `{check.code}` | {_FATES[check.severity]} | {check.meaning} | {check.advice} |"
        for check in CHECKS
    ]
    return MADE + _CHECKS.format(rows="\n".join(rows))


_FATES = {"fault": "set aside", "notice": "used"}
_CHECKS = """\
# What `happysad check` looks for

Every file seen is used, set aside or ignored, and the sum is printed. Only a file that is *set
aside* stays out of training; a *used* one is worth a look. Nothing is moved or deleted unless
`--quarantine` is given, and `happysad undo` takes that back.

| code | the file is | what it means | what to do |
|---|---|---|---|
{rows}

Each check is one small file in `src/happysad/collection/checks/`; the thresholds stand in it with
the reason for them.

## Pictures that belong together

Copies are found; that the frames of one webcam burst are of one moment, a person has to say. The
file `.happysad/groups.csv` in the folder does, with the columns `file` and `group`: pictures of one
class that share a group lie in one part of a split, as near duplicates do. `happysad app` writes
it.

```text
file,group
happy/frame-1.jpg,burst-7
happy/frame-2.jpg,burst-7
```

## Labels

`likely_wrong_label` and `off_topic` are looked for with `--labels`, in a folder of two classes and
with the views of a model (`--base`). Pictures are read once and what was read is kept. Then models
learn from the folder's pictures and labels, on top of what the base model knows of classes of the
same names, and each is asked about pictures that it did not learn from, near copies included.
Confident learning (Northcutt et al., JAIR 2021) turns what they say into the probability that a
label is wrong; from 0.5 on it is a finding. A base model that was itself trained on the pictures
may have learned what is wrong with their labels, too: how many it knows is said. An estimate of
how many labels are wrong in all stands above the sum of files.

Beside the page lies `labels.csv`, the pictures in doubt with the most doubtful first:

```text
file,label,decision,suggested,probability
sad/24ea31b9a9be.jpg,sad,keep,happy,0.0637
```

Every decision is `keep`, since a model's doubt proves nothing. Look at the pictures, write
`relabel` or `drop` where you agree, and train with `happysad train FOLDER --decisions labels.csv`;
the folder stays as it is. `probability` is that of the label being right. The next look at the same
labels keeps what you decided; it replaces no other file of that name.

`off_topic` is found where the base model has learned what posters of words, charts and the like
look like, and has classes of the same names: what is neither happy nor sad may well be a cat or a
dog. One that has not says nothing of it. `python benchmarks/label_noise.py` measures how many
labels are found that were flipped on purpose.
"""


def options() -> str:
    """Return every option of ``train``."""
    rows = [
        f"| `{name}` | `{default}` | {text} |" for name, default, text in _options(TrainOptions)
    ]
    return MADE + _OPTIONS.format(rows="\n".join(rows))


_OPTIONS = """\
# Options of `happysad train`

Any of them can stand in a TOML file (`--options train.toml`), on the command line
(`--set NAME=VALUE`), or in Python (`happysad.TrainOptions`). A flag wins over `--set`, `--set` wins
over the file.

```toml
epochs = 40
patience = 5

[augment]
level = "strong"
rotation = 10

[split]
fractions = [0.8, 0.1, 0.1]
```

`augment` also takes the name of a level alone: `none`, `write-up` or `strong`.

| option | default | meaning |
|---|---|---|
{rows}
"""


def _options(kind: type, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    meanings = _attributes(kind)
    hints = get_type_hints(kind)
    for field in fields(kind):
        if is_dataclass(hints[field.name]):
            default = _default(field)
            yield from (
                (name, _shown(_value(default, name.removeprefix(f"{prefix}{field.name}."))), text)
                for name, _, text in _options(hints[field.name], f"{prefix}{field.name}.")
            )
        else:
            yield f"{prefix}{field.name}", _shown(_default(field)), meanings[field.name]


def _default(field: Field) -> object:
    return field.default if field.default is not MISSING else field.default_factory()


def _value(options: object, path: str) -> object:
    for name in path.split("."):
        options = getattr(options, name)
    return options


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _attributes(kind: type) -> dict[str, str]:
    """Return the ``Attributes`` part of a docstring, joined to one line each."""
    text = (kind.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^ {8}(\w+): (.+(?:\n {10,}.+)*)", text, flags=re.MULTILINE)
    return {name: " ".join(meaning.replace("``", "`").split()) for name, meaning in found}


def trust() -> str:
    """Return the promises, each with the tests that keep it."""
    tests = _tests_by_promise()
    parts = [_TRUST]
    for title, promises in PROMISES.items():
        parts.append(f"## {title}\n")
        for number, promise in promises.items():
            names = "".join(f"\n  * `{name}`" for name in tests.get(number, ()))
            parts.append(f"* **{number}.** {promise}{names or _UNTESTED}")
        parts.append("")
    return MADE + "\n".join(parts)


_UNTESTED = "\n  * no test yet"
_TRUST = """\
# Promises for hostile input, network and power

The name of a test that keeps a promise carries its number, so `pytest -k t04` runs those of the
fourth. The numbers in between belong to parts that are still to come.
"""


def _tests_by_promise() -> dict[int, list[str]]:
    tests: dict[int, list[str]] = {}
    for file in ROOT.glob("tests/**/test_*.py"):
        for name in re.findall(r"def (test_t\d\d_\w+)", file.read_text(encoding="utf-8")):
            for number in re.findall(r"_t(\d\d)(?=_)", name):
                tests.setdefault(int(number), []).append(name)
    return {number: sorted(set(names)) for number, names in tests.items()}


def main() -> int:
    made = {
        "commands.md": commands,
        "checks.md": checks,
        "options.md": options,
        "trust.md": trust,
    }
    checking = "--check" in sys.argv[1:]
    stale = []
    for name, make in made.items():
        file, text = DOCS / name, make()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not checking:
                file.write_text(text, encoding="utf-8")
    for name in stale if checking else []:
        print(f"docs/{name} is stale: run python scripts/make_docs.py")
    return 1 if checking and stale else 0


if __name__ == "__main__":
    sys.exit(main())
