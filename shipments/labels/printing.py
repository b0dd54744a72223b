"""One order of labels: which bags, how they look, how the sheet lies. Drawn at once or by a job, it is the same."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from shipments.labels.content import labels_of, paper_for
from shipments.labels.sheets import Placement, write_labels
from shipments.labels.zpl import write_zpl
from shipments.models import LabelLayout

LAYOUT = tuple(field.attname for field in LabelLayout._meta.concrete_fields if field.name != "id")


@dataclass(frozen=True)
class Order:
    """
    The bags ``first`` to ``last`` of a pack lot, counted from 1.

    ``layout``: the values of the layout as they were when it was ordered: a job that runs again after a crash, or after
    somebody changed the layout, prints the same labels.
    """

    lot: str
    code: str
    first: int
    last: int
    layout: dict[str, Any]
    start: int = 1
    right: float = 0
    down: float = 0

    @classmethod
    def of(cls, layout: LabelLayout, **order: Any) -> "Order":
        values = {name: getattr(layout, name) for name in LAYOUT}
        return cls(layout={name: _plain(value) for name, value in values.items()}, **order)

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    @property
    def is_zpl(self) -> bool:
        return bool(self.layout["printer"] != LabelLayout.Printer.PDF)

    @property
    def file_name(self) -> str:
        code = self.code.replace("/", "-")
        return f"labels-{code}-{self.first}-{self.last}.{'zpl' if self.is_zpl else 'pdf'}"

    @property
    def content_type(self) -> str:
        return "application/octet-stream" if self.is_zpl else "application/pdf"


def draw(order: Order, file: BinaryIO, *, told: Callable[[int], None] | None = None) -> int:
    """Write the labels. Gives how many; raises CodeTooSmall."""
    layout = LabelLayout(**order.layout)
    labels = labels_of(order.lot, layout, first=order.first, last=order.last)
    paper = paper_for(layout)
    if order.is_zpl:
        return write_zpl(file, labels, paper, told=told)
    return write_labels(file, labels, paper, Placement(order.start, order.right, order.down), told=told)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | list | None) else float(value)
