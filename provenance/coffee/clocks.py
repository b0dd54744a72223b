"""The clock on the wall of a place, by its country."""

from zoneinfo import ZoneInfo

# Countries with one clock, or one that nearly all their coffee lives by.
ZONES = {
    "AT": "Europe/Vienna",
    "BI": "Africa/Bujumbura",
    "BO": "America/La_Paz",
    "BR": "America/Sao_Paulo",
    "CD": "Africa/Lubumbashi",
    "CH": "Europe/Zurich",
    "CI": "Africa/Abidjan",
    "CM": "Africa/Douala",
    "CN": "Asia/Shanghai",
    "CO": "America/Bogota",
    "CR": "America/Costa_Rica",
    "DE": "Europe/Berlin",
    "DO": "America/Santo_Domingo",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ET": "Africa/Addis_Ababa",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GT": "America/Guatemala",
    "HN": "America/Tegucigalpa",
    "HT": "America/Port-au-Prince",
    "ID": "Asia/Jakarta",
    "IN": "Asia/Kolkata",
    "IT": "Europe/Rome",
    "JM": "America/Jamaica",
    "JP": "Asia/Tokyo",
    "KE": "Africa/Nairobi",
    "KR": "Asia/Seoul",
    "LA": "Asia/Vientiane",
    "MM": "Asia/Yangon",
    "MW": "Africa/Blantyre",
    "MX": "America/Mexico_City",
    "NI": "America/Managua",
    "NL": "Europe/Amsterdam",
    "PA": "America/Panama",
    "PE": "America/Lima",
    "PG": "Pacific/Port_Moresby",
    "PH": "Asia/Manila",
    "RW": "Africa/Kigali",
    "SV": "America/El_Salvador",
    "TH": "Asia/Bangkok",
    "TW": "Asia/Taipei",
    "TZ": "Africa/Dar_es_Salaam",
    "UG": "Africa/Kampala",
    "VN": "Asia/Ho_Chi_Minh",
    "YE": "Asia/Aden",
    "ZM": "Africa/Lusaka",
}


def clock_of(country: str) -> ZoneInfo:
    """UTC where the country is not known or has several clocks; pages always show which clock is meant."""
    return ZoneInfo(ZONES.get(country, "UTC"))
