"""Every error a user can meet, in the words of the domain.

The docstring of a class is its default message. `code` identifies the error for programs and never changes, `exit_code` is
what the command line returns, `http_status` what the API answers, `retryable` says whether trying again unchanged can help,
`remedy` is the next step in one sentence. A subclass has its own `code` where a program would act differently.
"""

from __future__ import annotations

from typing import ClassVar


class ForesellError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "internal_error"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, remedy: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.remedy = remedy
        super().__init__(self.message)


class UsageError(ForesellError):
    """An argument, option or parameter has a value that cannot be used."""

    code = "invalid_parameter"
    exit_code = 2
    http_status = 400

    def __init__(self, message: str | None = None, *, remedy: str | None = None, parameter: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.parameter = parameter
        self.error = f"{parameter} parameter invalid" if parameter else None


class BadInput(ForesellError):
    """The file cannot be read as what it claims to be."""

    code = "unreadable_file"
    exit_code = 3
    http_status = 400


class TooManyRejects(ForesellError):
    """More rows were rejected than allowed; nothing was written."""

    code = "too_many_rejects"
    exit_code = 4
    http_status = 422


class EmptySource(ForesellError):
    """The source holds no rows; nothing was written."""

    code = "empty_source"
    exit_code = 5
    http_status = 422


class DatabaseUnavailable(ForesellError):
    """The database does not answer."""

    code = "database_unavailable"
    exit_code = 6
    http_status = 503
    retryable = True


class IncompatibleDatabase(ForesellError):
    """The schema of the database does not fit this version of Foresell."""

    exit_code = 17
    http_status = 503


class DatabaseTooOld(IncompatibleDatabase):
    """This home was made by a version of Foresell before 0.2.0, which this version cannot open."""

    def __init__(self, message: str | None = None, *, remedy: str = "Run: foresell doctor") -> None:
        super().__init__(message, remedy=remedy)


class Busy(ForesellError):
    """Another Foresell process is doing this already."""

    code = "already_running"
    exit_code = 7
    http_status = 409
    retryable = True


class TooLateToCancel(Busy):
    """It can no longer be cancelled: its result is being saved."""

    code = "too_late_to_cancel"
    retryable = False


class NotFound(ForesellError):
    """There is no such thing."""

    code = "not_found"
    exit_code = 8
    http_status = 404


class NotReady(ForesellError):
    """The data does not allow this yet."""

    code = "not_ready"
    exit_code = 9
    http_status = 409


class DiskTrouble(ForesellError):
    """The disk refused to take what was to be written: full, read-only, or not ours."""

    code = "disk_full"
    exit_code = 10
    http_status = 507
    retryable = True


class NotSignedIn(ForesellError):
    """Sign in first."""

    code = "not_signed_in"
    exit_code = 11
    http_status = 401


class Forbidden(ForesellError):
    """You may not do this."""

    code = "forbidden"
    exit_code = 12
    http_status = 403


class TooMany(ForesellError):
    """Too many attempts; wait a little."""

    code = "too_many_attempts"
    exit_code = 13
    http_status = 429
    retryable = True

    def __init__(self, message: str | None = None, *, remedy: str | None = None, retry_after: int = 60) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class ModelUnavailable(ForesellError):
    """Model unavailable"""

    code = "model_unavailable"
    exit_code = 14
    http_status = 503


class ProviderTrouble(ForesellError):
    """The sign-in provider does not answer as it should."""

    code = "provider_unavailable"
    exit_code = 16
    http_status = 503
    retryable = True


class AuditBroken(ForesellError):
    """The audit log was changed after it was written."""

    code = "audit_tampered"
    exit_code = 15


class ParameterError(UsageError):
    """A parameter or field has a value that cannot be used."""

    def __init__(self, parameter: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy, parameter=parameter)


class MissingParameter(ParameterError):
    """A required parameter or field is missing."""

    code = "missing_parameter"

    def __init__(self, parameter: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(parameter, message, remedy=remedy)
        self.error = f"{parameter} parameter required"


class MalformedRequest(UsageError):
    """The request is not well-formed: its address, or a body that is not strict JSON."""

    code = "malformed_request"
    http_status = 400


class UnknownHost(MalformedRequest):
    """The request names a host that Foresell is not reached by."""

    code = "unknown_host"
    http_status = 421


class CrossSiteRequest(Forbidden):
    """Requests that change something must come from Foresell's own pages."""

    code = "cross_site_request"


class MethodNotAllowed(UsageError):
    """Method not allowed"""

    code = "method_not_allowed"
    http_status = 405


class UnsupportedMediaType(UsageError):
    """The body has a media type this operation does not take."""

    code = "unsupported_media_type"
    http_status = 415


class TooLarge(BadInput):
    """The body or the file is too large."""

    code = "body_too_large"
    http_status = 413

    def __init__(self, message: str | None = None, *, remedy: str | None = None, parameter: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.parameter = parameter
        self.error = f"{parameter} parameter invalid" if parameter else None


class RequestTimedOut(ForesellError):
    """This takes longer than a request may."""

    code = "request_timed_out"
    http_status = 503
    retryable = True
    retry_after = 10


class KeyReused(UsageError):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    http_status = 422

    def __init__(self) -> None:
        super().__init__(remedy="Use a new key for a new request.")
        self.parameter = "Idempotency-Key"


class RequestInProgress(Busy):
    """A request with this Idempotency-Key is in progress."""

    code = "request_in_progress"


class RefreshRunning(Busy):
    """A refresh is running already."""

    code = "refresh_running"


class TooManyRequests(TooMany):
    """Too many requests; wait a little."""

    code = "too_many_requests"


class DailyLimitReached(TooMany):
    """Your roles allow no more today."""

    code = "daily_limit_reached"

    def __init__(self, message: str | None = None, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy, retry_after=3600)


class SessionEnded(NotSignedIn):
    """This session has ended."""

    code = "session_ended"


class WrongCredentials(NotSignedIn):
    """The credentials are wrong."""

    code = "wrong_credentials"


class LinkExpired(NotSignedIn):
    """This link has expired."""

    code = "link_expired"


class PermissionMissing(Forbidden):
    """This needs a permission you do not have."""

    code = "permission_missing"


class SecondFactorRequired(Forbidden):
    """This needs a recent confirmation that it is you."""

    code = "second_factor_required"


class SecondFactorDue(Forbidden):
    """Your role requires a second factor, and none is set up."""

    code = "second_factor_due"


class PersonRequired(Forbidden):
    """This needs a person who is signed in, not an API key."""

    code = "person_required"


class EndpointNotFound(NotFound):
    """Endpoint not found"""

    code = "endpoint_not_found"


class RoleNotFound(NotFound):
    """Role not found"""

    code = "role_not_found"


class CustomerNotFound(NotFound):
    """Customer not found"""

    code = "customer_not_found"


class CallNotFound(NotFound):
    """Call not found"""

    code = "call_not_found"


class FollowUpNotFound(NotFound):
    """Follow-up not found"""

    code = "follow_up_not_found"


class SnoozeNotFound(NotFound):
    """Snooze not found"""

    code = "snooze_not_found"


class PinNotFound(NotFound):
    """Pin not found"""

    code = "pin_not_found"


class RelationNotFound(NotFound):
    """Relation not found"""

    code = "relation_not_found"


class AssignmentNotFound(NotFound):
    """Assignment not found"""

    code = "assignment_not_found"


class JobNotFound(NotFound):
    """Job not found"""

    code = "job_not_found"


class UserNotFound(NotFound):
    """User not found"""

    code = "user_not_found"


class ViewNotFound(NotFound):
    """View not found"""

    code = "view_not_found"


class NothingPublished(NotReady):
    """Nothing has been scored yet."""

    code = "nothing_published"


class AlreadyUndone(NotReady):
    """This was undone already."""

    code = "already_undone"


class SelectionChanged(NotReady):
    """Other customers match now than when they were selected."""

    code = "selection_changed"


class CustomersChanged(NotReady):
    """The customers or records are not what they were: merged, split or removed since."""

    code = "customers_changed"


class NameTaken(NotReady):
    """This name is in use already."""

    code = "name_taken"


class MoveNotFound(NotFound):
    """Merge or split not found"""

    code = "move_not_found"


class ReviewNotFound(NotFound):
    """Review not found"""

    code = "review_not_found"


class RunNotFound(NotFound):
    """Run not found"""

    code = "run_not_found"


class BatchNotFound(NotFound):
    """Batch not found"""

    code = "batch_not_found"


class RejectsNotFound(NotFound):
    """Rejects not found"""

    code = "rejects_not_found"


class ImportNotFound(NotFound):
    """Import not found"""

    code = "import_not_found"


class UploadGone(NotFound):
    """The uploaded file is gone."""

    code = "upload_gone"


class ExportNotFound(NotFound):
    """Export not found"""

    code = "export_not_found"


class EventNotFound(NotFound):
    """There is no such event, or you may not see it."""

    code = "event_not_found"


class WriteKeyNotFound(NotFound):
    """There is no such write key."""

    code = "write_key_not_found"


class WriteKeyRefused(NotSignedIn):
    """The write key does not count, or not on this site."""

    code = "write_key_refused"


class EventsDiffer(ForesellError):
    """What is derived from the events is not what they say."""

    code = "events_differ"
    exit_code = 15


class EventRefused(UsageError):
    """The event was not stored."""

    code = "event_refused"
    http_status = 422


class ModelNotFound(NotFound):
    """Model not found"""

    code = "model_not_found"


class SessionNotFound(NotFound):
    """Session not found"""

    code = "session_not_found"


class PasskeyNotFound(NotFound):
    """Passkey not found"""

    code = "passkey_not_found"


class ApiKeyNotFound(NotFound):
    """API key not found"""

    code = "api_key_not_found"


class ProviderNotFound(NotFound):
    """Provider not found"""

    code = "provider_not_found"


def error_classes() -> list[type[ForesellError]]:
    """The class that declares each code, in the order of the codes."""
    found: dict[str, type[ForesellError]] = {}
    waiting: list[type[ForesellError]] = [ForesellError]
    while waiting:
        error = waiting.pop(0)
        waiting += error.__subclasses__()
        if error.__module__ == __name__ and "code" in vars(error):
            found.setdefault(error.code, error)
    return [found[code] for code in sorted(found)]
