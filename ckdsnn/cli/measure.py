"""The commands that measure: bench, study."""

from jsonargparse import Namespace

from ckdsnn.cli.options import Parser, add_data, add_engine, add_option, add_out, add_own

SHOWN = 6  # names of a study's values


def bench_parser() -> Parser:
    parser = Parser()
    add_out(parser)
    parser.add_argument("--models", type=str, default="resnet20,resnet19", help="names, each with :width if wanted")
    parser.add_argument("--timesteps", type=str, default="1,4", help="values of T")
    parser.add_argument("--batch", type=int, default=128, help="images a step")
    parser.add_argument("--rounds", type=int, default=5, help="blocks of each implementation, in alternation")
    parser.add_argument("--steps", type=int, default=0, help="steps of a block (0: as many as take about 2 s)")
    choices = "of reference, spikingjelly, ours, ours-compiled, ours-fp32, ours-bf16 (none: all that differ here)"
    parser.add_argument("--implementations", type=str, default="", help=choices)
    add_option(parser, "sweep", bool, False, "also cost against T, batch and width")
    add_option(parser, "switches", bool, False, "also ResNet-20 with each fast path turned off")
    add_option(parser, "groups", bool, False, "also five trainings of one seed side by side, and one after the other")
    add_option(parser, "waiting", bool, False, "also small steps on an idle and a busy CPU, by how threads wait")
    add_engine(parser)
    return parser


def study_parser() -> Parser:
    parser = Parser()
    parser.add_argument("kind", type=str, help="what to measure; an unknown name lists the known ones")
    parser.add_argument("record", type=str, help="id of a student's record")
    add_out(parser)
    add_data(parser)
    add_own(parser)
    return parser


def study_command(options: Namespace) -> None:
    from ckdsnn.studies.study import study

    made = study(options.kind, options.record, options.out, options.data)
    shown, hidden = list(made.values)[:SHOWN], len(made.values) - SHOWN
    print(f"study {made.id} in {options.out}: {', '.join(shown)}{f' and {hidden} more values' * (hidden > 0)}")


def bench_command(options: Namespace) -> None:
    from ckdsnn.bench.run import run_bench
    from ckdsnn.records.bench import bench_frame, group_frame, sweep_frame, waiting_frame
    from ckdsnn.report.speed import bench_table
    from ckdsnn.report.speed_small import group_table, waiting_table
    from ckdsnn.report.tables import Table

    record = run_bench(**vars(options))
    print(bench_table("bench", bench_frame([record])).text())
    if record.sweep:
        sizes = sweep_frame([record]).groupby(["axis", "value"], sort=False)[["seconds", "memory"]].median()
        print("", Table.of_frame("sweep", "Our step of ResNet-20; memory in MB.", sizes.reset_index()).text(), sep="\n")
    if record.groups:
        print("", group_table("groups", group_frame([record])).text(), sep="\n")
    if record.waiting:
        print("", waiting_table("waiting", waiting_frame([record])).text(), sep="\n")
    print(f"record {record.id} in {options.out}")
