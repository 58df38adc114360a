"""Figures: health and money as rows, a closed set of typed queries over them, and the answers as templates.

Numbers on the screen come from here and from nowhere else.
"""
