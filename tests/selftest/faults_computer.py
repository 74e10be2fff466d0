"""Faults of the computer itself: system, settings and state, portal and clock, the name localhost, proxies."""

import json
from collections.abc import Callable

from agent.permissions import FILE
from tests.selftest.computer import Computer
from tests.selftest.portal import Portal
from tests.selftest.rows import Act, Row
from tests.selftest.stage import FIREFOX
from tests.stand.parts import free_port

_POLICY = "chromium/policies/managed/proxy.json"
# The portal is asked over TLS: where its certificate is not believed, its time still tells why.
_YEAR = 366 * 86400.0


def etc(name: str, content: str) -> Act:
    """A file of the system says something else."""
    return lambda computer: computer.etc(name, content)


def release(**fields: str) -> Act:
    """The system is another one."""
    return etc("os-release", "".join(f'{name}="{value}"\n' for name, value in fields.items()))


def settings(text: str) -> Act:
    """The settings file says this."""

    def act(computer: Computer) -> None:
        computer.text = text

    return act


def portal(change: Callable[[Portal], None]) -> Act:
    """The portal behaves otherwise."""
    return lambda computer: change(computer.stage.portal)


def ahead(seconds: float) -> Act:
    """The portal's clock is ahead: this computer's is behind."""
    return portal(lambda site: setattr(site, "ahead", seconds))


def versions(newest: str, minimum: str) -> Act:
    """The portal announces other versions."""
    return portal(lambda site: setattr(site, "versions", {"newest": newest, "minimum": minimum}))


def no_settings_file(computer: Computer) -> None:
    """The settings that were named are not there."""
    computer.ask = lambda **more: {  # type: ignore[method-assign]
        "settings": str(computer.folder / "mistyped.toml"), "portal": computer.portal, "browser": computer.browser,
        "port": 61171, **more,
    }  # fmt: skip


def shared_state(computer: Computer) -> None:
    """Everybody may write into the state folder."""
    computer.own_state().chmod(0o777)


def linked_state(computer: Computer) -> None:
    """The state folder lies in a folder that everybody may write to."""
    state = computer.own_state()
    state.parent.chmod(0o777)


def decisions(content: str, mode: int = 0o600) -> Act:
    """The file of decisions about sites is this."""

    def act(computer: Computer) -> None:
        path = computer.own_state() / FILE
        path.write_text(content)
        path.chmod(mode)

    return act


def nobody_there(computer: Computer) -> None:
    """Nothing listens at the portal's address."""
    computer.portal = f"https://127.0.0.1:{free_port()}"


def silent_portal(computer: Computer) -> None:
    """The portal takes the connection and says nothing."""
    computer.stage.portal.goes_on.clear()
    computer.undo.callback(computer.stage.portal.goes_on.set)


def unknown_root(computer: Computer) -> None:
    """This computer does not know the authority of the portal's certificate."""
    computer.environment["SSL_CERT_FILE"] = "/dev/null"


def other_name(computer: Computer) -> None:
    """The portal's certificate is for another name."""
    computer.portal = computer.portal.replace("127.0.0.1", "localhost")


def wrong_time_and_root(computer: Computer) -> None:
    """The clock is a year behind, so that the portal's certificate is not believed."""
    unknown_root(computer)
    computer.stage.portal.ahead = _YEAR


def chromium_policy(**policy: object) -> Act:
    """An administrator's policy of Chromium."""
    return etc(_POLICY, json.dumps(policy))


def firefox_setting(*lines: str) -> Act:
    """Settings of the person's Firefox."""

    def act(computer: Computer) -> None:
        (computer.home / FIREFOX / "prefs.js").write_text("".join(f"user_pref({line});\n" for line in lines))

    return act


def proxy_of_programs(computer: Computer) -> None:
    """Programs go through a proxy; browsers leave localhost out all the same."""
    computer.environment |= {"http_proxy": "http://proxy.example:3128", "https_proxy": "http://proxy.example:3128"}


_NO_HOME = ("identity_missing", "no_service")
ROWS = (
    Row("nothing is wrong"),
    Row("Debian 9", inject=release(ID="debian", VERSION_ID="9"), warns=("system_old",)),
    Row("Ubuntu 18.04", inject=release(ID="ubuntu", VERSION_ID="18.04"), warns=("system_old",)),
    Row("settings are no TOML", "settings_bad", settings("[web\nports ="), also=_NO_HOME),
    Row("settings with an unknown name", "settings_bad", settings('[web]\nprots = [61171]\n'), also=_NO_HOME),
    Row("state folder that everybody may write to", "state_unsafe", shared_state),
    Row("state folder in an open folder", "state_unsafe", linked_state),
    Row("decisions about sites damaged", "permissions_unreadable", decisions("{")),
    Row("decisions about sites written by others", "permissions_unreadable", decisions("{}", 0o666)),
    Row("portal is not there", inject=nobody_there, warns=("portal_unreachable",)),
    Row("portal says nothing", inject=silent_portal, warns=("portal_unreachable",), late=True),
    Row("portal's authority is unknown", inject=unknown_root, warns=("portal_untrusted",)),
    Row("portal's certificate has another name", inject=other_name, warns=("portal_untrusted",)),
    Row("portal takes no reports", inject=portal(lambda site: setattr(site, "status", 404)), warns=("portal_silent",)),
    Row("portal answers a page", inject=portal(lambda site: setattr(site, "body", "<html>")), warns=("portal_silent",)),
    Row("clock three minutes behind", inject=ahead(180), warns=("clock_off",)),
    Row("clock three minutes ahead", inject=ahead(-180), warns=("clock_off",)),
    Row("clock a day ahead", "clock_wrong", ahead(-86400)),
    Row("clock a year behind, portal not believed", "clock_wrong", wrong_time_and_root, warns=("portal_untrusted",)),
    Row("newer version announced", inject=versions("0.2.0", "0.1.0"), warns=("agent_outdated",)),
    Row("version too old for the portal", "agent_too_old", versions("9.0", "0.1.1")),
    Row("localhost is another computer", "localhost_elsewhere", etc("hosts", "192.0.2.7 localhost\n")),
    Row("localhost is another computer as well", "localhost_elsewhere",
        etc("hosts", "127.0.0.1 localhost\n192.0.2.7 localhost\n")),
    Row("localhost is not in the hosts file", "localhost_missing", etc("hosts", "127.0.0.1 computer\n")),
    Row("localhost is IPv6 only", inject=etc("hosts", "::1 localhost\n"), warns=("localhost_ipv6_only",)),
    Row("Chromium's policy sends localhost to a proxy", "proxy_catches_localhost",
        chromium_policy(ProxyMode="fixed_servers", ProxyServer="proxy.example:3128", ProxyBypassList="<-loopback>")),
    Row("Firefox sends localhost to a proxy", "proxy_catches_localhost",
        firefox_setting('"network.proxy.type", 1', '"network.proxy.allow_hijacking_localhost", true')),
    Row("Chromium's policy has a PAC file", inject=chromium_policy(
        ProxySettings={"ProxyMode": "pac_script", "ProxyPacUrl": "http://proxy.example/proxy.pac"}
    ), warns=("pac_catches_localhost",)),
    Row("Firefox has a PAC file", inject=firefox_setting('"network.proxy.type", 2'), warns=("pac_catches_localhost",)),
    Row("programs have a proxy", inject=proxy_of_programs, warns=("proxy_without_exception",)),
)  # fmt: skip
