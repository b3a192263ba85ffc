"""Published numbers: read whole, or refused with the file's name."""

from pathlib import Path

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.paper import Published, load_published

RESULTS = Path(__file__).parents[2] / "results"


def test_the_committed_numbers_hold_the_papers_main_table():
    found = {(p.data, p.student, p.timesteps): p.accuracy for p in load_published(RESULTS) if p.method == "CKDSNN"}
    assert found["CIFAR-10", "ResNet-19", 1] == 96.11 and found["CIFAR-100", "ResNet-19", 1] == 79.11
    assert found["CIFAR-10", "ResNet-19", 4] == 97.81 and found["CIFAR-100", "ResNet-19", 4] == 83.88


def test_what_was_not_read_in_the_paper_itself_says_so():
    assert {p.certainty for p in load_published(RESULTS) if p.method.startswith("CKDSNN")} == {"second-hand"}
    unsure = Published("CIFAR-10", "ResNet-19", 4, "EnOF", 96.19, "second-hand", unsure_of_t=True)
    assert unsure in load_published(RESULTS)


@pytest.mark.parametrize("content", ["", "{", '{"source": "x", "entries": []}', '{"source": "x", "entries": [{}]}'])
def test_a_file_that_holds_none_is_named(content, tmp_path):
    with pytest.raises(CkdsnnError, match=r"paper\.json does not hold published numbers"):
        load_published(tmp_path)
    (tmp_path / "paper.json").write_text(content)
    with pytest.raises(CkdsnnError, match=r"paper\.json does not hold published numbers"):
        load_published(tmp_path)
