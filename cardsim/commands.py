"""What the commands do; each loads only the parts it needs."""

import argparse
import json
import threading
from pathlib import Path

from cardsim.errors import SimulatorError
from cardsim.lifetime import stop_requested


def pki(options: argparse.Namespace) -> int:
    """Make the test PKI, or find that it is there already."""
    from cardsim.pki.build import build
    from cardsim.pki.data import DEFAULT_DATA

    made = build(options.out, options.base_url, options.data or DEFAULT_DATA)
    print(f"{'made' if made else 'unchanged'} {options.out}")
    return 0


def pki_state(options: argparse.Namespace) -> int:
    """Change what the next revocation list says about a card."""
    from cardsim.pki.state import set_state

    set_state(options.pki, options.card, options.state)
    print(f"{options.card} is {options.state}")
    return 0


def crl_server(options: argparse.Namespace) -> int:
    """Serve lists, OCSP and issuer certificates until stopped."""
    from cardsim.pki.server import PkiServer

    stop = stop_requested()
    with PkiServer(options.pki, options.port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"ready {server.base_url}", flush=True)
        stop.wait()
        server.shutdown()
    return 0


def reader(options: argparse.Namespace) -> int:
    """Run a private pcscd until stopped; an error if it dies by itself."""
    from cardsim.pcscd import PrivatePcscd

    stop = stop_requested()
    with PrivatePcscd(options.state, empty=options.empty) as daemon:
        print(f"ready {daemon.socket_path} {daemon.port}", flush=True)
        while not stop.wait(0.2):
            if not daemon.alive():
                raise SimulatorError(f"pcscd has ended by itself; see {options.state}/pcscd.log")
    return 0


def card(options: argparse.Namespace) -> int:
    """Run a card until stopped."""
    from cardsim.card.control import ControlServer, seconds
    from cardsim.card.pin import LastFailure
    from cardsim.card.slot import Slot

    if not 1 <= options.port <= 65535:
        raise SimulatorError("the port must be 1 to 65535")
    last_failure = LastFailure(options.last_failure) if options.last_failure else None
    slot = Slot(options.port, options.image, seconds(options.slot_delay), last_failure)
    with ControlServer(options.control, slot) as server:
        slot.insert()
        stop = stop_requested()  # only now: until the card is in, a signal may end the process at once
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("ready", flush=True)
        stop.wait()
        server.shutdown()
        slot.remove()
    return 0


def control(options: argparse.Namespace) -> int:
    """Send one command to a running card and print its answer."""
    from cardsim.card.control import send

    argument = options.argument
    if options.action in ("swap", "trace-on") and argument:
        argument = str(Path(argument).resolve())  # the card may run in another folder
    reply = send(options.socket, options.action, argument)
    print(json.dumps(reply, ensure_ascii=False))
    return 0 if reply.get("ok") is True else 1


def hicos(options: argparse.Namespace) -> int:
    """Compile the HiCOS-like module, make its card and print what a program needs to use it."""
    from cardsim.hicos.build import build
    from cardsim.hicos.contents import card_contents
    from cardsim.hicos.driver import HicosDriver

    contents = card_contents(options.image, options.second)
    name = options.image.stem
    driver = HicosDriver(options.out / name, build(options.out))
    driver.insert(driver.add(name, contents))
    print(f"module {driver.module}")
    print(*(f"environment {key}={value}" for key, value in driver.environment.items()), sep="\n")
    print(f"control {driver.control_file}")
    return 0
