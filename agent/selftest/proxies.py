"""Proxies as browsers and the system have them set: which of them would catch requests for this computer.

Browsers leave localhost out by themselves; only a setting that says so on purpose changes that (Chromium: the rule
`<-loopback>`; Firefox: `network.proxy.allow_hijacking_localhost`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from certs.firefox import firefox_folders, firefox_profiles
from certs.policies import policies_file
from certs.private import read_file

# Where Chromium and its relatives read an administrator's policies on Linux.
_POLICIES = ("chromium", "opt/chrome", "opt/edge", "opt/brave")
_LOOPBACK = "<-loopback>"
_MAX_FILE, _MAX_FILES = 4 * 1024 * 1024, 32
_PREFERENCE = re.compile(r'^user_pref\("(network\.proxy\.[a-z_]+)", (.{1,500})\);$', re.MULTILINE)
_PAC_TYPE = "2"


class Catcher(StrEnum):
    """What a setting does to localhost; the text is the code of the self-test."""

    LOCALHOST = "proxy_catches_localhost"
    PAC = "pac_catches_localhost"


def catchers(environment: Mapping[str, str], top: Path = Path("/")) -> dict[Catcher, str]:
    """What was found, each with where it is set; nothing that cannot be read counts."""
    found: dict[Catcher, str] = {}
    for kind, where in (*_chromium(top), *_firefox(environment, top)):
        found.setdefault(kind, where)
    return found


def _chromium(top: Path) -> Iterator[tuple[Catcher, str]]:
    folders = (top / "etc" / name / "policies" / "managed" for name in _POLICIES)
    for file in [file for folder in folders for file in sorted(folder.glob("*.json"))][:_MAX_FILES]:
        policy = _object(file)
        settings = policy.get("ProxySettings")
        both = {**policy, **(settings if isinstance(settings, dict) else {})}
        if _LOOPBACK in str(both.get("ProxyBypassList", "")):
            yield Catcher.LOCALHOST, str(file)
        if both.get("ProxyPacUrl") or both.get("ProxyMode") == "pac_script":
            yield Catcher.PAC, str(file)


def _firefox(environment: Mapping[str, str], top: Path) -> Iterator[tuple[Catcher, str]]:
    policies = policies_file(top)
    proxy = _object(policies).get("policies", {})
    proxy = proxy.get("Proxy", {}) if isinstance(proxy, dict) else {}
    if isinstance(proxy, dict) and (proxy.get("Mode") == "autoConfig" or proxy.get("AutoConfigURL")):
        yield Catcher.PAC, str(policies)
    for folder in firefox_folders("linux", Path.home(), environment):
        for profile in firefox_profiles(folder):
            settings = _preferences(profile)
            if settings.get("network.proxy.allow_hijacking_localhost") == "true":
                yield Catcher.LOCALHOST, str(profile)
            if settings.get("network.proxy.type") == _PAC_TYPE:
                yield Catcher.PAC, str(profile)


def _preferences(profile: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("prefs.js", "user.js"):  # the second wins, at the browser's next start
        try:
            text = read_file(profile / name, _MAX_FILE).decode("utf-8", "replace")
        except OSError:
            continue
        found |= dict(_PREFERENCE.findall(text))
    return found


def _object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_file(file, _MAX_FILE, links=True))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
