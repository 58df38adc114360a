"""Money: banks' files and services become one ledger, and the ledger becomes figures."""
