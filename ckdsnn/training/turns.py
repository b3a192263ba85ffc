"""Whose turn it is among trainings side by side, each in a thread of its own, and the time that each is charged."""

import threading
import time
from collections.abc import Callable

Place = tuple[int, int]  # the epoch and the step that a training is at, from 0
NOT_BEGUN = (-1, 0)


class GroupStopped(Exception):
    """Ends the thread of a training whose group has been stopped."""


class Turns:
    """Whose turn it is to compute: at most `at_once` do, and of those that wait the furthest behind goes first.

    So who has to catch up does, and then all go in step. Where several compute, one goes ahead by a step, to make what
    that shows them all while the others are busy. Before they have begun, one works at a time: what a training is made
    of is loaded, and drawn, for the whole process.
    """

    def __init__(self, members: int, at_once: int = 1):
        self.at_once = at_once
        self.places = dict.fromkeys(range(members), NOT_BEGUN)
        self.furthest = NOT_BEGUN  # that anyone has begun
        self.waiting: dict[int, bool] = {}  # who waits -> whether to begin a step, not to go on within one
        self.computing: set[int] = set()
        self.spent = dict.fromkeys(range(members), 0.0)
        self.noted = 0.0  # when the times were last brought up to date
        self.changed = threading.Condition()
        self.stopped = False

    def begin(self, member: int, place: Place) -> None:
        """End the step that the member is at; return when it may begin the one at this place. Raises GroupStopped."""
        with self.changed:
            self.rest(member)
            self.places[member] = place
            self.resume(member, begins=True)
            self.furthest = max(self.furthest, place)

    def pause(self, member: int, until: Callable[[], bool]) -> None:
        """Let others compute until this is so. To be called with `changed` held. Raises GroupStopped."""
        self.rest(member)
        self.changed.wait_for(lambda: self.stopped or until())
        self.resume(member)

    def rest(self, member: int) -> None:
        self.note_times()
        self.computing.discard(member)
        self.changed.notify_all()

    def resume(self, member: int, begins: bool = False) -> None:
        self.waiting[member] = begins
        self.changed.wait_for(lambda: self.stopped or self.is_next(member))
        del self.waiting[member]
        self.check()
        self.note_times()
        self.computing.add(member)
        self.changed.notify_all()  # there may be room for another

    def is_next(self, member: int) -> bool:
        """Whether there is room for one that waits, and it is this one's turn."""
        last = min(self.places.values())
        near = [one for one in self.waiting if last >= self.nearest(self.places[one])]
        room = 1 if last == NOT_BEGUN else self.at_once
        return len(self.computing) < room and bool(near) and member == min(near, key=self.order)

    def nearest(self, place: Place) -> Place:
        """Where all others have to be before a member begins this step."""
        epoch, step = place
        return epoch, max(step - (self.at_once > 1), 0)

    def order(self, member: int) -> tuple[bool, Place, bool, int]:
        place = self.places[member]
        return place <= self.furthest, place, self.waiting[member], member

    def note_times(self) -> None:
        """Share out the time that has passed to those who computed: so the times of all add up to that of the group."""
        now = time.perf_counter()
        for member in self.computing:
            self.spent[member] += (now - self.noted) / len(self.computing)
        self.noted = now

    def clock(self, member: int) -> float:
        """Its seconds."""
        with self.changed:
            self.note_times()
            return self.spent[member]

    def in_epoch(self, epoch: int) -> int:
        """How many are there."""
        return sum(place[0] == epoch for place in self.places.values())

    def leave(self, member: int) -> None:
        with self.changed:
            self.rest(member)
            del self.places[member]

    def stop(self) -> None:
        """Let every member end at its next look."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()

    def check(self) -> None:
        if self.stopped:
            raise GroupStopped
