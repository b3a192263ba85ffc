"""The objective: what it adds up, and that its teacher stays as it was given."""

from copy import deepcopy
from dataclasses import fields

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill import LOSSES, Objective, kd_loss
from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import build_student, build_teacher, evaluating
from ckdsnn.recipe import Recipe

TERMS = {name: (weight, LOSSES[name]()) for name, weight in (("kd", 0.5), ("samd", 3.0), ("nld", 2.0))}
RIVALS = {name: (1.0, LOSSES[name]()) for name in ("kdsnn", "bkd", "at", "catkd", "e2kd")}
STAGED = {"samd": (1.0, LOSSES["samd"](stage=0))}  # Grad-CAM: a backward pass through the teacher
WB = ("weight", "bias")


@pytest.fixture
def setting():
    torch.manual_seed(0)
    teacher, student = build_teacher("resnet8", 10, width=1), build_student("resnet8", 10, width=1, timesteps=2)
    return teacher, student, torch.randn(6, 3, 16, 16), torch.arange(6)


def adapters(terms, student_channels=64, teacher_channels=64):
    """Of the terms that have own parameters."""
    return {n: terms[n][1].adapter(student_channels, teacher_channels) for n in ("kdsnn", "bkd") if n in terms}


def generator():
    return torch.Generator().manual_seed(0)


def test_total_is_the_cross_entropy_and_the_weighted_terms(setting):
    teacher, student, x, y = setting
    features = student(x)
    total, named = Objective(TERMS, teacher)(x, y, features, generator())
    assert list(named) == ["ce", "kd", "samd", "nld"]
    torch.testing.assert_close(named["ce"], F.cross_entropy(features.logits, y))
    torch.testing.assert_close(named["kd"], kd_loss(features.logits, teacher.eval()(x).logits))
    torch.testing.assert_close(total, named["ce"] + 0.5 * named["kd"] + 3 * named["samd"] + 2 * named["nld"])
    again, _ = Objective(TERMS, teacher)(x, y, features, generator())
    assert torch.equal(again, total)


def test_without_terms_it_is_cross_entropy_alone_and_the_teacher_rests(setting):
    teacher, student, x, y = setting
    teacher.register_forward_hook(lambda *_: pytest.fail("the teacher ran"))
    for objective in (Objective({}), Objective({}, teacher)):
        total, named = objective(x, y, student(x))
        assert torch.equal(total, named["ce"]) and list(named) == ["ce"]


def test_terms_without_a_teacher_are_refused():
    with pytest.raises(CkdsnnError, match="kd, samd, nld need a teacher"):
        Objective(TERMS)


def test_teacher_stays_out_of_training_for_good(setting):
    teacher, *_ = setting
    wrapped = nn.ModuleDict({"objective": Objective(TERMS, teacher)})
    for module in (wrapped, wrapped["objective"]):
        module.train().requires_grad_(True)
        assert not any(part.training for part in teacher.modules())
        assert list(module.parameters()) == list(module.buffers()) == [] and module.state_dict() == {}
    assert not any(p.requires_grad for p in teacher.parameters())


@pytest.mark.parametrize("name", LOSSES)
def test_a_teacher_of_other_classes_is_refused(setting, name):
    _, student, x, y = setting
    terms = {name: (1.0, LOSSES[name]())}
    objective = Objective(terms, build_teacher("resnet8", 100, width=1), student, adapters(terms))
    with pytest.raises(CkdsnnError, match=r"teacher logits \[6, 100\], student logits \[6, 10\]: .*the same classes"):
        objective(x, y, student(x), generator())


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.arange(6) + 5, "labels from 5 to 10: expected 0 to 9"),
        (torch.arange(6) - 1, "labels from -1 to 4: expected 0 to 9"),
        (torch.arange(6, dtype=torch.int32), "int32: expected one torch.int64 index"),
        (torch.eye(10)[:6], r"labels of shape \[6, 10\]"),
        (torch.arange(6)[:, None], r"labels of shape \[6, 1\]"),
        (torch.arange(5), r"labels of shape \[5\].* for each of 6 images"),
    ],
)
@pytest.mark.parametrize("terms", [{}, TERMS], ids=["cross-entropy", "ours"])
def test_labels_that_are_no_classes_are_refused(setting, terms, labels, message):
    teacher, student, x, _ = setting
    with pytest.raises(CkdsnnError, match=message):
        Objective(terms, teacher)(x, labels, student(x), generator())


def test_a_teacher_normalised_by_the_batch_has_its_statistics_and_keeps_its_own(setting):
    teacher, student, x, y = setting
    judge = deepcopy(teacher).train()  # its own running statistics drift: that is why it is a copy
    running = teacher.eval()(x).logits.detach()
    before = {name: tensor.clone() for name, tensor in teacher.named_buffers()}
    objective = Objective(TERMS, teacher, teacher_norm="batch").train()
    for _ in range(2):
        seen = objective.observe(x)
        torch.testing.assert_close(seen.logits, judge(x).logits)
        objective(x, y, student(x), generator())
    assert not torch.allclose(seen.logits, running)
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.named_buffers())
    assert not seen.logits.requires_grad
    with evaluating(teacher):
        torch.testing.assert_close(teacher(x).logits, running)
    torch.testing.assert_close(Objective(TERMS, teacher).observe(x).logits, running)
    assert all(m.track_running_stats for m in teacher.modules() if isinstance(m, nn.BatchNorm2d)), "as it was"


def test_grad_cam_has_no_teacher_that_is_normalised_by_the_batch(setting):
    objective = Objective(TERMS, setting[0], teacher_norm="batch")
    with pytest.raises(CkdsnnError, match="needs a closed class activation map"):
        Engine(closed_cam=False).tell(objective)


def test_an_unknown_norm_of_the_teacher_is_refused(setting):
    with pytest.raises(CkdsnnError, match="'layer'; choose one of: running, batch"):
        Objective(TERMS, setting[0], teacher_norm="layer")


@pytest.mark.parametrize("terms", [TERMS, STAGED, RIVALS], ids=["ours", "early stage", "rivals"])
def test_many_steps_leave_the_teacher_untouched(setting, terms):
    teacher, student, x, y = setting
    teacher.train().requires_grad_(True)  # as the released code leaves it
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    objective = Objective(terms, teacher, student, adapters(terms))
    optimizer = torch.optim.SGD([*student.parameters(), *objective.parameters()], lr=0.1)
    first = student.head[0].weight.clone()
    for _ in range(3):
        optimizer.zero_grad()
        total, _ = objective.train()(x, y, student(x), generator())
        total.backward()
        optimizer.step()
    assert not torch.equal(student.head[0].weight, first)
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.state_dict().items())
    assert all(p.grad is None for p in teacher.parameters())


def test_no_graph_is_kept_through_the_teacher(setting):
    teacher, student, x, y = setting
    seen = []
    objective = Objective({"spy": (1.0, lambda batch: seen.append(batch) or torch.zeros(()))}, teacher)
    objective(x.requires_grad_(), y, student(x))
    (batch,) = seen
    assert not any(tensor.requires_grad for tensor in (batch.teacher.logits, *batch.teacher.stages))
    assert batch.teacher_model is teacher and batch.images is x and batch.labels is y


@pytest.mark.parametrize("nested", [False, True])
def test_teacher_moves_along(setting, nested):
    teacher, student, x, y = setting
    objective = Objective(TERMS, teacher)
    (nn.ModuleList([objective]) if nested else objective).to(torch.float64)
    assert all(p.dtype == torch.float64 for p in teacher.parameters())
    total, _ = objective(x.double(), y, student.double()(x.double()))
    assert total.dtype == torch.float64


@pytest.mark.parametrize("terms", [TERMS, RIVALS], ids=["ours", "rivals"])
def test_half_precision_is_judged_in_float32(setting, terms):
    teacher, student, x, y = setting
    with torch.autocast("cpu", torch.bfloat16):
        features = student(x)
        total, named = Objective(terms, teacher, student, adapters(terms))(x, y, features, generator())
    assert features.logits.dtype == torch.bfloat16
    assert all(term.dtype == torch.float32 and term.isfinite() for term in (total, *named.values()))


@pytest.mark.parametrize("name", RIVALS)
def test_every_rival_moves_the_student_and_its_own_parameters(setting, name):
    _, student, x, y = setting
    teacher = build_teacher("resnet8", 10, width=2)  # of other widths: both adapters have parameters
    terms = {name: RIVALS[name]}
    objective = Objective(terms, teacher, student, adapters(terms, 64, 128))
    _, named = objective(x, y, student(x), generator())
    named[name].backward()
    assert student.stem[0].weight.grad.any()
    assert all(p.grad.any() for p in objective.parameters())
    assert all(p.grad is None for p in teacher.parameters())
    assert (student.head[0].weight.grad is not None) == (name in ("catkd", "e2kd"))


def test_adapters_are_parts_of_the_objective_and_the_networks_are_not(setting):
    teacher, student, *_ = setting
    objective = Objective(RIVALS, teacher, student, adapters(RIVALS, 32, 64))
    own = {"adapters.kdsnn.weight", "adapters.kdsnn.bias", *(f"adapters.bkd.{i}.{n}" for i in (0, 1, 3) for n in WB)}
    assert set(objective.state_dict()) == {name for name, _ in objective.named_parameters()} == own
    objective.to(torch.float64)
    assert all(p.dtype == torch.float64 for p in objective.parameters())
    assert all(p.dtype == torch.float32 for p in student.parameters())


def test_terms_without_their_adapters_are_refused(setting):
    teacher, student, *_ = setting
    with pytest.raises(CkdsnnError, match="the terms bkd need adapters"):
        Objective(RIVALS, teacher, student, {"kdsnn": nn.Identity()})


@pytest.mark.parametrize("name", LOSSES)
def test_a_recipe_has_every_field_of_a_term_with_the_same_default(name):
    term, recipe = LOSSES[name], {field.name: field.default for field in fields(Recipe)}
    assert {field.name: field.default for field in fields(term)}.items() <= recipe.items()
    assert isinstance(recipe[term.weight], float)


@pytest.mark.parametrize("change", [lambda y: y + 5, lambda y: -y, lambda y: y.int(), lambda y: y[:, None], list])
def test_labels_are_class_indices(change, setting):
    teacher, student, x, y = setting
    for objective in (Objective({}), Objective(TERMS, teacher)):
        with pytest.raises(CkdsnnError, match="labels"):
            objective(x, change(y), student(x))


def test_networks_that_give_logits_alone_are_named(setting):
    teacher, student, x, y = setting
    own = nn.Sequential(nn.Flatten(), nn.Linear(768, 10))
    with pytest.raises(CkdsnnError, match="Sequential returns a Tensor: expected Features; Tapped makes them"):
        Objective(TERMS, own)(x, y, student(x))
    with pytest.raises(CkdsnnError, match="student: expected its Features, not a Tensor"):
        Objective(TERMS, teacher)(x, y, student(x).logits)
    with pytest.raises(CkdsnnError, match=r"the input is a ndarray: expected a torch.Tensor"):
        Objective(TERMS, teacher)(x.numpy(), y, student(x))


def test_logits_that_are_not_averaged_over_time_are_refused(setting):
    teacher, student, x, y = setting
    steps = student(x)._replace(logits=torch.zeros(2, 6, 10))
    for objective in (Objective({}), Objective(TERMS, teacher)):
        with pytest.raises(CkdsnnError, match=r"student logits \[2, 6, 10\]: expected \[B, K\] .*over the time steps"):
            objective(x, y, steps)


def test_terms_are_not_compared_without_the_teachers_features(setting):
    teacher, student, x, y = setting
    with pytest.raises(CkdsnnError, match="not a NoneType; the terms kd, samd, nld need what `observe` returns"):
        Objective(TERMS, teacher).compare(x, y, student(x), None)


@pytest.mark.parametrize("terms", [["kd"], {"kd": LOSSES["kd"]()}, {"kd": (1.0, LOSSES["kd"])}, {"kd": ("1", len)}])
def test_what_are_no_terms_are_refused(terms, setting):
    with pytest.raises(CkdsnnError, match=r"expected by name \(weight, term\)"):
        Objective(terms, setting[0])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"ce": (1.0, LOSSES["kd"]())}, "named 'ce'; expected another name"),
        ({"kd": (float("nan"), LOSSES["kd"]())}, "kd: weight = nan; expected a finite number"),
        ({"kd": (float("inf"), LOSSES["kd"]())}, "kd: weight = inf; expected a finite number"),
        ({"own": (1.0, nn.Linear(2, 2))}, "own: the parameters of Linear would not be trained; .* a method `adapter`"),
        ({1: (1.0, LOSSES["kd"]())}, "expected by name"),
    ],
)
def test_terms_that_would_train_something_else_are_refused(terms, message, setting):
    with pytest.raises(CkdsnnError, match=message):
        Objective(terms, setting[0])


def test_a_term_may_be_a_module_without_parameters_to_train(setting):
    teacher, student, x, y = setting
    for module in (nn.Identity(), nn.Linear(2, 2).requires_grad_(False)):
        module.forward = lambda batch: batch.student.logits.mean()
        _, named = Objective({"own": (1.0, module)}, teacher)(x, y, student(x))
        assert [*named] == ["ce", "own"]


def test_adapters_of_no_term_are_refused(setting):
    terms = {name: RIVALS[name] for name in ("kdsnn", "at")}
    with pytest.raises(CkdsnnError, match="adapters of at, kdsn; terms that take them: kdsnn"):
        Objective(terms, setting[0], adapters=dict.fromkeys(("kdsnn", "at", "kdsn"), nn.Identity()))


@pytest.mark.parametrize("share", [-0.1, 2, "a"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(CkdsnnError, match=r"label_smoothing = .*; expected a share from 0 to 1"):
        Objective({}, label_smoothing=share)
