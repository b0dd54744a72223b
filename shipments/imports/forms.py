"""What a person says about a file before it is imported."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from provenance.coffee.words import COUNTRIES
from shipments.imports import mapping, reading
from shipments.imports.models import ImportFile
from shipments.services.desk import Desk

NOTHING = ("", "not used")


class UploadForm(forms.Form):
    use_required_attribute = False
    file = forms.FileField(
        label="Spreadsheet",
        help_text=f"CSV or XLSX, at most {reading.MAX_BYTES // 1_000_000} MB: a row of headers, then one row a lot.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )
    site = forms.ChoiceField(label="Where the lots lie")
    encoding = forms.ChoiceField(
        label="Encoding",
        required=False,
        choices=[("", "find out"), *((name, name) for name in reading.ENCODINGS)],
        help_text="Only for CSV, and only where accents come out wrong.",
    )

    def __init__(self, desk: Desk, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site: Any = self.fields["site"]
        site.choices = [(place.uri, place.name) for place in desk.places]

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > reading.MAX_BYTES:
            raise forms.ValidationError("The file is too large: send it in parts.")
        return file


class ColumnsForm(forms.Form):
    """One choice for each column of the file."""

    use_required_attribute = False
    country = forms.ChoiceField(
        label="Country of all rows",
        required=False,
        help_text="Only where no column says it. An empty cell is never filled in with it.",
    )

    def __init__(self, file: ImportFile, examples: Sequence[Sequence[str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file, self.examples = file, examples
        country: Any = self.fields["country"]
        country.choices = [NOTHING, *((code, code) for code in sorted(COUNTRIES))]
        country.initial = file.country
        kinds = [NOTHING, *((kind, words) for kind, (words, _) in mapping.KINDS.items())]
        said = {place: kind for kind, place in file.mapping.items()}
        for place, title in enumerate(file.header):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=title.strip() or f"column {place + 1}",
                required=False,
                choices=kinds,
                initial=said.get(place, ""),
            )

    def columns(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each column's choice, with what its first rows hold."""
        return [
            (self[f"column_{place}"], [row[place] for row in self.examples if place < len(row)])
            for place in range(len(self.file.header))
        ]

    def clean(self) -> None:
        taken: dict[str, str] = {}
        for name, kind in list(self.cleaned_data.items()):
            if not name.startswith("column_") or not kind:
                continue
            if kind in taken:
                words, other = mapping.KINDS[kind][0], self.fields[taken[kind]].label
                self.add_error(name, f"{other} is the {words} already: choose one of the two.")
            taken.setdefault(kind, name)

    def said(self) -> Mapping[str, int]:
        """The mapping as it is saved."""
        return {
            kind: int(name.removeprefix("column_"))
            for name, kind in self.cleaned_data.items()
            if name.startswith("column_") and kind
        }
