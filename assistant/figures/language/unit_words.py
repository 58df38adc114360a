"""Units and currencies as people say them."""

from __future__ import annotations

CURRENCIES = {"eur": "EUR", "euro": "EUR", "euros": "EUR", "usd": "USD", "dollar": "USD", "dollars": "USD", "$": "USD",
              "us dollars": "USD", "us dollar": "USD", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "chf": "CHF",
              "swiss francs": "CHF", "francs": "CHF", "jpy": "JPY", "yen": "JPY", "sterling": "GBP"}  # fmt: skip
WORD_UNITS = {"hours": "h", "hour": "h", "hrs": "h", "hr": "h", "minutes": "min", "minute": "min", "mins": "min",
              "kilos": "kg", "kilo": "kg", "kilograms": "kg", "kilogram": "kg", "kgs": "kg", "lbs": "lb", "miles": "mi",
              "mile": "mi", "kilometers": "km", "kilometres": "km", "kilometer": "km", "kilometre": "km", "kms": "km",
              "meters": "m", "metres": "m", "meter": "m", "metre": "m", "percent": "%", "seconds": "s", "second": "s",
              "beats per minute": "bpm", "liters": "L", "litres": "L", "liter": "L", "litre": "L", "l": "L", "ml": "mL",
              "grams": "g", "gram": "g", "mmhg": "mmHg", "kj": "kJ", "c": "degC", "f": "degF", "mmol/l": "mmol/L",
              "mg/dl": "mg/dL"}  # fmt: skip
