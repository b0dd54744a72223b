"""A picture, taken now or chosen, and who may see it."""

from typing import Any
from unicodedata import normalize

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from farms.forms.base import SayForm
from farms.services import picturing
from farms.services.plans import Plan
from provenance.coffee.errors import CoffeeError
from provenance.coffee.photos import MAX_CAPTION
from provenance.trail.errors import NoRoom
from provenance.trail.services.attaching.cleaning import MOST_BYTES, UnusableFile
from provenance.trail.services.attaching.taking import Taken, take_picture, taken
from provenance.trail.services.queries import PUBLIC

KINDS = "image/jpeg,image/png,image/webp"
NOBODY = "nobody"


class PictureForm(SayForm):
    title = "Show a picture"
    sign = "Sign this picture"
    intro = (
        "What the camera noted, like the place and the time, is removed before the picture is kept. "
        "If other people are on it, ask them first."
    )
    places = {"photo": "caption", "site": "of", "lots": "of", "files": "file"}

    of = forms.ChoiceField(label="What is on it?", error_messages={"invalid_choice": "Choose something from the list."})
    # With a camera named, phones open it at once and offer no other picture; so there are two ways.
    camera = forms.FileField(
        required=False,
        label="Take a photo",
        widget=forms.FileInput({"accept": "image/*", "capture": "environment"}),
    )
    file = forms.FileField(
        required=False, label="Or choose one that you have", widget=forms.FileInput({"accept": KINDS})
    )
    caption = forms.CharField(
        required=False,
        max_length=MAX_CAPTION,
        label="What do you want to say about it?",
        help_text="In your own words. It stands under the picture.",
    )
    readers = forms.ChoiceField(
        label="Who may see it?",
        choices=[
            (PUBLIC, "Everybody, also who buys a bag of your coffee"),
            (NOBODY, "Nobody but me: keep it sealed"),
        ],
        widget=forms.RadioSelect,
        help_text="You can take it back later. Who has saved it by then keeps it.",
    )
    stored = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, business: Any, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        self.refused: tuple[str, CoffeeError] | None = None
        chosen = [name for name in ("camera", "file") if files and name in files]
        if data is not None and chosen:
            data = data.copy()
            data["stored"] = self._store(business.party, chosen, files)
        super().__init__(business, data, files, **kwargs)

    def _store(self, party: str, chosen: list[str], files: Any) -> str:
        """A browser sends a file once, so it is kept at once, sealed; what nobody signs is gone after a day."""
        if len(chosen) > 1:
            self.refused = "file", UnusableFile("Two pictures were sent. Choose one of them.")
            return ""
        upload: UploadedFile = files[chosen[0]]
        try:
            # A byte more than may be kept is enough to refuse it.
            return take_picture(party, upload.read(MOST_BYTES + 1))
        except (UnusableFile, NoRoom) as error:
            self.refused = chosen[0], error
            return ""

    def prepare(self) -> None:
        self.motifs = {motif.key: motif for motif in picturing.motifs_of(self.business)}
        self.fields["of"].choices = [(key, motif.label) for key, motif in self.motifs.items()]

    def missing(self) -> tuple[str, str, str] | None:
        if self.motifs:
            return None
        return "A picture belongs to a farm, and you have not registered one yet.", "farms:farm", "Register a farm"

    @property
    def preview(self) -> str:
        """SHA-256 of the picture that is kept already, for the page to show; empty where there is none."""
        return self.picture.files[0].sha256 if getattr(self, "picture", None) else ""

    def clean_caption(self) -> str:
        return normalize("NFC", " ".join(self.cleaned_data["caption"].split()))

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        self.picture: Taken | None = None
        if self.refused:
            place, error = self.refused
            self.add_error(place, str(error))
        elif not answers.get("stored"):
            self.add_error("camera", "There is no picture yet. Take one here, or choose one below.")
        else:
            try:
                self.picture = taken(self.business.party, answers["stored"])
            except UnusableFile as error:
                self.add_error("file", str(error))
        return answers

    def plan(self, event_id: str) -> Plan:
        answers = self.cleaned_data
        assert self.picture is not None, "a form without a picture is not valid"
        return picturing.show_picture(
            business=self.business,
            motif=self.motifs[answers["of"]],
            picture=self.picture,
            caption=answers["caption"],
            at=timezone.localtime().replace(second=0, microsecond=0),
            audience=PUBLIC if answers["readers"] == PUBLIC else self.business.party,
        )
