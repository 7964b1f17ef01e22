"""A report's numbers as PNG pictures.

Colours are Okabe and Ito's, told apart by the colour-blind; where lines meet they also differ in
dash or marker. Every plot comes in a light and a dark dress. Matplotlib is loaded on first use,
without its global state: no pyplot, no backend, no style is set.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from happysad.errors import MissingExtraError
from happysad.judge.calibration import reliability as reliability_bins
from happysad.judge.intervals import effective_size, wilson
from happysad.judge.metrics import Table, tabulate
from happysad.judge.ranking import rank
from happysad.records import STRENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from happysad.judge.learning_curves import Curve
    from happysad.records import Report

Drawn = TypeVar("Drawn")

_Place = Literal["best", "lower left", "lower right"]

_DPI = 150
_SIZE = (4.8, 4.0)
_WIDE = (9.6, 3.4)
_PANELS = 4


@dataclass(frozen=True, slots=True)
class _Dress:
    back: str
    ink: str
    soft: str
    grid: str
    colours: tuple[str, ...]
    shades: tuple[str, str]


_LIGHT = _Dress(
    "#ffffff", "#23262b", "#6b727c", "#e9e6df", ("#0072B2", "#D55E00", "#009E73", "#CC79A7"),
    ("#f3f7fb", "#0b63a5"),
)  # fmt: skip
_DARK = _Dress(
    "#1e2125", "#e8e6e1", "#9aa1ab", "#33373d", ("#56B4E9", "#E69F00", "#2dc79b", "#CC79A7"),
    ("#24292f", "#74b8ef"),
)  # fmt: skip


def where_possible(draw: Callable[[], Drawn]) -> Drawn | None:
    """Return what ``draw`` plots; None without matplotlib, which a page can do without."""
    try:
        return draw()
    except MissingExtraError:
        return None


def roc(report: Report, *, dark: bool = False) -> bytes:
    """Plot the share of each class found against the share of false alarms, as PNG."""
    table = _table(report)
    dress, figure, axes = _axes(dark=dark)
    axes.plot([0, 1], [0, 1], color=dress.soft, linestyle=":", linewidth=1)
    for line, number in enumerate(table.judged_classes):
        points = rank(table.labels == number, table.probabilities[:, number]).roc
        _line(axes, dress, line, points, label=_plain(report.classes[number]))
    _unit_square(axes)
    _name(axes, dress, "ROC", "other pictures wrongly called so", "pictures of the class found")
    _legend(axes, dress, len(table.judged_classes), "lower right")
    return _png(figure)


def precision_recall(report: Report, *, dark: bool = False) -> bytes:
    """Plot precision against recall of each class, as PNG; dotted: what chance would give."""
    table = _table(report)
    dress, figure, axes = _axes(dark=dark)
    for line, number in enumerate(table.judged_classes):
        mine = table.labels == number
        precision, recall = rank(mine, table.probabilities[:, number]).precision_recall
        precision, recall = np.append(precision[0], precision), np.append(0.0, recall)
        label = _plain(report.classes[number])
        _line(axes, dress, line, (recall, precision), label=label, drawstyle="steps-pre")
        axes.axhline(float(mine.mean()), color=dress.soft, linestyle=":", linewidth=1)
    _unit_square(axes)
    _name(axes, dress, "Precision and recall", "pictures of the class found", "right when said")
    _legend(axes, dress, len(table.judged_classes), "lower left")
    return _png(figure)


def reliability(report: Report, *, dark: bool = False) -> bytes:
    """Plot how often answers of similar confidence are right, as PNG.

    One point a bin of ``judge.calibration.reliability``, with its 95% interval; on the dotted
    diagonal a probability means what it says.
    """
    table = _table(report)
    dress, figure, axes = _axes(dark=dark)
    bins = reliability_bins(table.confidence, table.right, groups=table.groups)
    at = np.array([item.confidence for item in bins])
    right = np.array([item.right for item in bins])
    errors = [right - [item.low for item in bins], [item.high for item in bins] - right]
    least = min(1 / len(report.classes), float(at.min()))
    axes.plot([least, 1], [least, 1], color=dress.soft, linestyle=":", linewidth=1)
    axes.errorbar(
        at, right, yerr=np.maximum(errors, 0), color=dress.colours[0], linewidth=1.2,
        marker="o", markersize=5, capsize=3, elinewidth=1.2, clip_on=False, zorder=3,
    )  # fmt: skip
    axes.set(xlim=(least, 1), ylim=(0, 1.005))
    _name(axes, dress, "Reliability", "probability of the answer", "share of right answers")
    return _png(figure)


def threshold(report: Report, *, dark: bool = False) -> bytes:
    """Plot what is gained and lost by answering only above a probability, as PNG."""
    table = _table(report)
    dress, figure, axes = _axes(dark=dark)
    at, answered, right, low, high = _by_threshold(table)
    blue, orange = dress.colours[:2]
    axes.fill_between(at, low, high, color=blue, alpha=0.18, linewidth=0, step="pre")
    axes.step(at, right, color=blue, linewidth=1.8, label="right among answered")
    axes.step(at, answered, color=orange, linewidth=1.8, linestyle="--", label="answered")
    border = _unsure_border(table)
    if border is not None:
        axes.axvline(border, color=dress.soft, linewidth=1.2, label=f"unsure below {border:.2f}")
    axes.set(xlim=(1 / len(report.classes), 1), ylim=(0, 1.005))
    _name(axes, dress, "When to answer", "answer only above this probability", "share")
    _legend(axes, dress, 2, "lower left")
    return _png(figure)


def confidence(report: Report, *, dark: bool = False) -> bytes:
    """Plot how many answers are how sure, right and wrong ones stacked, as PNG."""
    table = _table(report)
    dress, figure, axes = _axes(dark=dark)
    at, right = table.confidence, table.right
    axes.hist(
        [at[right], at[~right]], bins=np.linspace(1 / len(report.classes), 1, 11), stacked=True,
        color=list(dress.colours[:2]), edgecolor=dress.back, linewidth=1.2,
        label=["right", "wrong"],
    )  # fmt: skip
    axes.set_xlim(1 / len(report.classes), 1)
    axes.yaxis.get_major_locator().set_params(integer=True)
    _name(axes, dress, "How sure it is", "probability of the answer", "pictures")
    _legend(axes, dress, 2, "best")
    return _png(figure)


def confusion(report: Report, *, dark: bool = False) -> bytes:
    """Plot true against predicted classes with their counts, as PNG."""
    dress, figure, axes = _axes(dark=dark)
    from matplotlib.colors import LinearSegmentedColormap

    counts = np.array(report.confusion)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    colours = LinearSegmentedColormap.from_list("shares", dress.shades)
    axes.imshow(shares, cmap=colours, vmin=0, vmax=1, aspect="auto")
    deep = "#ffffff" if not dark else "#14181c"
    for (row, column), share in np.ndenumerate(shares):
        text = f"{counts[row, column]}\n{share:.0%}"
        ink = deep if share > 0.55 else dress.ink
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=11)
    places = range(len(report.classes))
    names = [_plain(name) for name in report.classes]
    axes.set_xticks(places, names)
    axes.set_yticks(places, names, rotation=90, va="center")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    _name(axes, dress, "Confusion", "answered", "true class")
    return _png(figure)


def curves(history: Mapping[str, Sequence[float]], *, dark: bool = False) -> bytes:
    """Plot how training went, as PNG.

    Args:
        history: measure → its value after each epoch, as Keras names them: ``loss`` and
            ``val_loss``, ``accuracy`` and ``val_accuracy``; others are left out. With a measure
            ``strength`` the values are at each strength of a ridge.
        dark: for a dark page.
    """
    dress, figure, axes = _axes(dark=dark, size=_WIDE, columns=2)
    strengths = history.get(STRENGTH)
    others = "validation" if strengths is None else "left out"
    for place, measure in zip(axes, ("loss", "accuracy"), strict=True):
        for line, (key, label) in enumerate([(measure, "train"), (f"val_{measure}", others)]):
            values = history.get(key, ())
            steps = np.arange(1, len(values) + 1) if strengths is None else strengths
            _line(place, dress, line, (steps, values), label=label, marker="o", markersize=3)
        place.set_ylim(bottom=0, top=1.005 if measure == "accuracy" else None)
        if strengths is None:
            place.xaxis.get_major_locator().set_params(integer=True)
        else:
            place.set_xscale("log")
            place.minorticks_off()
        step = "epoch" if strengths is None else "strength of the ridge"
        _name(place, dress, measure.capitalize(), step, "")
        _legend(place, dress, 2, "best")
    return _png(figure)


def learning(
    curves: Mapping[str, Curve], *, all_labels: float | None = None, dark: bool = False
) -> bytes:
    """Plot each strategy's learning curve beside that of the first one, as PNG.

    Args:
        curves: strategy → curve; the first is what the others are compared with.
        all_labels: accuracy with every label, for a line across.
        dark: for a dark page.
    """
    baseline, *others = curves.values()
    columns = min(len(others), _PANELS) or 1
    rows = max(1, -(-len(others) // columns))
    size = (2.5 * columns + 0.9, 2.3 * rows + 0.6)
    dress, figure, axes = _axes(dark=dark, size=size, columns=columns, rows=rows)
    low, high = _reach([*curves.values()], all_labels)
    places = np.ravel(axes)
    for number, place in enumerate(places):
        if number >= max(1, len(others)):
            place.set_visible(False)
            continue
        mine = others[number : number + 1]
        for curve, colour, dash in zip(
            (baseline, *mine), (dress.soft, dress.colours[0]), ("--", "-"), strict=False
        ):
            place.fill_between(
                curve.labels, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0
            )
            place.plot(
                curve.labels, curve.accuracy, dash, color=colour, linewidth=1.6,
                label=_plain(curve.strategy),
            )  # fmt: skip
        if all_labels is not None:
            place.axhline(all_labels, color=dress.colours[1], linestyle=":", linewidth=1.2)
        place.set_ylim(low, high)
        _name(place, dress, _plain((mine or [baseline])[0].strategy), "labels", "")
        _legend(place, dress, 1 + len(mine), "lower right")
    return _png(figure)


def _reach(curves: Sequence[Curve], more: float | None) -> tuple[float, float]:
    """Return the ends of an axis that all curves fit on, a little wider."""
    extra = [] if more is None else [more]
    low = min(*(float(curve.low.min()) for curve in curves), 1.0, *extra)
    high = max(*(float(curve.high.max()) for curve in curves), 0.0, *extra)
    return max(0.0, low - 0.02), min(1.005, high + 0.02)


def _table(report: Report) -> Table:
    return tabulate(report.answers, classes=report.classes)


def _by_threshold(table: Table) -> tuple[NDArray[np.float64], ...]:
    """Return thresholds, share answered, share of right ones among them, and its interval."""
    at = np.unique(np.append(table.confidence, 1 / len(table.classes)))
    # A curve of a few hundred steps looks the same as one of all.
    at = at[np.unique(np.linspace(0, len(at) - 1, 300).astype(int))]
    rows = []
    for limit in at:
        given = table.confidence >= limit
        right = float(table.right[given].mean())
        low, high = wilson(right, effective_size(table.groups[given]))
        rows.append((float(given.mean()), right, low, high))
    answered, right_share, lows, highs = np.array(rows).T
    return at, answered, right_share, lows, highs


def _unsure_border(table: Table) -> float | None:
    """Return where the verdicts turn to unsure, as far as the answers show it."""
    if table.answered.all():
        return None
    unsure = float(table.confidence[~table.answered].max())
    answered = table.confidence[table.answered]
    return (unsure + float(answered.min())) / 2 if len(answered) else 1.0


def _axes(
    *, dark: bool, size: tuple[float, float] = _SIZE, columns: int = 1, rows: int = 1
) -> tuple[_Dress, Figure, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots") from error
    dress = _DARK if dark else _LIGHT
    figure = Figure(figsize=size, dpi=_DPI, facecolor=dress.back)
    axes = figure.subplots(rows, columns)
    # Fixed margins: matplotlib's own layouts draw every figure twice to find them.
    width, height = size
    margins = {"left": 0.62 / width, "right": 1 - 0.22 / width}
    figure.subplots_adjust(
        **margins, bottom=0.58 / height, top=1 - 0.5 / height, wspace=0.16, hspace=0.55
    )
    for place in np.ravel(axes):
        place.set_facecolor(dress.back)
        place.tick_params(colors=dress.soft, labelsize=8, length=0)
        place.grid(color=dress.grid, linewidth=0.8)
        place.set_axisbelow(True)
        place.spines[["top", "right"]].set_visible(False)
        place.spines[["left", "bottom"]].set_color(dress.grid)
    return dress, figure, axes


def _line(axes: Axes, dress: _Dress, number: int, points: tuple[Any, Any], **more: Any) -> None:
    """Draw the curve of one class or part; both colour and dash tell it from the others."""
    rounds, colour = divmod(number, len(dress.colours))
    dash = ("-", "--", "-.", ":")[(colour + rounds) % 4]
    axes.plot(*points, color=dress.colours[colour], linestyle=dash, linewidth=1.8, **more)


def _unit_square(axes: Axes) -> None:
    # A little more than 1, so that a line along the edge is not cut.
    axes.set(xlim=(-0.005, 1.005), ylim=(-0.005, 1.005))


def _name(axes: Axes, dress: _Dress, title: str, x: str, y: str) -> None:
    axes.set_title(title, color=dress.ink, fontsize=11, loc="left", pad=10, fontweight="bold")
    axes.set_xlabel(x, color=dress.soft, fontsize=9)
    axes.set_ylabel(y, color=dress.soft, fontsize=9)


def _legend(axes: Axes, dress: _Dress, entries: int, place: _Place) -> None:
    if entries > 1:
        axes.legend(loc=place, fontsize=8, frameon=False, labelcolor=dress.ink)


def _plain(name: str) -> str:
    """Keep matplotlib from reading a folder's name as a formula, or as a line to hide."""
    from happysad.reports.page import visible

    shown = visible(name).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def _png(figure: Figure) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()
