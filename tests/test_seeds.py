"""Random streams: one for each purpose, epoch and process; and those of the runs on record from before."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckdsnn.seeds import Purpose, generator_of, seeded, stream_seed

SEEDS = st.integers(0, 2**32 - 1)
PLACES = st.tuples(st.sampled_from(Purpose), st.integers(0, 1000), st.integers(0, 64))


@settings(max_examples=500, deadline=None)
@given(SEEDS, PLACES, SEEDS, PLACES)
def test_no_two_places_share_a_stream(seed, place, other_seed, other_place):
    same = (seed, place) == (other_seed, other_place)
    assert (stream_seed(seed, *place) == stream_seed(other_seed, *other_place)) == same


def test_the_first_epochs_of_all_purposes_and_ranks_have_streams_of_their_own():
    places = list(itertools.product(range(3), Purpose, range(30), range(9)))
    assert len({stream_seed(*place) for place in places}) == len(places)


def test_streams_differ_from_their_first_draw_on():
    draws = {torch.rand(1, generator=generator_of(stream_seed(0, purpose))).item() for purpose in Purpose}
    assert len(draws) == len(Purpose)


@pytest.mark.parametrize("epoch", [0, 3])
def test_the_former_streams_are_those_of_the_runs_on_record(epoch):
    """Among them the one that the order of the images and the noise shared."""
    order, noise = (stream_seed(7, purpose, epoch, 0, streams=1) for purpose in (Purpose.ORDER, Purpose.NOISE))
    assert order == noise
    assert torch.equal(torch.rand(3, generator=generator_of(order)), torch.rand(3, generator=seeded(7, epoch)))
    augmentation = generator_of(stream_seed(7, Purpose.AUGMENTATION, epoch, 2, streams=1))
    assert torch.equal(torch.rand(3, generator=augmentation), torch.rand(3, generator=seeded(7, epoch, 3)))
    assert [stream_seed(7, purpose, streams=1) for purpose in (Purpose.WEIGHTS, Purpose.ADAPTERS)] == [7, 7]
