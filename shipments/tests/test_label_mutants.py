"""The promises of labels, broken on purpose: each planted bug has to be seen by the test that guards it."""

import pytest

from provenance.printing import codes
from shipments.admin import label_forms, label_pages
from shipments.labels import arranging, sheets, zpl
from shipments.tests import test_label_pages, test_labels
from shipments.tests.test_label_pages import packed  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db


def caught(test, *args):
    with pytest.raises((AssertionError, ValueError)):
        test(*args)


def test_a_quiet_zone_of_two_modules_is_seen(monkeypatch):
    test_labels.test_codes_have_error_level_m_and_a_quiet_zone_of_four_modules("serial")
    monkeypatch.setattr(codes, "QUIET_MODULES", 2)
    caught(test_labels.test_codes_have_error_level_m_and_a_quiet_zone_of_four_modules, "serial")


def test_modules_too_small_for_a_phone_are_seen(monkeypatch):
    monkeypatch.setattr(arranging, "SMALLEST_MODULE", 0)
    with pytest.raises(pytest.fail.Exception):
        test_labels.test_a_code_that_a_label_cannot_hold_is_refused_with_what_to_do()


def test_words_that_stand_on_each_other_are_seen(monkeypatch):
    monkeypatch.setattr(arranging, "LEADING", 0.8)
    caught(test_labels.test_no_word_stands_on_another_or_on_the_code_or_outside, "a4-21", test_labels.FULL)


def test_a_begun_sheet_that_is_printed_over_is_seen(monkeypatch):
    corner = sheets.Paper.corner
    monkeypatch.setattr(sheets.Paper, "corner", lambda paper, place: corner(paper, place - 19 if place > 18 else place))
    caught(test_labels.test_a_sheet_that_was_begun_is_filled_from_the_label_that_is_left)


def test_a_printer_that_burns_white_is_seen(monkeypatch):
    monkeypatch.setattr(zpl.ImageChops, "invert", lambda image: image)
    caught(test_labels.test_what_a_label_printer_burns_reads_back, "roll-58", None, 203, "gtin")


def test_labels_of_a_recalled_lot_without_a_word_are_seen(packed, roastery, monkeypatch):  # noqa: F811
    monkeypatch.setattr(label_pages, "called_back", lambda: set())
    caught(test_label_pages.test_labels_of_a_recalled_lot_print_only_on_demand, packed, roastery)


def test_a_layout_for_anybodys_product_is_seen(roastery, house_blend, wote, monkeypatch):
    init = label_forms.LayoutForm.__init__

    def open_to_all(form, parties, *args, **kwargs):
        init(form, parties, *args, **kwargs)
        form.fields["product"].queryset = label_forms.Product.objects.all()

    monkeypatch.setattr(label_forms.LayoutForm, "__init__", open_to_all)
    caught(test_label_pages.test_a_layout_cannot_be_given_to_somebody_elses_product, roastery, house_blend, wote)
