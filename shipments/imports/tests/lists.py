"""Short lists as importers send them. Nobody in them exists."""

import io

from openpyxl import Workbook

HEADER = (
    "No,Country of Origin,Farm Name,Lot Number,Altitude,Region,Producer,Number of Bags,Bag Weight,Harvest Year,"
    "Grading Date,Variety,Processing Method,Total Cup Points,Moisture"
)
ROWS = (
    "1,Colombia,Finca Uno,L-1,1750 msnm,Huila,Ana Prueba,20,70 kg,2024,2025-02-03,Caturra,Washed / Wet,86.25,11 %",
    "2,Ethiopia,Farm Two,,1900-2100,Guji,Abel Example,30,60 kg,2024/2025,2025-03-04,,Natural / Dry,87.5,0 %",
    "3,Brazil,Fazenda Três,,1100,Cerrado,Rui Exemplo,10,6,2024,2025-04-05,Bourbon,Natural / Dry,84,11 %",
)
ACCEPTED, WARNED, REJECTED = ROWS


def csv_of(*rows: str, header: str = HEADER) -> bytes:
    return ("\r\n".join([header, *rows]) + "\r\n").encode()


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
