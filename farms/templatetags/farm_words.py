"""Weights, times and forms of coffee in growers' pages."""

from django import template

from farms import words

register = template.Library()
register.filter("kg", words.kg)
register.filter("when", words.when)
register.filter("form", words.form)
register.filter("hectares", words.hectares)
register.filter("country", words.country)
register.filter("handover", words.handover)
register.filter("refused_for", words.refused_for)
register.filter("contested_for", words.contested_for)
register.filter("payment", words.payment)
