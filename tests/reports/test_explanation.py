"""What is drawn of an answer's reasons says what the answer says."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from happysad.errors import UsageError
from happysad.records import Explanation, Face, Prediction, Views
from happysad.reports import gallery as gallery_module
from happysad.reports.explanation import draw_explanation, with_faces, with_heat
from happysad.reports.gallery import Gallery
from happysad.reports.lettering import font, shortened

CLASSES = ("happy", "sad")
ORANGE, BLUE = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)


def face(box: tuple[float, float, float, float], sad: float) -> Face:
    return Face(box=box, score=0.9, probabilities={"happy": 1 - sad, "sad": sad})


def explanation(
    shape: tuple[int, int] = (90, 120),
    *,
    source: str = "a.jpg",
    faces: tuple[Face, ...] = (),
    verdict: str = "sad",
    off_topic: float | None = None,
) -> Explanation:
    prediction = Prediction(
        source=source,
        label="sad",
        verdict=verdict,
        probabilities={"happy": 0.3, "sad": 0.7},
        faces=faces,
        views=Views(0.7, 0.6, 0.4, "scene 0.7 sad, 1 face 0.9 sad"),
        off_topic=off_topic,
    )
    grid = np.linspace(-4, 4, 12).reshape(3, 4)
    return Explanation(prediction, np.full((*shape, 3), 120, np.uint8), grid)


def failed(source: str = "b.jpg") -> Explanation:
    error = {"code": "missing", "message": "There is no <such> file."}
    return Explanation(Prediction(source, None, None, {}, error=error))


def test_faces_are_boxed_in_the_colour_of_their_reading() -> None:
    picture = Image.new("RGB", (400, 400), "grey")
    faces = (face((0.1, 0.1, 0.3, 0.3), 0.9), face((0.6, 0.6, 0.9, 0.9), 0.2))
    drawn = with_faces(picture, faces, CLASSES)
    assert drawn.getpixel((42, 100)) == BLUE
    assert drawn.getpixel((242, 300)) == ORANGE
    assert drawn.getpixel((80, 80)) == picture.getpixel((80, 80))  # the face itself is not covered
    assert picture.getpixel((42, 100)) == picture.getpixel((0, 0))  # nor the picture changed


def test_heat_has_the_colour_of_what_it_speaks_for_and_its_strength() -> None:
    picture = Image.new("RGB", (200, 100), "grey")
    drawn = np.asarray(with_heat(picture, np.array([[-9.0, 9.0], [-9.0, 9.0]])), int)
    happy, sad = drawn[50, 10], drawn[50, -10]
    assert happy[0] > happy[2] + 80
    assert sad[2] > sad[0] + 80
    weak = np.asarray(with_heat(picture, np.array([[-0.1, 0.1]])), int)
    assert np.abs(weak[..., 0] - weak[..., 2]).max() < 20


@pytest.mark.parametrize("shape", [(1, 1), (768, 3), (3, 768), (700, 768), (20, 20)])
def test_sheets_have_a_bounded_size_whatever_the_picture(shape: tuple[int, int]) -> None:
    edge = (face((0.0, 0.0, 1.0, 1.0), 0.5), face((1.0, 1.0, 1.0, 1.0), 0.9))
    sheet = draw_explanation(explanation(shape, faces=edge), CLASSES)
    assert 760 <= sheet.width <= 1284
    assert sheet.height <= 776


def test_odd_names_are_drawn() -> None:
    odd = explanation(source="\udcff\n\u202e" + "x" * 500, verdict="unsure")
    assert draw_explanation(odd, CLASSES).width == 804


def test_what_could_not_be_answered_cannot_be_drawn() -> None:
    with pytest.raises(UsageError, match="nothing to explain"):
        draw_explanation(failed(), CLASSES)


def test_a_gallery_shows_every_answer_and_error(tmp_path) -> None:
    gallery = Gallery(tmp_path / "why", classes=CLASSES, model="<b>model</b>")
    gallery.add(explanation(source="https://example.org/some/face one.jpg?x=1"))
    gallery.add(failed("<i>.jpg"))
    gallery.add(explanation(source="../../\u00e9.png"))
    page = gallery.close()
    names = sorted(path.name for path in page.parent.iterdir())
    assert names == ["0001-face-one.png", "0003--.png", "index.html"]
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 2
    assert 'href="0001-face-one.png"' in text
    assert "&lt;i&gt;.jpg" in text
    assert "There is no &lt;such&gt; file." in text
    assert "<b>model" not in text
    with Image.open(page.parent / names[0]) as image:
        assert image.format == "PNG"


def test_what_is_probably_neither_says_so(tmp_path) -> None:
    gallery = Gallery(tmp_path, classes=CLASSES, model="m")
    for verdict, off_topic in (("unsure", 0.9), ("unsure", 0.1), ("sad", None)):
        gallery.add(explanation((9, 9), verdict=verdict, off_topic=off_topic))
    text = gallery.close().read_text(encoding="utf-8")
    assert text.count("</b>, perhaps sad 0.70; or neither · ") == 1
    assert text.count("</b>, perhaps sad 0.70 · ") == 1
    drawn = [path.read_bytes() for path in sorted(tmp_path.glob("*.png"))]
    assert drawn[0] != drawn[1]


def test_a_page_shows_a_bounded_number_of_pictures(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gallery_module, "MOST_SHOWN", 2)
    gallery = Gallery(tmp_path, classes=CLASSES, model="m")
    for _ in range(4):
        gallery.add(explanation((9, 9)))
    text = gallery.close().read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 2
    assert text.count('<li><a href="') == 4


def test_t26_a_place_that_cannot_be_written_is_one_clear_error(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    gallery = Gallery(tmp_path / "file", classes=CLASSES, model="m")
    with pytest.raises(UsageError, match="Cannot write"):
        gallery.add(explanation())


def test_long_lines_are_cut_in_the_middle_to_the_room_there_is() -> None:
    letters = font(16)
    words = "".join(chr(97 + number % 26) for number in range(300))
    for room in (0, 20, 60, 200, 1000):
        cut = shortened(words, letters, room)
        assert letters.getlength(cut) <= room or cut == "…"
        head, _, tail = cut.partition("…")
        assert words.startswith(head)
        assert words.endswith(tail)
        assert 0 <= len(head) - len(tail) <= 1
        longer = f"{words[: len(head) + 1]}…{words[len(words) - len(tail) - 1 :]}"
        assert letters.getlength(longer) > room
    assert shortened("short", letters, 1000) == "short"
