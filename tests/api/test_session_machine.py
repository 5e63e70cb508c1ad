"""Sign-ins, refresh tokens, second factors, links, lock-outs and roles in any order.

After each step, the two newest access tokens of every session are accepted exactly when a small model says so; older ones of a
session differ from these in nothing but their age. FORESELL_SESSION_RUNS: how many random sequences (25 by default).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx2
import pyotp
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from foresell.access import challenges, sessions, users
from foresell.access.tokens import fingerprint
from tests.api.people import PHRASE, forget_guesses, invite, rewind_totp, sql
from tests.support.served import NO_TLS, Served

pytestmark = pytest.mark.slow_proof

RUNS = int(os.environ.get("FORESELL_SESSION_RUNS", "25"))
STEPS = 20
#: How long a used refresh token still counts; a planted defect must not change what is expected.
GRACE_SECONDS = sessions.GRACE_SECONDS
#: What a second factor is answered with.
ANSWERS = ("right code", "used code", "wrong code", "recovery code", "used recovery code")
OTHER_PHRASE = "eleven brass kettles on the stove"
ANY_TOKEN = st.integers(0, 100)


@dataclass
class Session:
    """What should be true of one session. `unspent`, `spent`: its refresh tokens, the spent ones in the order of use."""

    session_id: str
    access_tokens: list[str]
    unspent: list[str]
    spent: list[str] = field(default_factory=list)
    is_over: bool = False


class Sessions(RuleBasedStateMachine):
    """One user, their sessions, and an administrator."""

    served: ClassVar[Served]
    a_session = Bundle("a_session")
    a_ticket = Bundle("a_ticket")
    a_link = Bundle("a_link")

    def __init__(self) -> None:
        super().__init__()
        self.clients_before = len(self.served.clients)
        self.http = httpx2.Client(base_url=self.served.url, timeout=30, verify=NO_TLS)
        self.admin = self.served.client("admin")
        self.known: list[Session] = []
        self.password, self.role, self.is_disabled = PHRASE, "analyst", False
        self.totp: pyotp.TOTP | None = None
        self.used_code = ""
        self.recovery_codes: list[str] = []
        self.used_recovery_codes: list[str] = []
        self.spent_tickets: set[str] = set()
        self.valid_link = ""

    def teardown(self) -> None:
        """Close the connections of this sequence."""
        self.http.close()
        for client in self.served.clients[self.clients_before :]:
            client.close()
        del self.served.clients[self.clients_before :]

    @initialize(target=a_session)
    def enter(self) -> Session:
        """The user comes in by the link of an administrator and sets a password."""
        person = invite(self.served)
        self.user_id, self.email = person.user_id, person.email
        bearer = person.browser.headers["authorization"].removeprefix("Bearer ")
        return self.remember(bearer, person.browser.cookies["foresell"])

    def remember(self, access_token: str, refresh_token: str) -> Session:
        """A new session."""
        [(session_id,)] = sql(
            self.served,
            "select session_id from access.refresh_tokens where token_hash = %s",
            fingerprint(refresh_token),
        )
        self.known.append(Session(str(session_id), [access_token], [refresh_token]))
        return self.known[-1]

    def send(self, method: str, path: str, body: Any = None, *, bearer: str = "", cookie: str = "") -> httpx2.Response:
        """A request of a browser that keeps nothing."""
        headers = {name: value for name, value in (
            ("authorization", bearer and f"Bearer {bearer}"), ("cookie", cookie and f"foresell={cookie}"),
        ) if value}  # fmt: skip
        answer = self.http.request(method, path, json=body, headers=headers)
        self.http.cookies.clear()
        return answer

    def counts(self, session: Session) -> bool:
        """Whether the session's tokens should be accepted."""
        return not session.is_over and not self.is_disabled

    def end_all(self, but: Session | None = None) -> None:
        for session in self.known:
            session.is_over = session.is_over or session is not but

    def entered(self, answer: httpx2.Response) -> Any:
        """What a first factor that was right leads to: (session, None), or (None, ticket) where a second one is due."""
        assert answer.status_code == 200, answer.text
        if self.totp is None:
            return self.remember(answer.json()["access_token"], answer.cookies["foresell"]), None
        assert "access_token" not in answer.json() and not answer.cookies.get("foresell"), "one factor was enough"
        return None, answer.json()["ticket"]

    @rule(target=a_session)
    @precondition(lambda self: self.totp is None)
    def sign_in(self) -> Any:
        forget_guesses(self.served)
        answer = self.send("POST", "/api/auth/sign-in", {"email": self.email, "password": self.password})
        if self.is_disabled:
            assert answer.status_code == 401
            return multiple()
        return self.entered(answer)[0]

    @rule(target=a_ticket)
    @precondition(lambda self: self.totp is not None)
    def begin_sign_in(self) -> Any:
        forget_guesses(self.served)
        answer = self.send("POST", "/api/auth/sign-in", {"email": self.email, "password": self.password})
        if self.is_disabled:
            assert answer.status_code == 401
            return multiple()
        return self.entered(answer)[1]

    @rule(password=st.sampled_from([PHRASE, OTHER_PHRASE, "wrong"]))
    def sign_in_with_a_wrong_password(self, password: str) -> None:
        forget_guesses(self.served)
        if password != self.password:
            answer = self.send("POST", "/api/auth/sign-in", {"email": self.email, "password": password})
            assert answer.status_code == 401

    @rule(target=a_session, ticket=a_ticket, kind=st.sampled_from(ANSWERS))
    def answer_second_factor(self, ticket: str, kind: str) -> Any:
        """A ticket and a code each work once, and only together."""
        forget_guesses(self.served)
        given = self.choose_answer(kind)
        answer = self.send("POST", "/api/auth/second-factor", {"ticket": ticket, **given})
        is_right = self.totp is not None and kind in ("right code", "recovery code") and "-none" not in str(given)
        if not is_right or self.is_disabled or ticket in self.spent_tickets:
            assert answer.status_code == 401, (kind, answer.text)
            return multiple()
        assert answer.status_code == 200, (kind, answer.text)
        self.spent_tickets.add(ticket)
        self.use_up(given)
        again = self.send("POST", "/api/auth/second-factor", {"ticket": ticket, **self.choose_answer("recovery code")})
        assert again.status_code == 401, "a used ticket was accepted"
        return self.remember(answer.json()["access_token"], answer.cookies["foresell"])

    def choose_answer(self, kind: str) -> dict[str, str]:
        """What is sent as a second factor."""
        if kind == "right code" and self.totp:
            rewind_totp(self.served, self.user_id)
            self.used_code = ""  # it would count again now
            return {"code": self.totp.now()}
        if kind == "recovery code":
            return {"recovery_code": (self.recovery_codes or ["code-none"])[0]}
        if kind == "used recovery code":
            return {"recovery_code": (self.used_recovery_codes or ["code-none"])[-1]}
        return {"code": self.used_code if kind == "used code" and self.used_code else "no code"}

    def use_up(self, given: dict[str, str]) -> None:
        if code := given.get("recovery_code"):
            self.recovery_codes.remove(code)
            self.used_recovery_codes.append(code)
        else:
            self.used_code = given["code"]

    @rule(session=a_session, which=ANY_TOKEN)
    def refresh(self, session: Session, which: int) -> None:
        """A token that was not used yet."""
        if session.unspent:
            self.refresh_with(session, session.unspent[which % len(session.unspent)])

    def refresh_with(self, session: Session, token: str) -> None:
        answer = self.send("POST", "/api/auth/refresh", cookie=token)
        assert answer.status_code == (200 if self.counts(session) else 401), answer.text
        if answer.status_code == 200:
            session.unspent.remove(token)
            session.spent.append(token)
            session.unspent.append(answer.cookies["foresell"])
            session.access_tokens.append(answer.json()["access_token"])

    @rule(session=a_session, which=ANY_TOKEN, soon=st.booleans())
    def refresh_again(self, session: Session, which: int, soon: bool) -> None:
        """A used token: soon after its use it still counts, if none was used since; else it ends the session."""
        if not session.spent:
            self.refresh_with(session, session.unspent[0])
        if not session.spent:
            return
        token = session.spent[which % len(session.spent)]
        moved = "clock_timestamp()" if soon else f"used_at - interval '{GRACE_SECONDS + 1} seconds'"
        which_rows = (
            "token_hash = %s"
            if soon
            else "session_id = (select session_id from access.refresh_tokens where token_hash = %s)"
        )
        if not soon or token == session.spent[-1]:
            sql(
                self.served,
                f"update access.refresh_tokens set used_at = {moved} where used_at is not null and {which_rows}",
                fingerprint(token),
            )
        answer = self.send("POST", "/api/auth/refresh", cookie=token)
        if self.counts(session) and soon and token == session.spent[-1]:
            assert answer.status_code == 200, answer.text
            session.unspent.append(answer.cookies["foresell"])
            session.access_tokens.append(answer.json()["access_token"])
        else:
            assert answer.status_code == 401, "a used refresh token was accepted"
            session.is_over = session.is_over or not self.is_disabled

    @rule(session=a_session)
    def sign_out(self, session: Session) -> None:
        counted = self.counts(session)
        assert self.send("POST", "/api/auth/sign-out", bearer=session.access_tokens[-1]).status_code == 204
        session.is_over = session.is_over or counted

    @rule(session=a_session, other=a_session)
    def end_another_session(self, session: Session, other: Session) -> None:
        answer = self.send("DELETE", f"/api/me/sessions/{other.session_id}", bearer=session.access_tokens[-1])
        expected = (404 if other.is_over else 204) if self.counts(session) else 401
        assert answer.status_code == expected, answer.text
        other.is_over = other.is_over or expected == 204

    @rule(session=a_session)
    @precondition(lambda self: self.totp is None)
    def set_up_app(self, session: Session) -> None:
        """The first second factor ends all other sessions: none of them has proved it."""
        bearer = session.access_tokens[-1]
        answer = self.send("POST", "/api/me/totp", bearer=bearer)
        assert answer.status_code == (200 if self.counts(session) else 401), answer.text
        if answer.status_code != 200:
            return
        totp = pyotp.TOTP(answer.json()["secret"])
        code = totp.now()
        confirmed = self.send("PUT", "/api/me/totp", {"code": code}, bearer=bearer)
        assert confirmed.status_code == 200, confirmed.text
        self.totp, self.used_code = totp, code
        self.recovery_codes, self.used_recovery_codes = confirmed.json()["recovery_codes"], []
        self.end_all(but=session)

    @rule(session=a_session)
    @precondition(lambda self: self.totp is not None)
    def remove_app(self, session: Session) -> None:
        answer = self.send("DELETE", "/api/me/totp", bearer=session.access_tokens[-1])
        expected = (409 if self.role == "steward" else 204) if self.counts(session) else 401
        assert answer.status_code == expected, answer.text
        if expected == 204:
            self.forget_factors()

    def forget_factors(self) -> None:
        self.totp, self.used_code, self.recovery_codes = None, "", []

    @rule(session=a_session)
    def change_password(self, session: Session) -> None:
        """All other sessions end."""
        forget_guesses(self.served)
        new = OTHER_PHRASE if self.password == PHRASE else PHRASE
        body = {"current": self.password, "password": new}
        answer = self.send("POST", "/api/me/password", body, bearer=session.access_tokens[-1])
        assert answer.status_code == (204 if self.counts(session) else 401), answer.text
        if answer.status_code == 204:
            self.password = new
            self.end_all(but=session)

    @rule(stays=st.sampled_from([False, False, False, True]))
    def lock_out(self, stays: bool) -> None:
        """A lock-out ends all sessions, and letting the user in again brings none of them back."""
        self.disable(True)
        self.end_all()
        self.every_token_is_accepted_exactly_while_its_session_lasts()
        if not stays:
            self.disable(False)

    @rule()
    @precondition(lambda self: self.is_disabled)
    def let_in(self) -> None:
        self.disable(False)

    def disable(self, disabled: bool) -> None:
        answer = self.admin.patch(f"/api/users/{self.user_id}", json={"disabled": disabled})
        assert answer.status_code == 200, answer.text
        self.is_disabled = disabled

    @rule(role=st.sampled_from(["analyst", "steward"]))
    def change_role(self, role: str) -> None:
        assert self.admin.patch(f"/api/users/{self.user_id}", json={"roles": [role]}).status_code == 200
        self.role = role

    @rule(target=a_link, lost_phone=st.booleans())
    def reset(self, lost_phone: bool) -> str:
        """An administrator's link; all sessions end, and earlier links."""
        answer = self.admin.post(f"/api/users/{self.user_id}/reset", json={"second_factor": lost_phone})
        assert answer.status_code == 200, answer.text
        self.end_all()
        if lost_phone:
            self.forget_factors()
        self.valid_link = str(answer.json()["link"]).split("token=")[1]
        return self.valid_link

    @rule(target=a_session, link=a_link)
    def enter_by_link(self, link: str) -> Any:
        answer = self.send("POST", "/api/auth/link", {"token": link})
        if link != self.valid_link or self.is_disabled:
            assert answer.status_code == 401, answer.text
            return multiple()
        self.valid_link = ""
        return self.entered(answer)[0] or multiple()

    @invariant()
    def every_token_is_accepted_exactly_while_its_session_lasts(self) -> None:
        is_set_up = self.role == "analyst" or self.totp is not None
        for session in self.known:
            for token in session.access_tokens[-2:]:
                wanted = 200 if self.counts(session) else 401
                assert self.send("GET", "/api/me", bearer=token).status_code == wanted
        for session in self.known[-1:]:
            wanted = (200 if is_set_up else 403) if self.counts(session) else 401
            answer = self.send("GET", "/api/segments", bearer=session.access_tokens[-1])
            assert answer.status_code == wanted, answer.text


def run(served: Served, runs: int) -> None:
    """Try this many sequences, the same each time."""
    machine = type("SessionsOfOneUser", (Sessions,), {"served": served})
    options = settings(
        max_examples=runs, stateful_step_count=STEPS, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=options)


def test_sessions_in_any_order(served: Served, record_property: Callable[[str, object], None]) -> None:
    run(served, RUNS)
    record_property("sequences of sign-ins, refreshes and lock-outs", RUNS)


@pytest.mark.parametrize("defect", ["used refresh tokens", "sessions without the factor", "used tickets", "lock-outs"])
def test_a_planted_defect_is_noticed(defect: str, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a used refresh token counts for longer, other sessions outlive a new factor, a ticket counts twice, or a
    lock-out leaves sessions as they are. Each is found by an assertion of the machine, and not by an error."""

    async def do_nothing(*_: object, **__: object) -> int:
        return 0

    if defect == "used refresh tokens":
        monkeypatch.setattr(sessions, "GRACE_SECONDS", 10_000)
    elif defect == "sessions without the factor":
        monkeypatch.setattr(sessions, "end_others", do_nothing)
    elif defect == "used tickets":
        monkeypatch.setattr(challenges, "consume_challenge", challenges.find_challenge)
    else:
        monkeypatch.setattr(users, "_end_sessions", do_nothing)
    with pytest.raises((AssertionError, BaseExceptionGroup)) as noticed:
        run(served, 150)
    assert {type(error) for error in flatten(noticed.value)} == {AssertionError}


def flatten(error: BaseException) -> Iterator[BaseException]:
    """An error, or the errors in a group of errors."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from flatten(each)
    else:
        yield error
