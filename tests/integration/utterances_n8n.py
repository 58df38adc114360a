"""Twenty sentences about n8n as people say them, for the registry of `n8n_house`.

Each with what it means: the workflow and its inputs, the name of a tool that reads, or that it is asked back (None).
"""

from __future__ import annotations

from typing import Any

N8N: list[tuple[str, str | None, dict[str, Any]]] = [
    ("run the photo import with folder Camera", "photo_import", {"folder": "Camera"}),
    ("Could you import the photos from “Kamera Süd” please?", "photo_import", {"folder": "Kamera Süd"}),
    (
        "kick off the photo import for the folder DCIM and put the newest 20 into the album Summer",
        "photo_import",
        {"folder": "DCIM", "newest": 20, "album": "Summer"},
    ),
    ("import the 10 newest photos from the phone folder", "photo_import", {"folder": "phone", "newest": 10}),
    ("run the photo import", None, {}),
    ("pls start the photo import from my holidays by the sea", "photo_import", {"folder": "holidays by the sea"}),
    ("archive the album Summer in the photo archive", "photo_archive", {"album": "Summer"}),
    ("run the photo archive for 'Best of 2025'", "photo_archive", {"album": "Best of 2025"}),
    ("start the archive of my photos in n8n", None, {}),
    ("send out the newsletter to the family with pictures", "newsletter", {"group": "family", "with_pictures": True}),
    ("trigger the newsletter workflow for the club", "newsletter", {"group": "club"}),
    ("send out the newsletter", None, {}),
    ("make a backup of the house now", "backup", {}),
    ("execute the nightly backup and keep days 30", "backup", {"keep_days": 30}),
    ("run the nightly backup tomorrow at 8", None, {}),
    ("please make the invoice report for 2026-10-31", "invoice_report", {"day": "2026-10-31"}),
    ("hey can you run the invoice report for yesterday", "invoice_report", {"day": "2026-11-21"}),
    ("launch the laundry automation", None, {}),
    ("which workflows can you start?", "list_workflows", {}),
    ("what ran in n8n lately?", "workflow_history", {}),
]
