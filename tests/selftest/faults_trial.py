"""What a trial with the PIN meets; and two faults at once, of which the deeper one is the cause."""

from dataclasses import replace

from cardsim.hicos.faults import SlotState, answer, garbage, hang, other_key
from tests.selftest import faults_agent as agent
from tests.selftest import faults_card as card
from tests.selftest import faults_computer as computer_faults
from tests.selftest.computer import Computer
from tests.selftest.rows import Act, Row, Scene
from tests.selftest.stage import PORTS
from tests.stand.parts import PIN
from tests.stand.waiting import wait_until


def types(pin: str) -> Act:
    """The person types a PIN."""

    def act(computer: Computer) -> None:
        computer.stage.screen.wait_window()
        computer.stage.screen.type(pin)
        computer.stage.screen.key("Return")

    return act


def cancels(computer: Computer) -> None:
    """The person closes the window."""
    computer.stage.screen.wait_window()
    computer.stage.screen.key("Escape")


def wrong_pin(computer: Computer) -> None:
    """The person types a wrong PIN, and gives up."""
    types("999999")(computer)
    wait_until(lambda: computer.stage.reader.control("status")["tries"] == 2)
    cancels(computer)


def pulls(computer: Computer) -> None:
    """The person pulls the card while the window is open."""
    window = computer.stage.screen.wait_window()
    size = computer.stage.screen.size(window)
    computer.stage.reader.control("remove")
    wait_until(lambda: computer.stage.screen.size(computer.stage.screen.wait_window()) != size)
    cancels(computer)


def ends(pin: str) -> Act:
    """The person types a PIN, and closes the window that then shows a failure."""

    def act(computer: Computer) -> None:
        types(pin)(computer)
        wait_until(lambda: computer.stage.hicos.calls().count("C_Login") > 0)
        cancels(computer)

    return act


def both(*acts: Act) -> Act:
    """Several faults."""

    def act(computer: Computer) -> None:
        for one in acts:
            one(computer)

    return act


TRIALS = (
    Row("trial signature", trial="signature", person=types(PIN)),
    Row("trial signature with HiCOS", trial="signature", inject=card.shim(), person=types(PIN)),
    Row("trial decryption", trial="decryption", person=types(PIN)),
    Row("wrong PIN", "pin_wrong", trial="signature", person=wrong_pin, spent=1),
    Row("person closes the window", "user_cancelled", trial="signature", person=cancels),
    Row("person closes the window of the decryption", "user_cancelled", trial="decryption", person=cancels,
        check="decryption"),
    Row("person pulls the card", "card_removed", trial="signature", person=pulls),
    Row("driver signs with another key", "card_error", card.shim(other_key()), trial="signature", person=ends(PIN),
        check="signature"),
    Row("driver fails at the signature", "card_error", card.shim(answer("C_Sign", 0x05)), trial="signature",
        person=ends(PIN), check="signature"),
    Row("card wants its PIN changed first", "card_not_activated", card.shim(answer("C_Login", 0xA3)), trial="signature",
        person=ends(PIN), check="signature"),
    Row("no encryption certificate", inject=card.card("signing-only"), trial="decryption",
        warns=("no_encryption_certificate",)),
    Row("driver decrypts to an absurd length", "cipher_unreadable", card.shim(garbage("C_Decrypt")), trial="decryption",
        person=types(PIN)),
    Row("trial without a screen", "no_prompt", agent.no_display, trial="signature"),
)  # fmt: skip
PAIRS = (
    Row("agent not started, no card", "agent_not_running", card.no_card, also=("no_card",), scene=Scene.NONE),
    Row("clock wrong, certificate expired", "clock_wrong", both(computer_faults.ahead(-86400), card.card("expired"))),
    Row("no card, driver hangs", "no_card", both(card.no_card, card.shim(hang("C_Initialize"))), also=("driver_hung",)),
    Row("localhost elsewhere, PC/SC service stands still", "localhost_elsewhere",
        both(computer_faults.etc("hosts", "192.0.2.7 localhost\n"), card.silent_service), also=("service_hung",)),
    Row("certificate revoked, PIN locked", "certificate_revoked", both(card.card("revoked"), card.tries(0)),
        also=("pin_locked",)),
    Row("proxy catches localhost, no reader", "proxy_catches_localhost",
        both(computer_faults.chromium_policy(ProxyBypassList="<-loopback>"), card.no_reader), also=("no_reader",)),
    Row("key readable by others, browser distrusts us", "identity_exposed",
        both(agent.exposed_key, agent.page_distrusts)),
    Row("other programs on all ports, PIN locked", "ports_taken",
        both(agent.stranger("web", *PORTS), card.tries(0)), also=("pin_locked",), scene=Scene.NONE),
    Row("state folder open, certificate expired", "state_unsafe",
        both(computer_faults.shared_state, card.card("expired")), also=("certificate_expired",)),
    Row("no screen, card fails", "no_prompt", both(agent.no_display, card.slot(SlotState.FAILING)),
        also=("card_error",)),
    Row("version too old, agent stands still", "agent_too_old",
        both(computer_faults.versions("9.0", "0.1.1"), agent.stopped), also=("agent_silent",)),
    Row("lists down, last try", inject=both(card.lists_down, card.tries(1)),
        warns=("list_unreachable", "pin_last_try")),
)  # fmt: skip
ROWS = (*TRIALS, *(replace(row, pair=True) for row in PAIRS))
