"""
``python -m provenance.pack verify FILE --trust FILE``, and ``verify-bundle`` for the proof that a page saves

Exit 0 clean, 1 faults, 2 unusable, 3 origin not trusted, 4 all right, but without proof that nothing was left out.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from provenance.pack.format import UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.saying import say
from provenance.pack.trust import parse_trust
from provenance.pack.verify import Report, verify
from provenance.tlog.errors import MalformedPolicy

CLEAN, FAULTS, UNUSABLE, NOT_TRUSTED, NOT_COMPLETE = range(5)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.command == "verify-bundle":
            # Whoever checks a pack does not wait for it.
            from provenance.pack.bundle import command

            return command.check(options.file, options.trust)
        trust = parse_trust(options.trust.read_bytes()) if options.trust else None
        with PackFile(options.file) as pack:
            report = verify(pack, trust)
    except (UnusablePack, MalformedPolicy, OSError) as error:
        say(f"Could not check: {error}", sys.stderr)
        return UNUSABLE
    _print(report)
    if report.faults:
        return FAULTS
    if trust is None:
        return NOT_TRUSTED
    return NOT_COMPLETE if report.complete is None else CLEAN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provenance.pack", description="Check a Beantrail audit pack.")
    commands = parser.add_subparsers(required=True, dest="command")
    whole = commands.add_parser("verify", help="check every byte of a pack")
    whole.add_argument("file", type=Path, help="the pack (ZIP)")
    bundle = commands.add_parser("verify-bundle", help="check what a page saved, as a phone does")
    bundle.add_argument("file", type=Path, help="the saved proof (JSON)")
    for each in (whole, bundle):
        each.add_argument("--trust", type=Path, help="keys and first leaf of the log, obtained elsewhere")
    return parser


def _print(report: Report) -> None:
    say(f"{report.origin} at {report.size} leaves: {report.statements} statements about {', '.join(report.lots)}")
    gone = f" {report.erased} no longer exist: the log says that they were erased." if report.erased else ""
    say(f"{report.disclosures} withheld fields are shown, {report.withheld} are not.{gone}")
    for name, seconds in sorted(report.witnesses.items()):
        say(f"Witnessed by {name} at {_time(seconds)}.")
    if report.unwitnessed:
        say(
            "No witness was asked: the trust file demands none. That the log has shown everybody the same history "
            "rests on its operator's word."
        )
    _print_completeness(report)
    for note in report.notes:
        say(f"Note: {note}")
    for fault in report.faults:
        say(f"FAULT {fault}")
    if report.faults:
        say(f"Does not match: {len(report.faults)} {'fault' if len(report.faults) == 1 else 'faults'}.")
    elif report.trusted:
        say("Checked: every statement is signed by who it names, allowed, unchanged and in the log that you trust.")
        if report.complete is None:
            say("Whether statements were left out of the pack, a recall among them, cannot be told from it.")
    else:
        say("Self-consistent, origin not trusted: give --trust with a file that you did not get from the operator.")


def _print_completeness(report: Report) -> None:
    if report.not_proved:
        say(f"Completeness not proved. {report.not_proved}")
    elif report.complete is None:
        say("Not complete, or not proved to be: see the faults.")
    elif report.trusted and report.witnessed_at is not None:
        say(
            f"By the log's own index nothing was left out: complete to leaf {report.complete}, witnessed "
            f"{_time(report.witnessed_at)}. Witnesses see no statements: unless one of these is a mirror that replays "
            "the log, that its index is right rests on its operator's word."
        )
    else:
        behind = "No witness was asked." if report.unwitnessed else "No quorum that you trust has cosigned it."
        say(f"The operator says complete: nothing was left out up to leaf {report.complete}. {behind}")


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


if __name__ == "__main__":
    sys.exit(main())
