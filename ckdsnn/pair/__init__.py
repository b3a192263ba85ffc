"""A small trained pair that comes with the package: a ResNet-20 and the spiking ResNet-8 that learned from it.

Both are runs of the reduced tier on all of CIFAR-10, eight epochs each: the teacher is right for 84.1 % of the test
images, the student, at T = 1, for 67.1 %. Far from the paper's networks, they are here to show how teacher and student
look at a picture. Records and weights are the very files of the project's `results`; without arrays.
"""

from pathlib import Path

STUDENT = "cifar10-reduced-ckdsnn-sample-s0-ac1be46b"
"""Id of the student's record, which names the teacher's."""


def pair_folder() -> Path:
    """Where the pair lies, laid out as every folder of results: what takes an `out` takes this, for reading."""
    return Path(__file__).parent
