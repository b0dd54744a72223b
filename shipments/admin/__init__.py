"""The processors' and roasters' door: stock, deliveries, lots, the trail, and a page for each act."""

from shipments.admin import needs, windows

__all__ = ["needs", "windows"]
