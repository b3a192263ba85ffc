"""What tests of compiled networks share."""

from collections.abc import Iterator

import pytest
import torch._inductor.config


@pytest.fixture
def sure() -> Iterator[None]:
    """torch's compiler believes the CPU what it can; to try each instruction set would take ten seconds."""
    with torch._inductor.config.patch({"cpp.vec_isa_ok": True}):
        yield
