"""
Asks the witnesses of each log to cosign its newest checkpoint that ends in an index leaf.

Only the calls themselves run side by side; the database is read and written by the one thread of the duty. Nothing here
is remembered between rounds, and nothing here is waited for by recording or publishing.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from provenance import outside
from provenance.tlog import checkpoint as tlog_checkpoint
from provenance.tlog.canonical import format_base64, parse_decimal
from provenance.tlog.cosignature import verify_cosignature
from provenance.tlog.errors import MalformedCheckpoint, TlogError
from provenance.tlog.note import Note, claimed, parse_signature_lines
from provenance.trail.errors import LogFrozen
from provenance.trail.models import Checkpoint, Cosignature, Log, LogHead, WitnessContact
from provenance.trail.services import alarms, proofs
from provenance.trail.services.cosigning import PolicyUnusable, kid_of, policy_of
from provenance.trail.services.queries import indexed_checkpoint
from provenance.trail.services.witnessing.demanding import covers, demanded, settle
from provenance.trail.services.witnessing.desks import Desk, desks_of

logger = logging.getLogger(__name__)

SIZE_TYPE = "text/x.tlog.size"
LONGEST_ANSWER = 64 * 1024
# Between two demanded questions to one witness, and the longest pause after failures. Seconds.
DEMANDED_PAUSE = 5
LONGEST_PAUSE = 900
# A cosignature says when it was made; this far from our clock one of the two clocks is wrong.
CLOCK_TOLERANCE = timedelta(minutes=10)

TROUBLES = {
    400: "It did not understand our request (400).",
    403: "It does not accept our log's signature: its operator needs the log's present vkeys (403).",
    404: "It does not know our log: its operator has to add the log's vkeys (404).",
}


class Trouble(Exception):
    """The witness did not cosign, and that says nothing about our history. A plain sentence."""


@dataclass(frozen=True)
class Question:
    """One request to one witness. ``again``: it follows an answer that named another old size."""

    desk: Desk
    contact: WitnessContact
    old: int
    body: bytes
    again: bool = False


def ask_due(now: datetime | None = None) -> int:
    """
    Ask each witness of each active log that is due; the number of cosignatures that came in. The duty of ``keep``.

    A witness is due once every WITNESS_EVERY seconds, soon after ``demand``, later and later while it fails, and once a
    day for a checkpoint that it has cosigned: readers distrust a log whose newest quorum is old.
    """
    now = now or timezone.now()
    gained = 0
    for log in Log.objects.filter(state=Log.State.ACTIVE):
        try:
            gained += _ask(log, now)
        except LogFrozen:
            continue  # said loudly where the alarm was raised
        except PolicyUnusable as error:
            logger.error("log %s: %s", log.origin, error)
    return gained


def ask_now(log: Log) -> int:
    """
    Ask every witness once, due or not; the number of cosignatures that came in.

    Raises ``LogFrozen`` when an answer contradicts the log, ``PolicyUnusable`` where nobody can be asked.
    """
    checkpoint = indexed_checkpoint(log)
    if checkpoint is None:
        return 0
    checkpoint.log = log
    contacts = [
        (desk, WitnessContact.objects.get_or_create(log=log, witness=desk.name)[0]) for desk in desks_of(policy_of(log))
    ]
    return Round(log, checkpoint, timezone.now()).ask(contacts)


def _ask(log: Log, now: datetime) -> int:
    policy = policy_of(log)
    checkpoint = indexed_checkpoint(log)
    desks = desks_of(policy)
    if checkpoint is None or not desks:
        return 0
    checkpoint.log = log
    wish = demanded(log)
    hurry = wish is not None and covers(checkpoint, wish)
    round_ = Round(log, checkpoint, now)
    gained = round_.ask([contact for desk in desks if (contact := round_.claim(desk, hurry))])
    if wish:
        settle(wish, checkpoint, policy, now)
    return gained


@dataclass(frozen=True)
class Round:
    """One checkpoint of one log, before all witnesses that are due."""

    log: Log
    checkpoint: Checkpoint
    now: datetime

    def claim(self, desk: Desk, hurry: bool) -> tuple[Desk, WitnessContact] | None:
        """The desk, where it is due and no other ``keep`` is asking it now."""
        contact, _ = WitnessContact.objects.get_or_create(log=self.log, witness=desk.name)
        if self._has_all(desk) or (contact.asked_at and self.now < contact.asked_at + _pause(contact, hurry)):
            return None
        mine = WitnessContact.objects.filter(pk=contact.pk, asked_at=contact.asked_at).update(asked_at=self.now)
        return (desk, contact) if mine else None

    def ask(self, claimed_desks: list[tuple[Desk, WitnessContact]]) -> int:
        """Ask them all at once. Raises ``LogFrozen`` when an answer contradicts the log."""
        if not claimed_desks:
            return 0
        gained = 0
        with ThreadPoolExecutor(len(claimed_desks)) as threads:
            asked = {}
            for desk, contact in claimed_desks:
                question = self._question(desk, contact, min(contact.size, self.checkpoint.size))
                asked[threads.submit(_post, question)] = question
            while asked:
                for future in wait(asked, return_when=FIRST_COMPLETED).done:
                    question = asked.pop(future)
                    try:
                        answer = self._judge(question, future.result())
                    except (outside.OutsideError, Trouble) as error:
                        self._note_trouble(question, str(error))
                        continue
                    if isinstance(answer, Question):
                        asked[threads.submit(_post, answer)] = answer
                    else:
                        gained += answer
        return gained

    def _has_all(self, desk: Desk) -> bool:
        today = Cosignature.objects.filter(checkpoint=self.checkpoint, day=self.now.astimezone(UTC).date())
        return {kid_of(key) for key in desk.keys.values()} <= set(today.values_list("kid", flat=True))

    def _question(self, desk: Desk, contact: WitnessContact, old: int) -> Question:
        size = self.checkpoint.size
        proof = proofs.consistency(self.log, old, size) if 0 < old < size else []
        lines = [f"old {old}", *(format_base64(each) for each in proof)]
        # The note as the log signed it: with the lines of other witnesses it might exceed what this one takes.
        body = ("\n".join(lines) + "\n\n" + self.checkpoint.note).encode()
        return Question(desk, contact, old, body)

    def _judge(self, question: Question, answer: outside.Answer) -> "Question | int":
        """What the answer means: cosignatures kept, another question, or ``Trouble``. Raises ``LogFrozen``."""
        match answer.status:
            case 200:
                return self._keep(question, answer.body)
            case 409 if answer.content_type == SIZE_TYPE:
                return self._catch_up(question, answer)
            case 409:
                what = f"It has cosigned another history at size {question.old}, our checkpoint contradicts it."
                raise self._alarm(question, what, answer)
            case 422:
                what = f"Our log at size {self.checkpoint.size} does not continue what it cosigned at {question.old}."
                raise self._alarm(question, what, answer)
        raise Trouble(TROUBLES.get(answer.status, f"It answered with the status {answer.status}."))

    def _keep(self, question: Question, body: bytes) -> int:
        found = dict(self._verified(question.desk, body))
        for kid, (day, line) in found.items():
            try:
                with transaction.atomic():
                    Cosignature.objects.create(checkpoint=self.checkpoint, kid=kid, day=day, line=line)
            except IntegrityError:
                logger.info("witness %s: cosignature of that day is kept already", question.desk.name)
        missing = [name for name, key in question.desk.keys.items() if kid_of(key) not in found]
        if missing:
            raise Trouble(f"It answered without a cosignature by the policy's key {', '.join(missing)}.")
        WitnessContact.objects.filter(pk=question.contact.pk).update(
            size=self.checkpoint.size, answered_at=timezone.now(), failures=0, trouble=""
        )
        return len(found)

    def _verified(self, desk: Desk, body: bytes) -> Iterator[tuple[str, tuple[date, str]]]:
        signed = tlog_checkpoint.Checkpoint(self.log.origin, self.checkpoint.size, bytes(self.checkpoint.root))
        try:
            lines = claimed(Note(signed.text, parse_signature_lines(body)), desk.keys.values())
            times = [verify_cosignature(signed, key, signature.payload) for signature, key in lines]
        except TlogError as error:
            raise Trouble(f"Its answer is no cosignature of our checkpoint: {error}") from None
        for (signature, key), time in zip(lines, times, strict=True):
            if abs(time - self.now.timestamp()) > CLOCK_TOLERANCE.total_seconds():
                raise Trouble(f"Its cosignature bears a time {int(time - self.now.timestamp())} s from our clock.")
            yield kid_of(key), (datetime.fromtimestamp(time, UTC).date(), signature.line)

    def _catch_up(self, question: Question, answer: outside.Answer) -> "Question | int":
        """It has another size in mind than we thought."""
        try:
            size = parse_decimal(answer.body.decode("ascii").removesuffix("\n"), "size", MalformedCheckpoint)
        except (UnicodeDecodeError, TlogError):
            raise Trouble("It refused our old size and did not say its own.") from None
        if size > LogHead.objects.get(log=self.log).size:
            what = f"It has cosigned size {size} of our log, and we hold only {self.checkpoint.size} entries."
            raise self._alarm(question, what, answer)
        if question.again or size == question.old:
            raise Trouble(f"It keeps refusing the old size that it named itself ({size}).")
        WitnessContact.objects.filter(pk=question.contact.pk).update(size=size)
        if size > self.checkpoint.size:
            return 0  # Another keep was faster with a newer checkpoint.
        return replace(self._question(question.desk, question.contact, size), again=True)

    def _note_trouble(self, question: Question, what: str) -> None:
        contact = WitnessContact.objects.get(pk=question.contact.pk)
        if contact.trouble != what[:300]:
            logger.warning("log %s: witness %s: %s", self.log.origin, question.desk.name, what)
        contact.trouble = what[:300]
        contact.failures = min(contact.failures + 1, 100)
        contact.save(update_fields=["trouble", "failures"])

    def _alarm(self, question: Question, what: str, answer: outside.Answer) -> LogFrozen:
        said = answer.body.decode("utf-8", "replace")
        evidence = (
            f"Asked at {question.desk.add_checkpoint}:\n{question.body.decode()}\n"
            f"Answer {answer.status} {answer.content_type}:\n{said}"
        )
        return alarms.raise_alarm(self.log, source=f"witness {question.desk.name}", what=what, evidence=evidence)


def _post(question: Question) -> outside.Answer:
    return outside.post(
        question.desk.add_checkpoint, question.body, limit=LONGEST_ANSWER, timeout=settings.WITNESS_TIMEOUT
    )


def _pause(contact: WitnessContact, hurry: bool) -> timedelta:
    usual = DEMANDED_PAUSE if hurry else settings.WITNESS_EVERY
    longest = settings.WITNESS_EVERY if hurry else max(LONGEST_PAUSE, settings.WITNESS_EVERY)
    return timedelta(seconds=min(usual * 2**contact.failures, longest))
