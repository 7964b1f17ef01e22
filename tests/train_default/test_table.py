"""Who may train for whom, and what labels are believed."""

from pathlib import Path

import numpy as np
import pytest
from table import Table, read_table, thinned

MANIFEST = """file,label,collection,fold,also_in,source_width,source_height
web/happy/a.jpg,happy,c0,0,c0,10,10
web/sad/b.jpg,sad,c1,1,c1 c0,10,10
web/happy/c.jpg,happy,c1,1,c1,10,10
web/sad/d.jpg,sad,c25,4,c25,10,10
web/sad/e.jpg,sad,c25,4,c25,10,10
web/sad/f.jpg,sad,c25,4,c25,10,10
web/happy/g.jpg,happy,c1,1,c1,10,10
"""
READINGS = """file,mood,sure,kind
web/happy/a.jpg,happy,1,face
web/sad/b.jpg,sad,1,body
web/happy/c.jpg,sad,1,group
web/sad/d.jpg,sad,0,text
web/sad/e.jpg,sad,1,face
web/sad/f.jpg,sad,1,face
web/happy/g.jpg,sad,0,other
"""


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.csv").write_text(MANIFEST)
    (tmp_path / "web" / "readings.csv").write_text(READINGS)
    return read_table(tmp_path)


def test_a_left_out_fold_takes_its_copies_in_other_collections_with_it(table):
    assert table.training_rows(0).tolist() == [2, 3, 4, 5, 6]  # b is also in c0
    assert table.training_rows(1).tolist() == [0, 3, 4, 5]
    assert table.training_rows(None).tolist() == list(range(7))


def test_a_model_is_judged_on_its_fold_or_on_everything(table):
    assert table.judged_rows(1).tolist() == [1, 2, 6]
    assert table.judged_rows(None).tolist() == list(range(7))


def test_the_scene_skips_doubtful_pictures_and_most_face_crops(table):
    assert table.scene_rows(None).tolist() == [0, 1, 2, 3]


def test_a_sure_reading_outweighs_the_folder_and_doubt_counts_half(table):
    targets, weights = table.targets()
    assert targets[0] == pytest.approx(0.03)
    assert targets[1] == pytest.approx(0.97)
    assert targets[2] > 0.5  # folder happy, reading surely sad
    assert targets[6] < 0.5  # folder happy, reading perhaps sad
    assert weights.tolist() == [1, 1, 1, 0.5, 1, 1, 0.5]


def test_agreed_needs_a_sure_reading_that_says_the_same(table):
    assert np.flatnonzero(table.agreed).tolist() == [0, 1, 4, 5]


def test_a_thinned_table_keeps_every_fold(table):
    small = thinned(table, 2)
    assert set(small.folds) == {0, 1, 4}
    assert len(small) == 4
    assert len(small.also_in) == 4


def test_the_material_has_whole_collections_in_folds(shared_data):
    table = read_table(shared_data)
    for name in np.unique(table.collections):
        assert len(np.unique(table.folds[table.collections == name])) == 1
    for fold in range(4):
        rows = table.training_rows(fold)
        hidden = set(table.collections[table.folds == fold])
        assert all(hidden.isdisjoint(table.also_in[row]) for row in rows)
        assert (table.folds[rows] == 4).any()
