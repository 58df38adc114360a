"""What all tests share."""

from __future__ import annotations

import os

# Nothing of the person who runs the tests gets in: neither their settings nor their data folder.
for name in [name for name in os.environ if name.startswith(("TWINNING_", "CHAINLIT_", "LANGSMITH_", "LANGCHAIN_"))]:
    del os.environ[name]
