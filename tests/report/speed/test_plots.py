"""Bars, shares, factors and exponents: what is drawn is what the bench records say, a row of panels a device."""

import itertools
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from ckdsnn.bench import cases as bench_cases
from ckdsnn.report.speed.entries import SWITCHED, case_name, entries_of, machine, shares, step_seconds, switches_of
from ckdsnn.report.speed.plots import AXES, scaling, switch_costs, throughput, time_shares
from ckdsnn.report.style import IMPLEMENTATIONS, PHASES, SWITCHES
from tests.bench_example import entry, point
from tests.report.examples import CPU, GPU, TURNED, benches, measured
from tests.report.test_style import LEAST, SEEN_BY, lab, linear


@pytest.fixture
def uneven():
    """A measurement whose entries all differ, in rates, phases and spread."""
    random, record = np.random.default_rng(0), measured()
    cases = [
        each
        | {"images_per_second": list(random.uniform(50, 200, 5))}
        | {"phase_seconds": dict(zip(each["phase_seconds"], random.uniform(0.1, 1, 6), strict=True))}
        for each in record.cases
    ]
    return replace(record, cases=cases)


def cases_of(record):
    """Case -> its entries by implementation, in the order of the record."""
    found = {}
    for each in entries_of(record):
        found.setdefault(case_name(each), {})[each["implementation"]] = each
    return found


def texts(axes):
    return [text.get_text() for text in axes.texts]


def drawn_range(container):
    """Ends of an error bar's line, as an array [2, 2] of points."""
    return container[2][0].get_segments()[0]


@pytest.mark.parametrize("draw", [throughput, time_shares])
def test_each_device_has_a_row_with_a_panel_for_each_case(draw):
    figure = draw(benches())
    assert [part.get_suptitle() for part in figure.subfigs] == [machine(record.env) for record in benches()]
    for part, record in zip(figure.subfigs, benches(), strict=True):
        titles = [axes.get_title().replace("\n", " ") for axes in part.axes]
        assert titles == list(cases_of(record))


def test_throughput_bars_are_medians_with_the_range_of_the_blocks(uneven):
    for axes, found in zip(throughput([uneven]).axes, cases_of(uneven).values(), strict=True):
        bars = [container for container in axes.containers if not hasattr(container, "has_yerr")]
        ranges = [container for container in axes.containers if hasattr(container, "has_yerr")]
        for bar, line, (name, each) in zip(bars, ranges, found.items(), strict=True):
            rates = each["images_per_second"]
            assert bar[0].get_height() == median(rates)
            np.testing.assert_allclose(drawn_range(line)[:, 1], [min(rates), max(rates)])
            assert to_hex(bar[0].get_facecolor()) == IMPLEMENTATIONS[name][1].lower()
        assert axes.get_ylim()[0] == 0 and axes.get_ylabel() == "Images/s"
        assert [tick.get_text().replace("\n", " ") for tick in axes.get_xticklabels()] == [
            IMPLEMENTATIONS[name][0] for name in found
        ]


def test_every_bar_but_the_references_bears_its_factor(uneven):
    for axes, found in zip(throughput([uneven]).axes, cases_of(uneven).values(), strict=True):
        rates = {name: median(each["images_per_second"]) for name, each in found.items()}
        assert texts(axes) == [f"{rates[name] / rates['reference']:.2f} ×" for name in found if name != "reference"]


def test_the_order_is_that_of_the_implementations_not_of_the_record():
    record = measured()
    turned_round = replace(record, cases=record.cases[::-1])
    for axes in throughput([turned_round]).axes:
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["reference", "ours", "ours,\nbf16"]


def test_shares_are_stacked_to_a_hundred_percent(uneven):
    figure = time_shares([uneven])
    for axes, found in zip(figure.axes, cases_of(uneven).values(), strict=True):
        stacks = np.array([bar.get_height() for bar in axes.patches]).reshape(len(found), len(PHASES))
        bottoms = np.array([bar.get_y() for bar in axes.patches]).reshape(stacks.shape)
        np.testing.assert_allclose(stacks, [[100 * s[phase] for phase in PHASES] for s in map(shares, found.values())])
        np.testing.assert_allclose(bottoms[:, 1:], stacks.cumsum(1)[:, :-1])
        np.testing.assert_allclose(stacks.sum(1), 100)
        colours = [to_hex(bar.get_facecolor()) for bar in axes.patches]
        assert colours == [colour.lower() for _, colour in PHASES.values()] * len(found)


def test_above_the_shares_stands_the_time_of_an_image():
    record = replace(measured(), cases=[entry()])  # 2 s for the parts of a step of 8 images
    assert texts(time_shares([record]).axes[0]) == ["250 ms"]


def test_the_legend_names_the_parts_once():
    (legend,) = time_shares(benches()).legends
    assert [text.get_text() for text in legend.get_texts()] == [label for label, _ in PHASES.values()]
    handles = [to_hex(handle.get_facecolor()) for handle in legend.legend_handles]
    assert handles == [colour.lower() for _, colour in PHASES.values()]


def test_switches_are_ratios_of_times_with_the_range_over_rounds(uneven):
    (axes,) = switch_costs([uneven]).axes
    *ranges, one = axes.lines
    turned = sorted(switches_of(uneven), key=lambda each: list(TURNED).index(each["implementation"]))
    for bar, line, each in zip(axes.patches, ranges, turned, strict=True):
        ours = cases_of(uneven)[case_name(each)]["ours"]
        ratios = np.divide(ours["images_per_second"], each["images_per_second"])
        assert bar.get_width() == pytest.approx(step_seconds(each) / step_seconds(ours))
        np.testing.assert_allclose(line.get_xdata(), [ratios.min(), ratios.max()])
        np.testing.assert_allclose(line.get_ydata(), bar.get_y() + bar.get_height() / 2)
    assert texts(axes) == [f"{bar.get_width():.2f}" for bar in axes.patches] and set(one.get_xdata()) == {1}


def test_switches_are_grouped_by_name_and_coloured_by_case():
    (axes,) = switch_costs([measured()]).axes
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names == ["spikingjelly's neuron", "channels first", "CAM by a backward pass"]
    cases = [text.get_text() for text in axes.get_legend().get_texts()]
    assert cases == [f"resnet20, width 1, T = {steps}, batch 8" for steps in (1, 4)]
    for place, group in enumerate(zip(axes.patches[::2], axes.patches[1::2], strict=True)):
        assert all(abs(bar.get_y() + bar.get_height() / 2 - place) < 0.5 for bar in group)
        assert len({to_hex(bar.get_facecolor()) for bar in group}) == 2


def test_a_device_without_one_of_the_switches_has_no_bar_for_it():
    fewer = measured(GPU)
    fewer = replace(fewer, cases=[each for each in fewer.cases if "closed_cam" not in each["implementation"]])
    first, second = switch_costs([fewer, measured(CPU)]).axes
    assert (len(first.patches), len(second.patches)) == (4, 6)


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_an_exact_power_law_is_drawn_with_its_exponent_and_slope_one(power):
    record = replace(measured(), sweep=[point("width", size, 3 * size**power, 10**6) for size in (1, 2, 4)])
    panel = scaling([record]).axes[list(AXES).index("width")]
    line, straight = panel.lines
    np.testing.assert_allclose(line.get_ydata(), [3 * size**power for size in (1, 2, 4)])
    np.testing.assert_allclose(np.divide(straight.get_ydata(), straight.get_xdata()), 3 * 4**power / 4)
    assert line.get_label() == f"exponent {power:.2f} ± 0.00"
    assert (panel.get_xscale(), panel.get_yscale()) == ("log", "log")


def test_time_stands_above_memory_along_the_same_axis():
    panels = scaling([measured()]).axes
    for above, below, (axis, name) in zip(panels[:3], panels[3:], AXES.items(), strict=True):
        along = [each for each in measured().sweep if each["axis"] == axis]
        assert above.get_xlabel() == below.get_xlabel() == name
        assert (above.get_ylabel(), below.get_ylabel()) == ("Step (s)", "Peak memory (MB)")
        for panel, costs in ((above, map(step_seconds, along)), (below, (e["peak_memory_bytes"] / 1e6 for e in along))):
            np.testing.assert_array_equal(panel.lines[0].get_xdata(), [each["value"] for each in along])
            np.testing.assert_allclose(panel.lines[0].get_ydata(), list(costs))
            assert [tick.get_text() for tick in panel.get_xticklabels()] == [str(each["value"]) for each in along]


@pytest.mark.parametrize("memory", [None, 0])
def test_memory_that_is_not_known_is_left_blank(memory):
    sweep = [each | {"peak_memory_bytes": memory} for each in measured().sweep]
    panels = scaling([replace(measured(), sweep=sweep)]).axes
    assert all(panel.lines for panel in panels[:3])
    assert not any(panel.lines or panel.axison for panel in panels[3:])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_all_that_is_measured_has_a_style(device):
    assert list(PHASES) == list(entry()["phase_seconds"])
    assert set(IMPLEMENTATIONS) == set(bench_cases.IMPLEMENTATIONS)
    switches = bench_cases.switched(torch.device(device))
    assert {name.removeprefix(SWITCHED) for name in switches} <= set(SWITCHES)


@pytest.mark.parametrize("eyes", SEEN_BY)
@pytest.mark.parametrize("table", [IMPLEMENTATIONS, PHASES], ids=["implementations", "phases"])
def test_any_two_can_be_told_apart(table, eyes):
    seen = {name: lab(SEEN_BY[eyes] @ linear(colour)) for name, (_, colour) in table.items()}
    for one, other in itertools.combinations(seen, 2):
        distance = np.linalg.norm(seen[one] - seen[other])
        assert distance >= LEAST, f"{one} and {other}: {distance:.1f}"
