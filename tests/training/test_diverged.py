"""A training whose loss is no number any more stops within the epoch, and is on record as failed."""

import json

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_records
from ckdsnn.records.failure import FAILURES
from ckdsnn.training import run
from ckdsnn.training.run import work_folder

TINY = RECIPES["digits-snn"].replace(train_images=96, epochs=3)


@pytest.mark.parametrize(("change", "epoch"), [({"lr": 1e30}, 1), ({"weight_decay": 1e10}, 2)])
def test_a_diverged_training_stops_says_where_and_is_on_record_as_failed(change, epoch, tmp_path):
    recipe = TINY.replace(**change)
    with pytest.raises(CkdsnnError, match=rf"diverged: (ce|a weight) was not finite at step \d of epoch {epoch}"):
        run(recipe, 0, tmp_path, progress=False)
    (failure,) = FAILURES.load_all(tmp_path)
    assert failure.id == recipe.record_id(0) and failure.epoch == epoch and failure.recipe["epochs"] == 3
    assert load_records(tmp_path) == [] and len(failure.curve) == epoch - 1
    assert (work_folder(recipe, 0, tmp_path) / "last.ckpt").exists() == (epoch > 1)
    with pytest.raises(CkdsnnError, match=r"when it was run before; delete .*failures"):
        run(recipe, 0, tmp_path, progress=False)


def test_the_checkpoint_of_the_last_good_epoch_stays(tmp_path, monkeypatch):
    from ckdsnn.training import module

    def poisoned(self, values, count, note=module.Classifier.note):
        if (self.current_epoch, self.global_step) == (1, 4):  # 3 steps an epoch: the second of the second
            values = values | {"ce": values["ce"] * float("nan")}
        return note(self, values, count)

    monkeypatch.setattr(module.Classifier, "note", poisoned)
    with pytest.raises(CkdsnnError, match=r"ce was not finite at step 2 of epoch 2"):
        run(TINY, 0, tmp_path, progress=False)
    failure = json.loads(next((tmp_path / "failures").iterdir()).read_text())
    assert (failure["term"], failure["epoch"], failure["step"], len(failure["curve"])) == ("ce", 2, 2, 1)
    assert (work_folder(TINY, 0, tmp_path) / "last.ckpt").is_file()
