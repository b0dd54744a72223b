"""
The pen: one writing for all who wait, and to each its own answer.

Planted bugs, each caught here: answered before it is written, a neighbour's error given to all, a lost wake-up.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from provenance.trail.services.queueing import Pen

CALLERS = 24


class Disk:
    """Slow, and it counts. What is on it when a caller is answered is what counts."""

    def __init__(self, seconds=0.002):
        self.seconds, self.written, self.writings, self.at_once = seconds, set(), [], 0

    def write(self, turns):
        self.at_once += 1
        assert self.at_once == 1, "two hold the pen"
        self.writings.append([turn.work for turn in turns])
        time.sleep(self.seconds)
        for turn in turns:
            if turn.work in self.refused:
                turn.error = ValueError(turn.work)
            else:
                self.written.add(turn.work)
                turn.result = turn.work
        self.at_once -= 1

    refused = frozenset()


class AnsweredEarly(Pen):
    def _write_all(self, turns):
        for turn in turns:
            turn.result = turn.work
        with self._changed:
            for turn in turns:
                turn.is_over = True
            self._changed.notify_all()
        super()._write_all(turns)


class OneErrorForAll(Pen):
    def _write_all(self, turns):
        super()._write_all(turns)
        if error := next((turn.error for turn in turns if turn.error), None):
            for turn in turns:
                turn.error = error


class WakesNobody(Pen):
    """Whoever waits for the pen is not told that it is free, nor that somebody else has written for him."""

    def _write_all(self, turns):
        self._changed.notify_all = lambda: None
        super()._write_all(turns)


def storm(pen, disk, rounds=20, patience=30.0):
    """
    Callers that come all at once, again and again. Returns what each was told, what of it was not true when it was
    said, and how many callers still wait when patience ends.
    """
    told, untrue = {}, []

    def call(caller):
        for work in range(caller, CALLERS * rounds, CALLERS):
            try:
                told[work] = pen.put_down(work, weight=1)
                if work not in disk.written:
                    untrue.append(work)
            except ValueError as error:
                told[work] = error.args[0]

    callers = [threading.Thread(target=call, args=[number], daemon=True) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    until = time.monotonic() + patience
    for caller in callers:
        caller.join(max(until - time.monotonic(), 0))
    return told, untrue, sum(caller.is_alive() for caller in callers)


def test_each_caller_gets_its_own_answer_and_gets_it_after_the_writing():
    disk = Disk()
    disk.refused = frozenset(range(0, CALLERS * 20, 7))

    told, untrue, waiting = storm(Pen(disk.write, most=500), disk)

    assert waiting == 0
    assert told == {number: number for number in range(CALLERS * 20)}
    assert untrue == []
    assert disk.written == set(told) - disk.refused


def test_what_comes_in_while_somebody_writes_shares_the_next_writing():
    disk = Disk(seconds=0.02)

    storm(Pen(disk.write, most=500), disk)

    assert sum(map(len, disk.writings)) == CALLERS * 20
    assert len(disk.writings) < CALLERS * 20 / 4


def test_a_writing_carries_no_more_than_it_may_and_a_heavy_turn_goes_alone():
    disk = Disk(seconds=0.02)
    pen = Pen(disk.write, most=3)
    with ThreadPoolExecutor(10) as pool:
        heavy = pool.submit(pen.put_down, "heavy", weight=9)
        light = [pool.submit(pen.put_down, number, weight=1) for number in range(9)]
        assert {call.result(timeout=10) for call in [heavy, *light]} == {"heavy", *range(9)}

    assert ["heavy"] in disk.writings
    assert max(map(len, disk.writings)) <= 3


def test_what_stops_the_writing_reaches_every_caller_and_the_pen_goes_on():
    began, go_on = threading.Event(), threading.Event()
    broken = OSError("no space left")

    def write(turns):
        began.set()
        go_on.wait(10)
        if len(turns) > 1:
            raise broken
        turns[0].result = turns[0].work

    pen = Pen(write, most=500)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(pen.put_down, "first", weight=1)
        began.wait(10)
        others = [pool.submit(pen.put_down, number, weight=1) for number in range(4)]
        while pen.waiting()[0] < 4:
            time.sleep(0.001)
        go_on.set()
        assert first.result(timeout=10) == "first"
        assert [call.exception(timeout=10) for call in others] == [broken] * 4

    assert pen.waiting() == (0, 0.0)
    assert pen.put_down("later", weight=1) == "later"


def test_a_turn_that_was_left_without_an_answer_is_an_error():
    with pytest.raises(AssertionError, match="without an answer"):
        Pen(lambda turns: None, most=1).put_down("work", weight=1)


def test_how_long_the_oldest_waits_is_known():
    go_on = threading.Event()

    def write(turns):
        go_on.wait(10)
        for turn in turns:
            turn.result = turn.work

    pen = Pen(write, most=500)
    with ThreadPoolExecutor(3) as pool:
        pool.submit(pen.put_down, "first", weight=1)
        while not pen._is_taken:
            time.sleep(0.001)
        for _ in range(2):
            pool.submit(pen.put_down, "waits", weight=5)
        while pen.waiting()[0] < 10:
            time.sleep(0.001)
        time.sleep(0.05)
        assert pen.waiting()[1] >= 0.05
        go_on.set()


def test_an_answer_before_the_writing_is_caught():
    disk = Disk()

    assert storm(AnsweredEarly(disk.write, most=500), disk)[1]


def test_a_neighbours_refusal_given_to_all_is_caught():
    disk = Disk()
    disk.refused = frozenset(range(0, CALLERS * 20, 7))

    told, _, _ = storm(OneErrorForAll(disk.write, most=500), disk)

    assert any(work != what for work, what in told.items())


def test_a_lost_wake_up_is_caught():
    disk = Disk()

    assert storm(WakesNobody(disk.write, most=500), disk, patience=3)[2] > 0
