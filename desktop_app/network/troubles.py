"""What can go wrong between here and the other side, in sentences, and whether trying again may help."""

import ssl
from urllib.parse import quote

import httpx2
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from desktop_app.errors import TryAgain, UserError
from desktop_app.network.door import HUB, Gated, TokenRefused

THE_HUB = "The Hub"

_BUSY = (408, 425, 429)
_LONGEST_WAIT_S = 300


def no_answer(error: httpx2.TransportError, who: str) -> UserError:
    """Return what to say if nothing came back at all. `who` was asked, as the subject of a sentence."""
    if _is_about_certificate(error):
        return UserError(
            "The other side could not prove who it is, so nothing was sent.",
            "Check the date of this computer. A company network or a virus scanner may be reading along; ask about it.",
        )
    if isinstance(error, httpx2.TimeoutException):
        return TryAgain(f"{who} did not answer in time.", "Check the network connection and try again.")
    if isinstance(error, httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol):
        return TryAgain(f"{who} cannot be reached.", "Check the network connection and try again.")
    return TryAgain("The connection was lost.", "Try again.")


def is_busy(response: httpx2.Response) -> bool:
    """Return whether an answer only says "not now"."""
    return response.status_code in _BUSY or response.status_code >= 500


def refuse_if_busy(response: httpx2.Response, who: str) -> None:
    """Raise for an answer that only says "not now". `who` was asked, as the subject of a sentence.

    Raises:
        TryAgain: If it does.
    """
    if response.status_code == 429:
        raise TryAgain(
            f"{who} asks to wait, because too much was asked of it from here.",
            "Try again in a few minutes.",
            _asked_to_wait_s(response),
        )
    if is_busy(response):
        raise TryAgain(f"{who} has trouble of its own at the moment.", "Try again in a few minutes.")


def sentence_for(error: Exception, what: str, repo: str = "", has_token: bool = False) -> UserError:
    """Return what to say about an error of huggingface_hub.

    Args:
        error: As it was raised.
        what: What was wanted, as the object of a sentence: the model “x”.
        repo: Where, as owner/name.
        has_token: Whether a token was sent along.
    """
    page = f"{HUB}/{quote(repo, errors='replace')}"
    match error:
        case GatedRepoError() if has_token:
            return Gated(
                f"Your token does not give access to “{repo}” yet.",
                "Accept its terms on its page; some owners then answer by hand, which can take days.",
                page,
            )
        case GatedRepoError():
            return Gated(
                f"The owner of “{repo}” wants to know who downloads it.",
                "Accept its terms on its page, then give Moatless a token of your account.",
                page,
            )
        case RepositoryNotFoundError() | HFValidationError():
            return UserError(f"The Hub has no model “{repo}”, or it is private.", "Check the name.")
        case RevisionNotFoundError() | EntryNotFoundError():
            return UserError(f"The Hub no longer has {what}.", "Look the model up again and choose another file.")
        case DisabledRepoError():
            return UserError(f"The Hub has withdrawn {what}.", "Choose another model.")
        case HfHubHTTPError() if error.response.status_code == 404:
            return UserError(f"The Hub does not know {what}.", "Look the model up again and choose another file.")
        case HfHubHTTPError() if error.response.status_code == 401:
            return TokenRefused()
        case HfHubHTTPError() if error.response.status_code == 403:
            return UserError(f"The Hub does not allow access to {what}.", "Check what your token may read.")
    return UserError(
        f"The Hub gave an answer about {what} that makes no sense.", "Try again later, or look for another model."
    )


def _asked_to_wait_s(response: httpx2.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), _LONGEST_WAIT_S) if text.isdecimal() else None


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
