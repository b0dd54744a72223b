"""What people fill in to design labels, and to print them."""

from collections.abc import Sequence
from typing import Any

from django import forms

from provenance.bags.models import Product
from provenance.trail.models import Lot
from shipments.labels.papers import PAPERS
from shipments.models import LabelLayout

# More at once is a file that no printer's memory takes; a roll holds a tenth of it.
MOST_ON_ROLLS = 10_000
MOVE = {"min_value": -10, "max_value": 10, "max_digits": 4, "decimal_places": 1, "required": False, "initial": 0}


class LayoutForm(forms.ModelForm):
    """A layout of one of the products of one's own."""

    use_required_attribute = False
    fields_shown = forms.MultipleChoiceField(
        label="Beside the code",
        choices=LabelLayout.Field.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="The lot and the address are always there. What has no room is left out, and told.",
        error_messages={"invalid_choice": "%(value)s is nothing that can stand on a label."},
    )

    class Meta:
        model = LabelLayout
        fields = ["product", "name", "paper", "height_mm", "printer", "level", "capitals"]
        fields += ["origin", "cup_notes", "right_mm", "down_mm"]
        error_messages = {
            "paper": {"invalid_choice": "%(value)s is no paper that is known here. Choose one of the list."},
            "printer": {"invalid_choice": "%(value)s is no printer that is known here. Choose one of the list."},
            "level": {"invalid_choice": "A code cannot name %(value)s. Choose one of the list."},
        }

    def __init__(self, parties: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.filter(party_uri__in=parties)
        self.fields["fields_shown"].initial = self.instance.fields

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        self.instance.fields = [field for field in LabelLayout.Field.values if field in said.get("fields_shown", [])]
        product, paper = said.get("product"), said.get("paper")
        if product and not product.gtin and said.get("level") not in (None, LabelLayout.Level.TOKEN):
            self.add_error("level", f"{product} has no GTIN: its code can name the bag by a link without GTIN only.")
        if paper and not PAPERS[paper].is_roll:
            if said.get("printer") not in (None, LabelLayout.Printer.PDF):
                self.add_error("printer", "A label printer prints on rolls. Choose a roll, or any printer.")
            if said.get("height_mm"):
                self.add_error("height_mm", "Labels on a sheet have a height already. Leave this empty.")
        return said


class PrintForm(forms.Form):
    """Which bags, on what. ``order`` makes the same click twice one job, and a reprint another."""

    use_required_attribute = False
    layout = forms.ModelChoiceField(
        LabelLayout.objects.none(),
        required=False,
        empty_label="plain: A4 sheet, 21 labels of 63.5 × 38.1 mm",
        error_messages={"invalid_choice": "There is no such layout of this product any more. Choose another."},
    )
    first = forms.IntegerField(label="From bag number", min_value=1)
    last = forms.IntegerField(label="To bag number", min_value=1)
    start = forms.IntegerField(
        label="Begin at label", min_value=1, required=False, help_text="Of a sheet that was begun, counted row by row."
    )
    right = forms.DecimalField(label="Move to the right (mm)", **MOVE)
    down = forms.DecimalField(label="Move down (mm)", **MOVE, help_text="Negative: to the left, or up.")
    all_the_same = forms.BooleanField(label="Print labels of a recalled lot all the same", required=False)
    order = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, lot: Lot, product: Product | None, *args: Any, is_recalled: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count, self.is_recalled, self.product = lot.count or 0, is_recalled, product
        self.fields["layout"].queryset = LabelLayout.objects.filter(product=product)
        if not is_recalled:
            del self.fields["all_the_same"]

    def clean_last(self) -> int:
        last: int = self.cleaned_data["last"]
        if last > self.count:
            raise forms.ValidationError(f"This lot has {self.count:,} bags.")
        return last

    def clean(self) -> None:
        said = self.cleaned_data
        first, last, layout = said.get("first"), said.get("last"), said.get("layout") or plain_layout(self.product)
        if first and last and first > last:
            self.add_error("last", "This is before the first.")
        elif first and last and layout.dpi and last - first >= MOST_ON_ROLLS:
            self.add_error("last", f"A label printer takes {MOST_ON_ROLLS:,} labels at once. Print them in parts.")
        labels = PAPERS[layout.paper].labels_on_a_page
        if (said.get("start") or 1) > labels:
            what = "A roll has no labels to skip." if labels == 1 else f"This sheet has {labels} labels."
            self.add_error("start", what)
        if self.is_recalled and not said.get("all_the_same") and "all_the_same" not in self.errors:
            self.add_error("all_the_same", "This lot is recalled. Tick this if labels are wanted all the same.")


def plain_layout(product: Product | None) -> LabelLayout:
    """What is printed where nobody has designed anything."""
    level = product.label_level if product else LabelLayout.Level.SERIAL
    return LabelLayout(name="plain", product=product, level=level)
