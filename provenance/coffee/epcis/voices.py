"""
What is said of coffee and of other statements, as EPCIS events: payments, replies and certificates.

None of it moves or changes coffee, so the EPCIS event names the lots without weights, and its business step is
``other``; CBV 2.0 has no step for paying or for answering. Each act is checked, written and read here.
"""

from collections.abc import Callable
from typing import Any

from provenance.coffee import words
from provenance.coffee.acts import Act, Certify, Confirm, Contest, Form, Pay, Withdraw
from provenance.coffee.epcis.fields import day, distinct, event_id, in_order, lots, mass, reference, text, time, word
from provenance.coffee.epcis.found import about_event, needed, site
from provenance.coffee.epcis.found import form as read_form
from provenance.coffee.epcis.found import lots as read_lots
from provenance.coffee.epcis.members import Json, mass_mg, may, may_objects, need
from provenance.coffee.epcis.members import day as read_day
from provenance.coffee.epcis.members import time as read_time
from provenance.coffee.epcis.problems import problem
from provenance.coffee.epcis.quantities import to_kg
from provenance.coffee.epcis.written import about_event as write_about
from provenance.coffee.epcis.written import about_lots, place

# --- checks ----------------------------------------------------------------------------------------------------------


def _check_pay(act: Pay) -> None:
    time(act.at)
    word(act.kind, words.PAYMENT_KINDS, "kind")
    if not act.deliveries:
        raise problem("deliveries", "name at least one.")
    for delivery in act.deliveries:
        event_id(delivery, "deliveries")
    distinct(act.deliveries, "deliveries")
    lots(act.lots, "lots")
    if type(act.form) is not Form:
        raise problem("form", f"{act.form!r} is not a form of coffee.")
    mass(act.mass_mg, "mass_mg")
    if type(act.final) is not bool:
        raise problem("final", "it is true or false.")


def _check_reply(act: Confirm | Contest) -> None:
    time(act.at)
    event_id(act.event, "event")
    lots(act.lots, "lots")


def _check_contest(act: Contest) -> None:
    _check_reply(act)
    word(act.reason, words.CONTEST_REASONS, "reason")


def _check_scope(act: Certify | Withdraw) -> None:
    time(act.at)
    lots(act.lots, "lots")
    reference(act.site, "site")
    reference(act.party, "party")
    if sum([bool(act.lots), act.site is not None, act.party is not None]) != 1:
        raise problem("lots", "a certificate is about lots, or about a place, or about a party: name one of the three.")


def _check_certify(act: Certify) -> None:
    _check_scope(act)
    text(act.scheme, "scheme")
    word(act.chain, words.CHAIN_MODELS, "chain")
    day(act.valid_from, "valid_from")
    day(act.valid_to, "valid_to")
    in_order(act.valid_from, act.valid_to, "valid_to")


def _check_withdraw(act: Withdraw) -> None:
    _check_scope(act)
    event_id(act.certificate, "certificate")
    day(act.since, "since")
    word(act.reason, words.WITHDRAW_REASONS, "reason")


CHECKS: dict[str, Callable[[Any], None]] = {
    "pay": _check_pay,
    "confirm": _check_reply,
    "contest": _check_contest,
    "certify": _check_certify,
    "withdraw": _check_withdraw,
}


# --- act to event ----------------------------------------------------------------------------------------------------


def _write_pay(act: Pay, event_id: str) -> Json:
    event = about_lots(act, event_id, act.lots, step="other")
    event["bizTransactionList"] = [{"type": "upevt", "bizTransaction": each} for each in act.deliveries]
    event["coffee:payment"] = act.kind
    event["coffee:form"] = act.form.value
    event["coffee:paidFor"] = {"quantity": to_kg(act.mass_mg), "uom": "KGM"}
    event["coffee:final"] = act.final
    return event


def _write_confirm(act: Confirm, event_id: str) -> Json:
    event = about_lots(act, event_id, act.lots, step="other")
    write_about(event, act.event)
    event["coffee:reply"] = "confirmed"
    return event


def _write_contest(act: Contest, event_id: str) -> Json:
    event = about_lots(act, event_id, act.lots, step="other")
    write_about(event, act.event)
    event["coffee:reply"] = "contested"
    event["coffee:reason"] = act.reason
    return event


def _write_scope(event: Json, act: Certify | Withdraw) -> None:
    if act.site is not None:
        place(event, act.site)
    if act.party is not None:
        event["coffee:scope"] = {"party": act.party}


def _write_certify(act: Certify, event_id: str) -> Json:
    event = about_lots(act, event_id, act.lots, step="inspecting", disposition="conformant")
    _write_scope(event, act)
    event["coffee:scheme"] = act.scheme
    event["coffee:chainModel"] = act.chain
    event["coffee:validFrom"] = act.valid_from.isoformat()
    event["coffee:validTo"] = act.valid_to.isoformat()
    return event


def _write_withdraw(act: Withdraw, event_id: str) -> Json:
    event = about_lots(act, event_id, act.lots, step="other")
    write_about(event, act.certificate)
    _write_scope(event, act)
    event["coffee:withdrawnFrom"] = act.since.isoformat()
    event["coffee:reason"] = act.reason
    return event


WRITERS: dict[str, Callable[[Any, str], Json]] = {
    "pay": _write_pay,
    "confirm": _write_confirm,
    "contest": _write_contest,
    "certify": _write_certify,
    "withdraw": _write_withdraw,
}


# --- event to act ----------------------------------------------------------------------------------------------------


def _read_pay(event: Json) -> Pay:
    return Pay(
        at=read_time(event, "eventTime", "at"),
        kind=need(event, "coffee:payment", str, "kind"),
        deliveries=tuple(
            [
                need(item, "bizTransaction", str, "deliveries")
                for item in may_objects(event, "bizTransactionList", "deliveries")
            ]
        ),
        lots=read_lots(event),
        form=read_form(event),
        mass_mg=mass_mg(need(event, "coffee:paidFor", dict, "mass_mg"), "mass_mg"),
        final=need(event, "coffee:final", bool, "final"),
    )


def _read_confirm(event: Json) -> Confirm:
    return Confirm(
        at=read_time(event, "eventTime", "at"),
        event=needed(about_event(event, "event"), "event"),
        lots=read_lots(event),
    )


def _read_contest(event: Json) -> Contest:
    return Contest(
        at=read_time(event, "eventTime", "at"),
        event=needed(about_event(event, "event"), "event"),
        lots=read_lots(event),
        reason=need(event, "coffee:reason", str, "reason"),
    )


def _read_scope(event: Json) -> dict[str, Any]:
    scope = may(event, "coffee:scope", dict, "party")
    return {
        "lots": read_lots(event),
        "site": site(event) if "readPoint" in event else None,
        "party": None if scope is None else need(scope, "party", str, "party"),
    }


def _read_certify(event: Json) -> Certify:
    return Certify(
        at=read_time(event, "eventTime", "at"),
        scheme=need(event, "coffee:scheme", str, "scheme"),
        chain=need(event, "coffee:chainModel", str, "chain"),
        valid_from=needed(read_day(event, "coffee:validFrom", "valid_from"), "valid_from"),
        valid_to=needed(read_day(event, "coffee:validTo", "valid_to"), "valid_to"),
        **_read_scope(event),
    )


def _read_withdraw(event: Json) -> Withdraw:
    return Withdraw(
        at=read_time(event, "eventTime", "at"),
        certificate=needed(about_event(event, "certificate"), "certificate"),
        since=needed(read_day(event, "coffee:withdrawnFrom", "since"), "since"),
        reason=need(event, "coffee:reason", str, "reason"),
        **_read_scope(event),
    )


READERS: dict[str, Callable[[Json], Act]] = {
    "pay": _read_pay,
    "confirm": _read_confirm,
    "contest": _read_contest,
    "certify": _read_certify,
    "withdraw": _read_withdraw,
}
