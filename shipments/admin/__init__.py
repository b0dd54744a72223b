"""The processors' and roasters' door: stock, deliveries, lots, the trail, and a page for each act."""

from shipments.admin import certificates, layout_pages, messages, needs, windows
from shipments.imports import admin as imports

__all__ = ["certificates", "imports", "layout_pages", "messages", "needs", "windows"]
