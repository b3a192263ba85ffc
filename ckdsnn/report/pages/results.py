"""The page of results: published numbers, and every run on record. `runs`: a frame of runs."""

from collections.abc import Iterable, Sequence

import itables.options
import pandas as pd
from itables.javascript import generate_init_offline_itables_html

from ckdsnn.recipe import Recipe
from ckdsnn.records.paper import Published
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.limits import NAMES
from ckdsnn.report.tables import Show, Table, count, mean_sd, series, whole

OURS = {  # method as published -> what it is here: beside CKDSNN, also the release that can have made its numbers
    "CKDSNN": ("ckdsnn", "ckdsnn-first", "ckdsnn-count"),
    "KDSNN": ("kdsnn",),
    "BKDSNN": ("bkd",),
}
PAPER = "CKDSNN"
WITHOUT_MAPS = ("snn", "kd", "nld")  # methods that CKDSNN has to be held against
TIERS = ("paper", "reduced", "smoke")  # as the table of all runs is first ordered
SCRIPT = "itables.js"  # in the pages' folder _static


def in_setting(runs: pd.DataFrame, entry: Published) -> pd.Series:
    """Which runs are of the entry's network, data and T, in the paper's tier."""
    same = (runs["tier"] == "paper") & runs["T"].eq(entry.timesteps or 0).fillna(False).astype(bool)
    data, student = (runs[column].astype(str).map(NAMES) for column in ("dataset", "model"))
    return same & (data == entry.data) & (student == entry.student)


def is_of(runs: pd.DataFrame, entry: Published) -> pd.Series:
    """Which runs are of its setting, and of its method."""
    return in_setting(runs, entry) & runs["method"].isin(OURS.get(entry.method, ()))


def ours(entry: Published, runs: pd.DataFrame) -> str:
    """What our runs of a published entry have reached, by method and length of the schedule; "" for none."""
    groups = runs[is_of(runs, entry)].groupby(["method", "epochs"], observed=True)["accuracy"]
    found = [(str(method), epochs, values) for (method, epochs), values in groups]
    found.sort(key=lambda one: (OURS[entry.method].index(one[0]), one[1]))
    return "; ".join(f"{label_of(method)}: {mean_sd(values)}, {epochs} epochs" for method, epochs, values in found)


def published_parts(entries: Sequence[Published], runs: pd.DataFrame, show: Show) -> str:
    """A table for each data set with what is to be said of it; `runs`: of the named recipes."""
    parts = []
    for data in dict.fromkeys(entry.data for entry in entries):
        group = [entry for entry in entries if entry.data == data]
        ids = sorted({name for entry in group for name in runs.loc[is_of(runs, entry), "id"]})
        higher = [above(entry, group) for entry in group if entry.method == PAPER]
        parts += [show(published_table(data, group, runs), "book/results.md", ids)]
        parts += ["\n".join(f"- {text}" for text in higher if text)]
    return "\n\n".join(filter(None, parts))


def published_table(data: str, entries: Iterable[Published], runs: pd.DataFrame) -> Table:
    """The entries of one data set: by network and T, the highest accuracy first."""
    columns = {
        "Student": student_of,
        "Method": lambda entry: f"{entry.method} {{cite}}`{entry.cite}`",
        "Published (%)": lambda entry: f"{entry.accuracy:.2f}" + f" ({entry.epoch})" * (entry.epoch != "unsaid"),
        "How sure": lambda entry: entry.certainty,
        "Ours (%), last epoch": lambda entry: ours(entry, runs),
        "Remark": lambda entry: entry.remark,
    }
    ordered = sorted(entries, key=lambda entry: (entry.student, entry.timesteps or 0, -entry.accuracy))
    return Table.of(f"results-published-{data.lower()}", f"Published test accuracies on {data}", ordered, columns)


def student_of(entry: Published) -> str:
    """Network and T; a T that is not certain has a question mark."""
    steps = f"{entry.timesteps or ''}{'?' * (entry.unsure_of_t or not entry.timesteps)}"
    return f"{entry.student}, {whole(f'T = {steps}')}"


def above(entry: Published, entries: Iterable[Published]) -> str:
    """The works that are above this entry with as few time steps; "" for none, or where a T is not known."""
    higher = [
        f"{other.accuracy:.2f} by {other.method} ({student_of(other)})"
        for other in sorted(entries, key=lambda other: -other.accuracy)
        if other.work != entry.work and other.accuracy > entry.accuracy
        if other.timesteps and other.timesteps <= (entry.timesteps or 0)
    ]
    start = f"Above {entry.method}'s {entry.accuracy:.2f} ({student_of(entry)}), with as few time steps"
    return f"{start}: {'; '.join(higher)}." if higher else ""


def answer(entries: Iterable[Published], runs: pd.DataFrame) -> str:
    """How near our runs of the paper's networks come to what the paper reports for them, and to those without maps."""
    found = [(entry, runs[is_of(runs, entry)]) for entry in entries if entry.work == PAPER]
    parts = []
    for entry, own in found:
        if len(own):
            groups = own.groupby(["method", "epochs"], observed=True)["accuracy"]
            method, epochs = best = groups.mean().idxmax()
            n = count(len(groups.get_group(best)))
            parts.append(
                f"{student_of(entry)} on {entry.data}: {groups.mean()[best]:.2f} % {n} by {label_of(str(method))} in "
                f"{epochs} of {Recipe.epochs} epochs{without_maps(runs[in_setting(runs, entry)], epochs)}, published "
                f"{entry.accuracy:.2f} %"
            )
    if not parts:
        return "No run at the paper's scale is on record yet: these are published numbers alone."
    return (
        "Our runs of the paper's networks are shorter trainings, and their last epoch counts. The best of our "
        f"variants: {'; '.join(parts)}."
    )


def without_maps(runs: pd.DataFrame, epochs: int) -> str:
    """What methods without maps have reached in as many epochs, in brackets; "" for none. runs: of one setting."""
    means = runs[runs["epochs"] == epochs].groupby("method", observed=True)["accuracy"].mean()
    found = [f"{label_of(method)} {means[method]:.2f}" for method in WITHOUT_MAPS if method in means]
    return f" (in as many {series(found)})" if found else ""


def runs_table(runs: pd.DataFrame, entries: Iterable[Published]) -> str:
    """Every run, a row each, with its record and what is published of the same: HTML that SCRIPT sorts and filters."""
    published = pd.Series("", runs.index)
    for entry in entries:
        same = is_of(runs, entry)
        inside = runs["accuracy_low"].le(entry.accuracy) & runs["accuracy_high"].ge(entry.accuracy)
        published[same & inside] += f"{entry.accuracy:.2f}, within; "
        published[same & ~inside] += f"{entry.accuracy:.2f}, outside; "

    def text(values: pd.Series, form: str, missing: str = "") -> pd.Series:
        return pd.Series([missing if pd.isna(value) else form.format(value) for value in values], runs.index)

    low, high = (text(runs[column], "{:.1f}") for column in ("accuracy_low", "accuracy_high"))
    network, data = ([NAMES.get(name, name) for name in runs[column]] for column in ("model", "dataset"))
    shown = pd.DataFrame({
        "Method": [label_of(str(m)) if m else name for m, name in zip(runs["method"], runs["id"], strict=True)],
        "Network · data": [" · ".join(both) for both in zip(network, data, strict=True)],
        "T": text(runs["T"], "{}", "ANN"), "Epochs": runs["epochs"],
        "Seed": runs["seed"], "Accuracy (%)": text(runs["accuracy"], "{:.2f}"), "95 %": low + "\u2060–\u2060" + high,
        "Published (%)": published.str.removesuffix("; "),
        "Spikes (%)": text(runs["firing_rate"], "{:.1f}"),
        "Energy, strict (µJ)": text(runs["compute_nj"] / 1000, "{:.2f}"),
        "Tier": runs["tier"].astype(str), "Record": [record_link(name) for name in runs["id"]],
    })  # fmt: skip
    table = itables.to_html_datatable(
        shown.loc[in_order(runs).index],
        connected=False, table_id="results-runs", allow_html=True, showIndex=False, column_filters="footer",
        layout={"topStart": "pageLength", "topEnd": "search", "bottomStart": "info", "bottomEnd": "paging"},
        maxBytes=0, display_logo_when_loading=False, classes="display compact",
    )  # fmt: skip
    return f'```{{raw}} html\n<script src="../_static/{SCRIPT}"></script>\n{table}\n```'


def in_order(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs as they are first shown: those of the paper's networks first, then by setting, method and seed."""
    methods = in_families(runs["method"].astype(str).unique(), "teacher")
    ranks = {"tier": list(TIERS).index, "setting": str, "method": methods.index}
    keys = {column: runs[column].astype(str).map(rank).astype(object) for column, rank in ranks.items()}
    return runs.loc[pd.DataFrame(keys).assign(seed=runs["seed"]).sort_values([*keys, "seed"]).index]


def record_link(name: str) -> str:
    """A link to the page of a run, shown by the end of its id; the whole id is there to be searched for."""
    return f'<a href="records/{name}.html">{name.rsplit("-", 1)[1]}<span hidden> {name}</span></a>'


def runs_script() -> str:
    """What SCRIPT is to contain; all of it, so that nothing is fetched from another host."""
    html = generate_init_offline_itables_html(itables.options.dt_bundle)
    return html.split("<script>")[1].split("</script>")[0]
