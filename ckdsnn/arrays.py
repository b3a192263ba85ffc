"""Files of arrays, as NumPy writes them, read so that one from a stranger costs no more memory than it says."""

import math
import zipfile
from pathlib import Path

import numpy as np

from ckdsnn.errors import CkdsnnError

LARGEST = 2**28  # bytes of a file of arrays, unpacked; those of a run have some 300 thousand


def read_arrays(path: Path, most: int = LARGEST) -> dict[str, np.ndarray]:
    """The arrays of an npz file, of `most` bytes when unpacked.

    Raises CkdsnnError for one that is damaged or too large, before it is unpacked.
    """
    try:
        if not path.is_file():
            raise ValueError("there is no regular file")
        with zipfile.ZipFile(path) as archive:
            if (size := sum(member.file_size for member in archive.infolist())) > most:
                raise ValueError(f"{size:,} bytes unpacked; at most {most:,} are read")
            for member in archive.infolist():
                check_header(archive, member)
        with np.load(path) as arrays:
            return dict(arrays)
    except Exception as error:  # what a file of a stranger makes zipfile, zlib and NumPy raise has no end
        raise CkdsnnError(f"{path} holds no arrays that can be read: {error}") from error


def check_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raise ValueError where an array claims to be larger than its file: NumPy would make room for it first."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, dtype = read[version](file)
    if math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} of {shape} does not fit into its {member.file_size:,} bytes")
