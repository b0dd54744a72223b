"""Close, process, roast, split, pack."""

from typing import Any

from django import forms
from django.utils import timezone

from provenance.coffee.acts import Basis, Difference, Form, LossKind
from provenance.coffee.steps import PROCESS_STEPS, STEPS
from provenance.trail.models import Balance
from shipments import words
from shipments.forms.base import ActForm, LotRow, RowForm, Rows, Taken
from shipments.forms.fields import NOTE, CodeField, StockField, WeightField, words_choices
from shipments.forms.moving import PROCESSES
from shipments.services import making
from shipments.services.lots import draw_code, inherited, new_lot
from shipments.services.plans import Plan, Refused

REST = "What no line names: the difference between what goes in and what comes out."


class OutputRow(RowForm):
    """A lot that comes out."""

    code = CodeField(required=False)
    form = forms.ChoiceField(label="What is it", choices=words_choices(words.FORMS, first="Choose"), required=False)
    weight = WeightField(required=False)
    grade = forms.CharField(required=False, max_length=40, widget=forms.TextInput({"size": 10}))

    def clean(self) -> None:
        if not self.cleaned_data.get("weight"):
            return
        for name, question in (("code", "Give it a code."), ("form", "What is it?")):
            if name in self.fields and not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, question)


class PartRow(OutputRow):
    """A part of a lot that is split: the same coffee."""

    form = None  # type: ignore[assignment]
    grade = None  # type: ignore[assignment]


class DifferenceRow(RowForm):
    """A loss or a gain that was looked at."""

    kind = forms.ChoiceField(choices=words_choices(words.LOSSES), required=False)
    way = forms.ChoiceField(label="Lost or gained", choices=[("loss", "lost"), ("gain", "gained")], required=False)
    weight = WeightField(required=False)
    basis = forms.ChoiceField(label="How known", choices=words_choices(words.BASES), required=False)

    @property
    def difference(self) -> Difference:
        answers = self.cleaned_data
        return Difference(
            kind=LossKind(answers["kind"]), mass_mg=answers["weight"].mass_mg, basis=Basis(answers["basis"])
        )


class MakingForm(ActForm):
    """Acts in which weight may go missing or be gained."""

    rest = forms.ChoiceField(
        label="What became of the rest",
        choices=words_choices(words.LOSSES),
        initial=LossKind.UNEXPLAINED.value,
        help_text=REST,
    )
    on_review = ("rest",)

    def differences(self, way: str) -> list[Difference]:
        rows = [row for row in self.rows["differences"] if not row.is_blank and row.cleaned_data["way"] == way]
        return [row.difference for row in rows]  # type: ignore[attr-defined]

    def row_initials(self, name: str) -> list[dict[str, Any]]:
        if name != "outputs":
            return []
        today = timezone.localdate()
        return [{"code": draw_code(today)} for _ in range(self.tables[name].blank)]

    def outputs(self, taken: Taken, form: Form | None = None, **said: object) -> list[making.Output]:
        return [
            making.output(
                new_lot(row["code"], form or Form(row["form"]), party=self.desk.party, may_exist=True),
                form or Form(row["form"]),
                row["weight"],
                parents=taken.lots,
                **{**said, "grade": row.get("grade")},
            )
            for row in self.filled("outputs")
        ]


class CloseForm(ActForm):
    slug = "close"
    title = "Close a day-lot"
    sign = "Seal the day-lot"
    intro = "After this nothing more is poured in. The seal states how many deliveries it holds, and how much."
    group = "Take in"

    lot = forms.ChoiceField(label="Day-lot")

    def prepare(self) -> None:
        self.fields["lot"].choices = [
            ("", "Choose"),
            *((lot.uri, f"{lot.code} ({words.FORMS[Form(lot.form)]})") for lot in self.desk.day_lots),
        ]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        held = Balance.objects.filter(lot__uri=answers["lot"], custodian=self.desk.party).order_by("pk").first()
        return making.close(
            party=self.desk.party,
            at=answers["at"],
            site=held.site if held else self.desk.sites[0],
            lot=answers["lot"],
            note=answers["note"],
        )


class ProcessForm(MakingForm):
    slug = "process"
    title = "Record a step"
    sign = "Sign the step"
    intro = "What goes in and what comes out, by-products too. The next page shows the remainder and the yield."
    group = "Make"
    tables = {
        "inputs": Rows(LotRow, "What goes in", least=1),
        "outputs": Rows(OutputRow, "What comes out", "A line without a weight is left out.", blank=4, least=1),
        "differences": Rows(DifferenceRow, "Losses and gains that you know of", blank=2),
    }

    step = forms.ChoiceField(
        choices=[("", "Choose"), *((name, words.STEPS[name]) for name in STEPS if name in PROCESS_STEPS - {"roast"})]
    )
    process = forms.ChoiceField(
        label="Process", choices=PROCESSES, required=False, help_text="Where this step decides it."
    )
    field_order = ["at", "step", "process"]
    after = ("rest", "note")

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("inputs")
        step = STEPS[answers["step"]]
        for row in self.filled("outputs"):
            if not step.makes(Form(row["form"])):
                raise Refused(
                    f"The step “{words.STEPS[step.name]}” does not make {words.FORMS[Form(row['form'])]}. "
                    f"It makes: {', '.join(sorted(words.FORMS[form] for form in step.outputs | step.byproducts))}.",
                    field="outputs",
                )
        said = {"process": answers["process"]} if answers["process"] else {}
        return making.process(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            step=answers["step"],
            inputs=taken.lines,
            outputs=self.outputs(taken, **said),
            losses=self.differences("loss"),
            gains=self.differences("gain"),
            rest=LossKind(answers["rest"]),
            owner=taken.owner,
            note=answers["note"],
        )


class LotToRoastRow(LotRow):
    made_of = STEPS["roast"].inputs


class LotToPackRow(LotRow):
    made_of = STEPS["pack"].inputs


class RoastRow(OutputRow):
    form = forms.ChoiceField(
        label="What is it", choices=words_choices({form: words.FORMS[form] for form in (Form.ROASTED, Form.CHAFF)})
    )
    grade = None  # type: ignore[assignment]


class RoastForm(MakingForm):
    slug = "roast"
    title = "Roast, one lot or a blend"
    sign = "Sign the roast"
    intro = "Several lots in one roast are a blend; their shares follow from the weights."
    group = "Make"
    tables = {
        "inputs": Rows(LotToRoastRow, "Green coffee in", least=1),
        "outputs": Rows(RoastRow, "What comes out", "A line without a weight is left out.", blank=2, least=1),
        "differences": Rows(DifferenceRow, "Losses and gains that you know of", blank=2),
    }

    roast_degree = forms.ChoiceField(
        label="Roast", required=False, choices=[("", "not said"), *((w, w) for w in ("light", "medium", "dark"))]
    )
    recipe = forms.CharField(label="Recipe", required=False, max_length=300, help_text="Profile, batch size. " + NOTE)
    field_order = ["at", "roast_degree"]
    after = ("rest", "recipe", "note")

    def prepare(self) -> None:
        self.fields["rest"].initial = LossKind.WATER.value

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("inputs")
        return making.process(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            step="roast",
            inputs=taken.lines,
            outputs=self.outputs(taken, roast_degree=answers["roast_degree"]),
            losses=self.differences("loss"),
            gains=self.differences("gain"),
            rest=LossKind(answers["rest"]),
            owner=taken.owner,
            note=answers["note"],
            recipe=answers["recipe"],
        )


class SplitForm(MakingForm):
    slug = "split"
    title = "Split a lot"
    sign = "Sign the split"
    intro = "The same coffee in several lots. Together they weigh what was split."
    group = "Make"
    tables = {"outputs": Rows(PartRow, "The new lots", blank=3, least=1)}

    line = StockField(label="Lot")
    weight = WeightField(label="How much of it")
    rest = None  # type: ignore[assignment]
    on_review = ()

    def plan(self) -> Plan:
        answers = self.cleaned_data
        taken = self.one_line(answers["line"], answers["weight"])
        return making.split(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            line=taken.lines[0],
            outputs=self.outputs(taken, Form(answers["line"].form)),
            owner=taken.owner,
            note=answers["note"],
        )


class PackForm(MakingForm):
    slug = "pack"
    title = "Pack into bags"
    sign = "Sign the packing"
    intro = "Each bag gets a code of its own. Its label can be printed when this is signed."
    group = "Make"
    tables = {
        "inputs": Rows(LotToPackRow, "What goes into the bags", least=1),
        "differences": Rows(DifferenceRow, "Losses and gains that you know of", blank=1),
    }

    product = forms.ChoiceField()
    code = CodeField()
    count = forms.IntegerField(label="Number of bags", min_value=1, max_value=100_000)
    best_before = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    field_order = ["at", "product", "code", "count", "best_before"]
    after = ("rest", "note")

    def prepare(self) -> None:
        self.fields["product"].choices = [
            ("", "Choose"),
            *((str(product.pk), f"{product.name}, {words.kg(product.net_mg)}") for product in self.desk.products),
        ]
        self.fields["code"].initial = draw_code(timezone.localdate())
        self.fields["rest"].initial = LossKind.SPILLAGE.value

    def plan(self) -> Plan:
        answers, taken = self.cleaned_data, self.stock_lines("inputs")
        if answers["best_before"] and answers["best_before"] < answers["at"].date():
            raise Refused("This is before the day of packing. Is the year right?", field="best_before")
        product = next(product for product in self.desk.products if str(product.pk) == answers["product"])
        return making.pack(
            party=self.desk.party,
            at=answers["at"],
            site=taken.site,
            inputs=taken.lines,
            lot=new_lot(answers["code"], Form.PACKED, party=self.desk.party, gtin=product.gtin or None),
            product=product,
            count=answers["count"],
            attributes=inherited(taken.lots, best_before=answers["best_before"]),
            losses=self.differences("loss"),
            gains=self.differences("gain"),
            rest=LossKind(answers["rest"]),
            owner=taken.owner,
            note=answers["note"],
        )
