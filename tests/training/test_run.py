"""run(): what is on record, what is repeated, what goes on, and what is refused."""

from dataclasses import asdict
from importlib import import_module

import numpy as np
import pytest
import torch
from torchmetrics.classification import MulticlassAccuracy

from ckdsnn import CkdsnnError, load_records, run
from ckdsnn.analysis.evaluate import evaluate
from ckdsnn.assemble import build_data, build_network, build_objective, load_network, teacher_recipe
from ckdsnn.distill.maps import class_activation_map, spike_activation_map
from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_arrays, load_record
from ckdsnn.training.module import Classifier

run_module = import_module("ckdsnn.training.run")  # the package's name `run` is the function
SNN = RECIPES["digits-snn"].replace(name="tiny-snn", timesteps=1, train_images=96, epochs=3)


def without_times(record) -> dict:
    """A record's result, without clocks and names."""
    curve = [{k: v for k, v in p.items() if not k.endswith("seconds")} for p in record.curve]
    return {"curve": curve, "final": record.final, "weights": record.weights["sha256"]}


def test_a_student_records_its_teacher_terms_and_measurements(record, results, student):
    teacher = next(r for r in load_records(results) if r.recipe["name"] == "tiny-teacher")
    assert record.recipe == asdict(student)
    assert record.teacher == {
        "record": teacher.id,
        "sha256": teacher.weights["sha256"],
        "accuracy": teacher.accuracy,
    }
    assert [set(p) >= {"ce", "samd", "nld", "train_accuracy", "test_accuracy"} for p in record.curve] == [True, True]
    assert len(record.final["firing_rate"]) == 7  # a neuron layer after the stem and two in each of three blocks
    assert record.final["energy"]["ac"] > 0 and teacher.final["energy"]["mac"] > record.final["energy"]["mac"]
    assert teacher.teacher is None and teacher.final["firing_rate"] == {}


def test_the_recorded_arrays_are_the_maps_of_the_recorded_weights(record, results, student):
    arrays, module = load_arrays(record, results), build_data(student, 0)
    x, y, _ = next(iter(module.test_dataloader()))
    teacher = next(r for r in load_records(results) if r.recipe["name"] == "tiny-teacher")
    ann, snn = load_network(teacher, results), load_network(record, results)
    with torch.no_grad():
        cam = class_activation_map(ann(x[:64]).stages[-1], ann.head_weight, y[:64])
        sam = spike_activation_map(snn(x[:64]).stages[-1])
    np.testing.assert_array_equal(arrays["sam"], sam)  # counts are exact in float16
    np.testing.assert_allclose(arrays["cam"], cam, rtol=2e-3, atol=1e-3)
    np.testing.assert_array_equal(arrays["labels"], y[:64])


def test_the_recorded_logits_are_those_behind_the_accuracy(record, results, student):
    logits, module = load_arrays(record, results)["test_logits"], build_data(student, 0)
    labels = module.source.y_test[:1000].numpy()
    assert logits.shape == (len(labels), 10)  # fewer than 1,000 test digits: all of them
    assert 100 * (logits.argmax(1) == labels).mean() == pytest.approx(record.accuracy, abs=0.3)  # float16 may tie


def test_evaluating_the_weights_again_gives_the_recorded_accuracy(record, results):
    assert evaluate(record.id, results) == record.final["last_accuracy"]


def test_a_training_in_half_precision_is_tested_in_full_as_its_weights_will_be(student, results, tmp_path, monkeypatch):
    update, seen = MulticlassAccuracy.update, set()
    monkeypatch.setattr(MulticlassAccuracy, "update", lambda *args: seen.add(args[1].dtype) or update(*args))
    half = run(student, out=tmp_path, results=results, progress=False, precision="bf16", epochs=1)
    assert half.env["dtype"] == "bf16-mixed" and seen == {torch.float32}
    assert evaluate(half.id, tmp_path) == half.final["last_accuracy"]


def test_a_run_on_record_is_not_repeated(record, results, student, monkeypatch):
    monkeypatch.setattr(Classifier, "training_step", lambda *_: pytest.fail("trained again"))
    assert run(student, out=results, progress=False) == record
    assert run(student.replace(name="another-name"), out=results, progress=False) == record


def test_numbers_of_numpys_make_the_same_run(tmp_path):
    plain = run(SNN, seed=1, out=tmp_path / "plain", progress=False, epochs=1, lr=0.5, train_images=32)
    given = {"seed": np.int64(1), "epochs": np.int64(1), "lr": np.float32(0.5), "train_images": np.int64(32)}
    assert without_times(run(SNN, out=tmp_path, progress=False, devices=np.int64(1), **given)) == without_times(plain)
    assert [r.id for r in load_records(tmp_path)] == [plain.id]


def test_a_missing_teacher_is_trained_first_and_said(student, tmp_path, capsys):
    run(student, out=tmp_path, progress=False, train_images=64, epochs=1)
    assert "tiny-teacher (seed 0) is not on record: training it first" in capsys.readouterr().out
    assert [r.recipe["name"] for r in load_records(tmp_path)] == ["tiny-ckdsnn", "tiny-teacher"]


def test_resuming_equals_running_through_and_an_interruption_leaves_no_record(student, results, tmp_path, monkeypatch):
    distilled = student.replace(timesteps=1, epochs=3)
    through = run(distilled, seed=1, out=results, progress=False)
    start_epoch, started = Classifier.on_train_epoch_start, []

    def noted(self):
        started.append(self.current_epoch)
        start_epoch(self)

    def interrupted(self):
        if self.current_epoch == 2:
            raise KeyboardInterrupt
        noted(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="same command continues"):
        patch.setattr(Classifier, "on_train_epoch_start", interrupted)
        run(distilled, seed=1, out=tmp_path, results=results, progress=False)
    assert [r.recipe["name"] for r in load_records(tmp_path)] == ["tiny-teacher"]
    monkeypatch.setattr(Classifier, "on_train_epoch_start", noted)
    resumed = run(distilled, seed=1, out=tmp_path, progress=False)
    assert started == [0, 1, 2]  # the two whole epochs were not trained again
    assert without_times(resumed) == without_times(through)
    assert len(resumed.curve) == 3


def test_the_seed_decides_everything(tmp_path):
    first, again, other = (
        run(SNN, seed=seed, out=tmp_path / name, progress=False, epochs=1)
        for seed, name in ((0, "a"), (0, "b"), (1, "b"))
    )
    assert without_times(first) == without_times(again)
    assert without_times(first) != without_times(other)


def test_methods_share_initial_weights_and_data_order(student):
    plain = student.replace(losses="none")
    states = [build_network(recipe, 10, seed=5).state_dict() for recipe in (plain, student)]
    assert all(torch.equal(a, b) for a, b in zip(*(s.values() for s in states), strict=True))
    batches = [next(iter(build_data(recipe, 5).train_dataloader())) for recipe in (plain, student)]
    assert all(torch.equal(a, b) for a, b in zip(*batches, strict=True))


def test_building_a_network_leaves_the_global_random_state(student):
    before = torch.get_rng_state()
    build_network(student, 10, seed=3)
    assert torch.equal(before, torch.get_rng_state())


def test_every_switch_reaches_its_term(student):
    released = student.replace(
        teacher_range="batch",
        student_range="batch",
        map_class="teacher",
        temperature_squared=False,
        noise_scale="variance",
        noise_mix="probabilities",
        beta=0.5,
        gamma=2.0,
    )
    terms = build_objective(released, build_network(RECIPES["digits-teacher"], 10)).terms
    (beta, samd), (gamma, nld) = terms["samd"], terms["nld"]
    assert (beta, gamma) == (0.5, 2.0)
    assert (samd.teacher_range, samd.student_range, samd.map_class) == ("batch", "batch", "teacher")
    assert (samd.temperature_squared, nld.noise_scale, nld.noise_mix) == (False, "variance", "probabilities")


def test_weights_that_do_not_fit_are_refused(record, results):
    wider = type(record)(**asdict(record) | {"recipe": record.recipe | {"width": 2}})
    with pytest.raises(CkdsnnError, match="do not fit"):
        load_network(wider, results)


def test_unknown_names_and_impossible_fields_leave_nothing(tmp_path):
    out = tmp_path / "results"
    for arguments, message in (
        ({"recipe": "digits-magic"}, "unknown recipe 'digits-magic'; choose one of: digits-at, digits-samd"),
        ({"recipe": "digits-snn", "tau": 2}, "unknown recipe field 'tau'"),
        ({"recipe": "digits-ckdsnn", "role": "teacher"}, "needs a student"),
        ({"recipe": "digits-ckdsnn", "teacher": "nobody"}, "unknown teacher recipe for digits 'nobody'"),
        ({"recipe": "digits-ckdsnn", "teacher": "digits-kd"}, "choose one of: digits-teacher"),
        ({"recipe": "digits-ckdsnn", "teacher": "cifar10-reduced-teacher"}, "choose one of: digits-teacher"),
        ({"recipe": "digits-snn", "timesteps": 0}, "timesteps = 0; expected from 1"),
        ({"recipe": "digits-snn", "seed": "1"}, "seed = '1'; expected an integer"),
        ({"recipe": "digits-ckdsnn", "seed": 2**32}, "seed = 4294967296; expected an integer from 0 to 4294967295"),
        ({"recipe": "digits-snn", "devices": 0}, "devices = 0; expected an integer of at least 1"),
        ({"recipe": "digits-snn", "accelerator": "abacus"}, "accelerator = 'abacus'"),
        ({"recipe": "digits-snn", "accelerator": "tpu"}, "accelerator = 'tpu'"),
        ({"recipe": None}, "unknown recipe None"),
        ({"recipe": "digits-snn", "train_images": 5000}, "train_images"),
        ({"recipe": "digits-snn", "tier": "paper"}, "tier = 'paper'; digits-snn stays in its tier, smoke"),
        ({"recipe": "digits-snn", "devices": 3}, "batch_size = 32 cannot be shared out among 3 devices"),
    ):
        with pytest.raises(CkdsnnError, match=message):
            run(**arguments, out=out, progress=False)
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(CkdsnnError, match="file"):
        run(SNN, out=blocked / "results", progress=False)


def test_a_teacher_on_record_elsewhere_is_copied_not_trained(student, record, results, tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(run_module, "print", trained.append, raising=False)
    new = run(student, seed=3, out=tmp_path, progress=False, results=results, epochs=1)
    assert new.teacher == record.teacher and not trained
    assert load_network(load_record(record.teacher["record"], tmp_path), tmp_path)


def test_the_teacher_gets_the_students_statistics(student):
    assert teacher_recipe(student).digest() == RECIPES["tiny-teacher"].digest()
    assert teacher_recipe(student.replace(statistics="cifar10")).statistics == "cifar10"


def test_a_damaged_checkpoint_is_named(tmp_path):
    work = tmp_path / "work" / SNN.record_id(0)
    work.mkdir(parents=True)
    (work / "last.ckpt").write_bytes(b"PK damaged")
    with pytest.raises(CkdsnnError, match=r"last\.ckpt is damaged .*; delete it and run again"):
        run(SNN, out=tmp_path, progress=False)
