"""The script for a shell, asked by a real bash: commands, recipes and the choices of an option."""

import subprocess

import pytest

from ckdsnn.cli import COMMANDS, main
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.checks import CHOICES

ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"$(complete -p ckdsnn | sed 's/.*-F \\([^ ]*\\).*/\\1/')" ckdsnn
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "ckdsnn"
    with pytest.MonkeyPatch.context() as patch, open(path, "w") as file:
        patch.setattr("sys.stdout", file)
        assert main(["completion", "bash"]) == 0
    return path


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["tr"], {"train"}),
        (["e"], {name for name in COMMANDS if name.startswith("e")}),
        (["train", "digits-ckdsnn-ts"], {name for name in RECIPES if name.startswith("digits-ckdsnn-ts")}),
        (["suite", "r"], {name for name in SUITES if name.startswith("r")}),
        (["train", "digits-kd", "--noise_s"], {"--noise_scale"}),
        (["train", "digits-kd", "--noise_scale", ""], set(CHOICES["noise_scale"])),
        (["data", "cifar100"], {"cifar100"}),
        (["explain", "--re"], {"--record"}),
    ],
)
def test_bash_offers_what_fits(words, offered, script):
    ask = ["bash", "--norc", "-c", ASK, "bash", str(script), "ckdsnn", *words]
    done = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered, done.stderr


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_have_a_script_too(shell, capsys):
    assert main(["completion", shell]) == 0
    assert "digits-ckdsnn" in capsys.readouterr().out


def test_an_unknown_shell_is_answered_with_the_known_ones(capsys):
    assert main(["completion", "fish"]) == 2
    assert "unknown shell 'fish'; choose one of: bash, zsh, tcsh" in capsys.readouterr().err
