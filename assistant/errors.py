"""Everything that can go wrong on purpose.

TwinningError                     str(error) is one sentence, fit for the person, and names the fix
├── BadInput                      the person can put it right: empty, too long, unreadable
├── NotFound                      no such memory, thread, document, model
├── NotAllowed                    signed out, wrong code, too many tries
├── ConfigurationError            a setting is wrong or missing
│   ├── InUse                     the port or the data folder is taken
│   └── SchemaTooNew              the data was written by a newer Twinning
├── Unavailable                   something we need does not answer
│   ├── DatabaseUnavailable
│   └── ModelUnavailable
├── ServiceError                  an integration failed
│   ├── ServiceUnavailable  AuthFailed  RateLimited  Refused      nothing was done
│   └── NoAnswer  BadResponse                                     it may have been done: `may_have_acted`
├── WrongDigest                   a downloaded file is not what the manifest names
├── RetryTool                     the model can put it right: "give a past date"
└── ToolFailed                    the model cannot
"""

from __future__ import annotations


class TwinningError(Exception):
    """Base of all errors whose text may be shown to the person."""


class BadInput(TwinningError):
    """What came in cannot be used; the text says what would do."""


class NotFound(TwinningError):
    """The thing that was named does not exist, or is not this person's."""


class NotAllowed(TwinningError):
    """The person may not do this, or not now."""


class ConfigurationError(TwinningError):
    """A setting is wrong or missing; the text names it."""


class InUse(ConfigurationError):
    """Another process holds the port or the data folder."""


class SchemaTooNew(ConfigurationError):
    """The database was migrated by a newer version; nothing was written."""


class Unavailable(TwinningError):
    """Something this needs does not answer; trying again later may help."""


class DatabaseUnavailable(Unavailable):
    """Postgres does not answer."""


class ModelUnavailable(Unavailable):
    """The language or embedding model does not answer or is not there."""


class ServiceError(TwinningError):
    """An outside service failed.

    Attributes:
        may_have_acted: True when the request was sent and nobody can tell whether the service carried it out.
    """

    may_have_acted = False


class ServiceUnavailable(ServiceError):
    """The service cannot be reached; the request never left."""


class AuthFailed(ServiceError):
    """The service refuses our credentials; the text says what to connect again."""


class Refused(ServiceError):
    """The service understood and said no; nothing was done."""


class NoAnswer(ServiceError):
    """The request was sent, and no answer came."""

    may_have_acted = True


class RateLimited(ServiceError):
    """The service asks us to slow down.

    Args:
        message: For the person.
        retry_after_s: Seconds to wait, when the service says so.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadResponse(ServiceError):
    """The service answered something that is not in its contract."""

    may_have_acted = True


class WrongDigest(TwinningError):
    """A file's SHA-256 is not the one in the manifest; the file is not used."""


class RetryTool(TwinningError):
    """The model called a tool wrongly and may try again; the text tells it how."""


class ToolFailed(TwinningError):
    """The tool could not do it, and trying again will not help."""
