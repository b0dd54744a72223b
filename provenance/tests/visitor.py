"""Somebody with a browser but without script: opens pages, follows links, fills in forms, presses buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.test import Client


@dataclass
class Control:
    """One field of a form: what it holds now, and for a list what it offers (value, text)."""

    name: str
    value: str = ""
    sent: bool = True
    offers: list[tuple[str, str]] = field(default_factory=list)
    box: bool = False  # a box or a round button: sent with its value, or not at all


@dataclass
class Form:
    action: str = ""
    method: str = "get"
    controls: list[Control] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._inside: Form | None = None
        self._link = ""
        self._option = False
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        if tag == "a":
            self._link = attributes.get("href", "")
        elif tag == "form":
            self._inside = Form(attributes.get("action", ""), attributes.get("method", "get"))
            self.forms.append(self._inside)
        elif self._inside is not None:
            self._control(self._inside, tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "a":
            self._link = ""
        elif tag in ("option", "select"):
            self._option = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._link and data.strip():
            self.links.append((data.strip(), self._link))
        if self._option and self._inside is not None:
            offers = self._inside.controls[-1].offers
            offers[-1] = (offers[-1][0], offers[-1][1] + data.strip())

    def _control(self, form: Form, tag: str, attributes: dict[str, str]) -> None:
        name, kind = attributes.get("name", ""), attributes.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            if name:
                form.buttons[name] = attributes.get("value", "")
        elif tag == "input" and kind in ("radio", "checkbox"):
            value = attributes.get("value", "on")
            form.controls.append(Control(name, value, "checked" in attributes, box=True))
        elif tag in ("input", "textarea") and kind != "file":
            form.controls.append(Control(name, attributes.get("value", "")))
        elif tag == "select":
            form.controls.append(Control(name))
        elif tag == "option":
            control, value = form.controls[-1], attributes.get("value", "")
            if "selected" in attributes or not control.offers:
                control.value = value
            control.offers.append((value, ""))
            self._option = True


class Visitor:
    """Keeps the page it is on. Every page it opens must answer with 200."""

    def __init__(self, address: str = "") -> None:
        self.client = Client(headers={"Accept": "text/html,*/*;q=0.8"})
        self.at = ""
        self.body = b""
        self.page = Page("")
        if address:
            self.open(address)

    def log_in(self, username: str, password: str) -> "Visitor":
        self.open("/login/")
        self.send(username=username, password=password)
        assert "/login/" not in self.at, self.page.text
        return self

    def open(self, address: str) -> "Visitor":
        return self._arrive(self.client.get(address, follow=True), address)

    def follow(self, words: str) -> "Visitor":
        """The first link whose text holds the words."""
        return self.open(next(address for text, address in self.page.links if words in text))

    def send(self, press: str | None = None, **answers: str) -> "Visitor":
        """
        Send the form that has the most fields, as it stands but for ``answers``; press the button named.

        ``inputs__0__line`` is the field ``inputs-0-line``; of a list, a part of the offered text is answer enough.
        """
        form = max((form for form in self.page.forms if form.method == "post"), key=lambda form: len(form.controls))
        typed = {name.replace("__", "-"): value for name, value in answers.items()}
        if unknown := typed.keys() - {control.name for control in form.controls}:
            raise AssertionError(f"{self.at} does not ask for {', '.join(sorted(unknown))}.")
        data: dict[str, str] = {}
        for control in form.controls:
            if control.name in typed:
                self._answer(data, control, typed[control.name])
            elif control.name and control.sent:
                data[control.name] = control.value
        if press:
            data[press] = form.buttons[press]
        address = form.action or self.at
        return self._arrive(self.client.post(address, data, follow=True), address)

    def sign(self, **answers: str) -> "Visitor":
        """Fill in, read back, sign."""
        self.send(**answers)
        assert any("sign" in form.buttons for form in self.page.forms), self.page.text
        return self.send(press="sign")

    def _answer(self, data: dict[str, str], control: Control, answer: str) -> None:
        if control.box:
            if answer and answer in (control.value, "on"):
                data[control.name] = control.value
        elif control.offers:
            exact = [value for value, text in control.offers if answer in (value, text)]
            partly = [value for value, text in control.offers if answer in text]
            assert exact or partly, f"{control.name} offers {control.offers}, not {answer}."
            data[control.name] = [*exact, *partly][0]
        else:
            data[control.name] = answer

    def _arrive(self, answer, address: str) -> "Visitor":
        self.at = answer.redirect_chain[-1][0] if answer.redirect_chain else address
        self.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, (self.at, answer.status_code)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        self.page = Page(self.body.decode() if is_page else "")
        return self
