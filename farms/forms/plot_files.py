"""A file of plots: chosen once, judged before anything is signed and again when it is."""

from base64 import b64decode, b64encode
from typing import Any

from django import forms

from farms.forms.base import SayForm
from farms.services import plot_files
from farms.services.plans import Plan, Refused
from farms.services.plot_files import Judged
from provenance.coffee.plots import BadPlot

KINDS = ".geojson,.json,.kml,.csv,.txt,.xlsx,application/geo+json,application/vnd.google-earth.kml+xml,text/csv"


class PlotFileForm(SayForm):
    title = "Register plots from a file"
    sign = "Sign and register"
    intro = (
        "GeoJSON or KML with points and outlines, or a spreadsheet of points. Each plot is checked by the rules of the "
        "European Union. Nothing is changed in it, and nothing is recorded before you sign."
    )
    places = {"site": "farm", "country": "farm"}

    farm = forms.ChoiceField(error_messages={"invalid_choice": "Choose a farm of yours."})
    file = forms.FileField(
        allow_empty_file=True,
        label="Which file?",
        widget=forms.FileInput({"accept": KINDS}),
        help_text="A spreadsheet needs columns called longitude, latitude and area (in hectares).",
    )
    # The file as it came, byte for byte: a browser sends a file once, and it is judged again when it is signed.
    sent = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    shown = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, business: Any, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        if data is not None and files and "file" in files:
            data = data.copy()
            # A byte more than may be sent is enough to refuse it.
            data["sent"] = b64encode(files["file"].read(plot_files.MAX_BYTES + 1)).decode()
        self.judged: tuple[Judged, ...] = ()
        super().__init__(business, data, files, **kwargs)
        self.fields["file"].required = not (data and data.get("sent"))

    def prepare(self) -> None:
        self.farms = {farm.uri: farm for farm in self.business.farms}
        self.fields["farm"].choices = [(farm.uri, farm.name) for farm in self.farms.values()]
        self.fields["farm"].initial = next(iter(self.farms), None)

    def missing(self) -> tuple[str, str, str] | None:
        if self.farms:
            return None
        return "A plot belongs to a farm, and you have not registered one yet.", "farms:farm", "Register a farm"

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if not self.errors:
            try:
                original = b64decode(answers["sent"], validate=True)
                self.judged = plot_files.judge_file(self.business, self.farms[answers["farm"]], original)
            except BadPlot as error:
                self.add_error("file", str(error))
            except ValueError:
                self.add_error("file", "The file did not arrive whole. Choose it again.")
        return answers

    @property
    def passing(self) -> list[Judged]:
        return [each for each in self.judged if each.plan]

    def plan(self, event_id: str) -> Plan:
        if event_id and self.cleaned_data["shown"] != len(self.passing):
            raise Refused("What can be registered has changed since you looked. Look again.", field="file")
        return plot_files.register_plots(self.business.party, self.judged)


class GrowersPlotFileForm(PlotFileForm):
    """For an officer, who signs as the guardian of a grower."""

    intro = PlotFileForm.intro + " Your cooperative signs for the grower; the grower sees it and can answer."

    def missing(self) -> tuple[str, str, str] | None:
        if self.farms:
            return None
        return "A plot belongs to a farm, and this grower has not registered one yet.", "farms:growers", "All growers"
