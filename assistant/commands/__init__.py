"""The commands, a file per subject. A file is imported when one of its commands is used, and not before.

A new command is a function here and a row in `assistant/__main__.py`.
"""
