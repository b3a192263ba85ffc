"""The pages of results: published numbers beside ours of the same network only, and what each command stands for."""

from dataclasses import replace

from ckdsnn.records.paper import Published
from ckdsnn.report.result_page import own_table, published_table, reproduce_table, worth
from tests.report.conftest import cells_of, with_accuracy

ENTRY = Published("CIFAR-100", "ResNet-19", 1, "ckdsnn", 79.11, "second-hand")


def at_scale(record, seed, accuracy, **recipe):
    """`record` as if it were a paper-tier run of the entry's network."""
    like = {"tier": "paper", "dataset": "cifar100", "model": "resnet19", "timesteps": 1, "epochs": 100}
    made = with_accuracy(record, "ckdsnn", seed, accuracy)
    return replace(made, tier="paper", recipe=made.recipe | like | recipe)


def test_ours_stands_beside_the_published_number_of_the_same_run_alone(record):
    runs = [at_scale(record, seed, accuracy) for seed, accuracy in enumerate((77.0, 78.0))]
    other = [at_scale(record, 5, 10.0, timesteps=4), at_scale(record, 6, 10.0, name="x-snn"), record]
    longer = [at_scale(record, 0, 79.0, epochs=400)]
    (row,) = published_table([ENTRY], runs + other + longer).splitlines()[5:6]
    assert row == (
        "| CIFAR-100 | ResNet-19 | 1 | CKDSNN | 79.11 | second-hand "
        "| 77.50 ± 0.71 (n = 2), 100 epochs; 79.00 (n = 1), 400 epochs |"
    )


def test_where_we_have_nothing_there_is_a_dash_and_what_is_unknown_is_a_question_mark():
    unsure = Published("ImageNet-1K", "not named", None, "KDSNN", 63.42, "second-hand", "its T unverified")
    assert "| ? | KDSNN | 63.42 | second-hand; its T unverified | – |" in published_table([unsure], [])


def test_own_runs_are_means_over_the_seeds(record):
    row = own_table(cells_of(record, {"kd": [50.0, 52.0]})).splitlines()[5]
    assert row.startswith("| KD | 51.00 ± 1.41 (n = 2) |")


def test_worth_is_a_paired_difference_or_not_measured(record):
    cells = cells_of(record, {"ckdsnn": [50.0, 51.0, 52.5], "ckdsnn-with-relu": [53.0, 53.5, 55.9]})
    assert worth(cells, "ckdsnn-with-relu", "ckdsnn") == "+2.97 [+1.85, +4.09] (n = 3)"
    assert worth(cells, "ckdsnn-with-head", "ckdsnn") == "not measured yet"


def test_a_suite_says_its_command_its_runs_and_its_cost(record):
    suites = {"noise": cells_of(record, {"kd": [1.0, 2.0], "nld": [3.0]}), "stage": {}}
    lines = reproduce_table(suites, {"noise": "notebooks/a.ipynb", "stage": "notebooks/b.ipynb"}).splitlines()
    hours = 3 * record.seconds * record.env["threads"] / 3600
    assert lines[5].startswith("| [noise](../notebooks/a.ipynb) | `ckdsnn suite noise --tier reduced --seeds 2 ")
    assert lines[5].endswith(f"| 3 | {hours:.1f} | {record.env['device']} |")
    assert "--seeds 3 " in lines[6] and lines[6].endswith("| 0 | – | – |")
