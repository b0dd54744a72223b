"""
What every act page's form has in common.

A form reads what was typed, and ``plan()`` hands it to one service. It holds no law: what may be signed is judged by
the service and by the trail, and what they refuse is shown beside the field.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.urls import reverse

from provenance.coffee.acts import Form
from provenance.coffee.errors import CoffeeError, UnknownIdentifier
from provenance.coffee.identifiers import lot_code_of
from provenance.trail.models import Event
from shipments.forms.fields import NOTE, AtField, StockField, WeightField, measures_in
from shipments.services.desk import ROLES, Desk, Role, StockLine
from shipments.services.moving import Line
from shipments.services.plans import Plan, Refused

MOST_ROWS = 60
MORE_ROWS = 4


class RowForm(forms.Form):
    """One line of a table. A row without its ``key`` fields is left out."""

    use_required_attribute = False
    key: ClassVar[tuple[str, ...]] = ("weight",)

    def __init__(self, desk: Desk, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        offer_choices(self, desk)

    @property
    def is_blank(self) -> bool:
        return self.is_valid() and not any(self.cleaned_data.get(name) for name in self.key)


@dataclass(frozen=True)
class Rows:
    """A table of like rows in a form."""

    form: type[RowForm]
    title: str
    help: str = ""
    blank: int = 3
    least: int = 0
    most: int = MOST_ROWS
    fixed: bool = False


class ActForm(forms.Form):
    """
    One act. ``slug`` is its address, ``title`` what the menu says, ``sign`` the button that signs.

    ``about`` names what the act answers to, where it answers to something: a delivery, a recall, an event. ``roles``:
    who may sign it, and ``window``: where one comes from, by address and title.
    """

    use_required_attribute = False
    slug: ClassVar[str]
    title: ClassVar[str]
    sign: ClassVar[str]
    intro: ClassVar[str] = ""
    about: ClassVar[str | None] = None
    group: ClassVar[str] = ""
    roles: ClassVar[tuple[Role, ...]] = ROLES
    window: ClassVar[tuple[str, str]] = ("admin:shipments_stock_changelist", "Stock")
    tables: ClassVar[dict[str, Rows]] = {}
    after: ClassVar[tuple[str, ...]] = ("note",)

    at = AtField()

    def __init__(
        self,
        desk: Desk,
        data: QueryDict | None = None,
        files: Any = None,
        *,
        subject: Any = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.desk = desk
        self.subject = subject
        super().__init__(data, files, initial=dict(initial or {}))
        if "note" not in self.fields:
            self.fields["note"] = forms.CharField(
                required=False, max_length=500, help_text=NOTE, widget=forms.Textarea({"rows": 2})
            )
        offer_choices(self, desk)
        self.prepare()
        self.row_errors: dict[str, str] = {}
        self.rows = {name: self._rows_of(name, rows) for name, rows in self.tables.items()}

    @classmethod
    def find(cls, desk: Desk, ref: str) -> Any:
        """What the act is about; None when there is no such thing on this desk."""
        return None

    @classmethod
    def afterwards(cls, event: Event) -> str:
        """Where one goes once it is signed."""
        return reverse("admin:shipments_trailevent_change", args=[event.pk])

    def prepare(self) -> None:
        """Fill in the choices that depend on the desk and the subject."""

    def row_initials(self, name: str) -> list[dict[str, Any]]:
        """What the first rows of a table hold before anybody types."""
        return []

    def plan(self) -> Plan:
        raise NotImplementedError

    @property
    def answers_to(self) -> str:
        """A sentence on what the act answers to; empty where it answers to nothing."""
        return ""

    # --- rows

    def _rows_of(self, name: str, rows: Rows) -> list[RowForm]:
        if self.is_bound:
            numbers = range(posted_rows(self.data, name))
            return [rows.form(self.desk, self.data, prefix=f"{name}-{n}") for n in numbers]
        typed = self.initial.get(name)
        initials = typed if typed is not None else self.row_initials(name)
        count = len(initials) if rows.fixed or typed is not None else max(rows.blank, len(initials))
        fresh = [*initials, *({} for _ in range(count - len(initials)))]
        return [rows.form(self.desk, initial=initial, prefix=f"{name}-{n}") for n, initial in enumerate(fresh)]

    def is_valid(self) -> bool:
        own = super().is_valid()
        rows = [row.is_valid() for row in self.all_rows()]
        if not (own and all(rows)):
            return False
        for name, table in self.tables.items():
            if len(self.filled(name)) < table.least:
                self.row_errors[name] = "Fill in at least one line."
        return not self.row_errors

    def all_rows(self) -> Iterator[RowForm]:
        for rows in self.rows.values():
            yield from rows

    def filled(self, name: str) -> list[dict[str, Any]]:
        return [row.cleaned_data for row in self.rows[name] if not row.is_blank]

    @property
    def row_tables(self) -> list[tuple[str, Rows, list[RowForm], str]]:
        return [(name, table, self.rows[name], self.row_errors.get(name, "")) for name, table in self.tables.items()]

    @property
    def is_marked(self) -> bool:
        """Whether a complaint stands beside a field or a line."""
        return bool(self.errors or self.row_errors or any(row.errors for row in self.all_rows()))

    @property
    def fields_before(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.after]

    @property
    def fields_after(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in self.after]

    @property
    def milligrams(self) -> str:
        """What the page's script multiplies by."""
        return json.dumps({unit: float(measure.mg) for unit, measure in measures_in(self.desk.country).items()})

    # --- answers

    def stock_lines(self, name: str) -> "Taken":
        """The lots of a table, which must lie at one place and belong to one owner."""
        rows = self.filled(name)
        places = {(row["line"].site, row["line"].owner, row["line"].custodian) for row in rows}
        if len(places) > 1:
            raise Refused(
                "These lots lie at different places or belong to different owners. One act, one place.", field=name
            )
        site, owner, custodian = places.pop()
        lots = [row["line"].lot for row in rows]
        if len(set(lots)) < len(lots):
            raise Refused("A lot stands here twice. Add its weights together.", field=name)
        return Taken(site, owner, custodian, [Line(row["line"].lot, row["weight"]) for row in rows])

    def one_line(self, line: StockLine, weight: Any) -> "Taken":
        return Taken(line.site, line.owner, line.custodian, [Line(line.lot, weight)])

    def tell(self, error: CoffeeError) -> None:
        """Show a refusal beside the field that it names, or above the form."""
        if error.field in self.tables:
            self.row_errors[error.field] = str(error)
        else:
            self.add_error(error.field if error.field in self.fields else None, str(error))

    # --- going back, and more lines, without losing what was typed

    @classmethod
    def typed(cls, data: QueryDict, desk: Desk, subject: Any, *, more: str = "") -> "ActForm":
        """The form as it was typed, not judged; ``more`` names a table that gets more lines."""
        bound = cls(desk, data, subject=subject)
        initial: dict[str, Any] = _typed_values(bound)
        for name, rows in bound.rows.items():
            extra = [{} for _ in range(MORE_ROWS)] if name == more else []
            initial[name] = [*(_typed_values(row) for row in rows), *extra][:MOST_ROWS]
        return cls(desk, subject=subject, initial=initial)


@dataclass(frozen=True)
class Taken:
    """Lots at one place, of one owner."""

    site: str
    owner: str
    custodian: str
    lines: list[Line]

    @property
    def lots(self) -> list[str]:
        return [line.lot for line in self.lines]


class LotRow(RowForm):
    """So much of a lot that is in stock."""

    line = StockField(label="Lot", required=False)
    weight = WeightField(required=False)
    key = ("line", "weight")
    made_of: ClassVar[frozenset[Form] | None] = None

    def __init__(self, desk: Desk, *args: Any, **kwargs: Any) -> None:
        super().__init__(desk, *args, **kwargs)
        if self.made_of is not None:
            line = self.fields["line"]
            assert isinstance(line, StockField)
            line.offer([each for each in desk.stock if each.form in self.made_of], desk.name)

    def clean(self) -> None:
        line, weight = self.cleaned_data.get("line"), self.cleaned_data.get("weight")
        if line and not weight and "weight" not in self.errors:
            self.add_error("weight", "How much of it?")
        if weight and not line and "line" not in self.errors:
            self.add_error("line", "Of which lot?")


class NamedLotRow(RowForm):
    """A row about a lot that stands there already."""

    lot = forms.CharField(widget=forms.HiddenInput, max_length=200)

    @property
    def heading(self) -> str:
        try:
            return lot_code_of(self["lot"].value() or "")
        except UnknownIdentifier:
            return ""


def offer_choices(form: forms.Form, desk: Desk) -> None:
    """Fill the fields whose choices are the desk's: its stock, and the units of its country."""
    for field in form.fields.values():
        if isinstance(field, StockField):
            field.offer(desk.stock, desk.name)
        elif isinstance(field, WeightField):
            field.offer(desk.country)


def posted_rows(data: Mapping[str, Any], name: str) -> int:
    numbers = [int(match[1]) for key in data if (match := re.fullmatch(rf"{name}-([0-9]{{1,3}})-[a-z_]+", key))]
    return min(max(numbers, default=-1) + 1, MOST_ROWS)


def _typed_values(form: forms.Form) -> dict[str, Any]:
    return {
        name: field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        for name, field in form.fields.items()
    }
