"""The checks in the order in which the first that fails is the cause: what others rest on comes before them."""

from agent.selftest.check import Check
from agent.selftest.checks.agent import Daemon, Host
from agent.selftest.checks.browser import BrowserKind, NetworkAccess, Popups
from agent.selftest.checks.certificate import Certificates, Chain, Pin, Revocation, Validity
from agent.selftest.checks.computer import SettingsFile, System
from agent.selftest.checks.driver import Driver, Token
from agent.selftest.checks.network import Names, Ports, Proxy
from agent.selftest.checks.portal import Clock, Opener, PortalAnswers, Version
from agent.selftest.checks.reader import CardInside, Reader, Service
from agent.selftest.checks.trial import Account, Decryption, Signature
from agent.selftest.checks.trust import Identity, Tls, Trust

CHECKS: tuple[Check, ...] = (
    System(), SettingsFile(), PortalAnswers(), Clock(), Version(), Names(), Proxy(), Ports(), Daemon(), Host(),
    Identity(), Tls(), Trust(), BrowserKind(), NetworkAccess(), Popups(), Opener(), Service(), Reader(), CardInside(),
    Driver(), Token(), Certificates(), Validity(), Chain(), Revocation(), Pin(), Signature(), Decryption(), Account(),
)  # fmt: skip
NAMES = tuple(check.name for check in CHECKS)
