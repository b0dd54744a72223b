"""Names of the countries that grow, store or roast coffee; others are shown by their ISO 3166-1 code."""

COUNTRIES = {
    "AE": "United Arab Emirates", "AO": "Angola", "AR": "Argentina", "AT": "Austria", "AU": "Australia",
    "BE": "Belgium", "BI": "Burundi", "BJ": "Benin", "BO": "Bolivia", "BR": "Brazil", "CA": "Canada", "CD": "DR Congo",
    "CF": "Central African Republic", "CG": "Congo", "CH": "Switzerland",
    "CI": "Côte d’Ivoire", "CL": "Chile",
    "CM": "Cameroon", "CN": "China", "CO": "Colombia", "CR": "Costa Rica", "CU": "Cuba", "CZ": "Czechia",
    "DE": "Germany", "DK": "Denmark", "DO": "Dominican Republic", "EC": "Ecuador", "EE": "Estonia", "ES": "Spain",
    "ET": "Ethiopia", "FI": "Finland", "FR": "France", "GA": "Gabon", "GB": "United Kingdom", "GH": "Ghana",
    "GN": "Guinea", "GQ": "Equatorial Guinea", "GR": "Greece", "GT": "Guatemala", "GY": "Guyana", "HK": "Hong Kong",
    "HN": "Honduras", "HT": "Haiti", "HU": "Hungary", "ID": "Indonesia", "IE": "Ireland", "IN": "India", "IT": "Italy",
    "JM": "Jamaica", "JP": "Japan", "KE": "Kenya", "KR": "South Korea", "LA": "Laos", "LK": "Sri Lanka",
    "LR": "Liberia", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MG": "Madagascar", "ML": "Mali",
    "MM": "Myanmar", "MU": "Mauritius", "MW": "Malawi", "MX": "Mexico", "MY": "Malaysia", "MZ": "Mozambique",
    "NG": "Nigeria", "NI": "Nicaragua", "NL": "Netherlands", "NO": "Norway", "NP": "Nepal", "NZ": "New Zealand",
    "PA": "Panama", "PE": "Peru", "PG": "Papua New Guinea", "PH": "Philippines", "PL": "Poland", "PR": "Puerto Rico",
    "PT": "Portugal", "PY": "Paraguay", "RO": "Romania", "RW": "Rwanda", "SA": "Saudi Arabia", "SE": "Sweden",
    "SG": "Singapore", "SI": "Slovenia", "SK": "Slovakia", "SL": "Sierra Leone", "SV": "El Salvador", "TG": "Togo",
    "TH": "Thailand", "TL": "Timor-Leste", "TR": "Türkiye", "TT": "Trinidad and Tobago", "TW": "Taiwan",
    "TZ": "Tanzania", "UG": "Uganda", "US": "United States", "VE": "Venezuela", "VN": "Viet Nam", "YE": "Yemen",
    "ZA": "South Africa", "ZM": "Zambia", "ZW": "Zimbabwe",
}  # fmt: skip
