"""
Trade spreadsheets of graded green lots, turned into signed statements by the organisation that imports them.

``reading`` gives records, ``mapping`` says which column is what, ``cells`` reads one cell, ``rows`` judges a row,
``recording`` signs and records, ``files`` carries an upload from one step to the next.
"""
