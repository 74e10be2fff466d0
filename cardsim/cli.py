"""The command line of the card simulator: arguments and help texts."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cardsim import commands as run
from cardsim.errors import SimulatorError

Run = Callable[[argparse.Namespace], int]
Parsers = argparse._SubParsersAction  # argparse gives its type no public name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 the card refused, 2 a mistake (told in one line)."""
    options = _parser().parse_args(arguments)
    action: Run = options.run
    try:
        return action(options)
    except SimulatorError as error:
        print(f"cardsim {options.command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a missing right: nothing the commands can foresee
        print(f"cardsim {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cardsim",
        description="A citizen card without hardware: test PKI, virtual reader, virtual card. "
        "Usual order: pki, crl-server, reader, card, then control.",
    )
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_pki, _pki_state, _crl_server, _reader, _card, _control, _hicos):
        add(parsers)
    return parser


def _add(
    parsers: "Parsers[argparse.ArgumentParser]", name: str, action: Run, what: str, more: str, example: str
) -> argparse.ArgumentParser:
    parser = parsers.add_parser(
        name,
        help=what,
        description=f"{what}.\n\n{more}",
        epilog=f"example:\n  python -m cardsim {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=action)
    return parser


def _pki(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "pki",
        run.pki,
        "Make the test PKI: authorities, card images, trust anchor",
        "Does nothing if the folder already holds the PKI of the same data and base URL.\n"
        "Writes anchors/, issuers/, cards/NAME.json (keys and PIN of a card), authorities/ and pki.json.",
        "pki --out build/pki --base-url http://127.0.0.1:8099",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument(
        "--base-url", required=True, metavar="URL", help="where crl-server will listen; goes into the certificates"
    )
    parser.add_argument("--data", type=Path, metavar="FILE.toml", help="another description of the PKI")


def _pki_state(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "pki-state",
        run.pki_state,
        "Revoke, suspend or restore a card of the test PKI",
        "A running crl-server shows it in the next list or OCSP answer it hands out.",
        "pki-state --pki build/pki --card citizen --state revoked",
    )
    parser.add_argument("--pki", type=Path, required=True, metavar="DIR", help="folder made by pki")
    parser.add_argument("--card", required=True, metavar="NAME", help="name of the card, such as citizen")
    parser.add_argument("--state", required=True, choices=("good", "revoked", "suspended"), help="its new state")


def _crl_server(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "crl-server",
        run.crl_server,
        "Serve the test PKI's revocation lists, OCSP and issuer certificates on 127.0.0.1",
        'Prints "ready BASE-URL" when it listens; runs until SIGTERM or Ctrl-C.',
        "crl-server --pki build/pki --port 8099",
    )
    parser.add_argument("--pki", type=Path, required=True, metavar="DIR", help="folder made by pki")
    parser.add_argument("--port", type=int, metavar="PORT", help="must be the one in the base URL (the default)")


def _reader(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "reader",
        run.reader,
        "Run a private pcscd with one virtual reader",
        'Prints "ready SOCKET PORT" when it answers; runs until SIGTERM or Ctrl-C. Set PCSCLITE_CSOCK_NAME\n'
        "to SOCKET for every program that shall see the reader; the card connects to PORT (0 without a reader).\n"
        "The virtual reader listens on all interfaces: for tests and demos only.",
        "reader --state build/reader",
    )
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="folder for socket, settings, log")
    parser.add_argument("--empty", action="store_true", help="a pcscd with no reader at all")


def _card(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "card",
        run.card,
        "Run a virtual card and put it into the virtual reader",
        'Prints "ready" when the reader has taken it; runs until SIGTERM or Ctrl-C, which pulls the card.',
        "card --image build/pki/cards/citizen.json --port 20001 --control build/card.sock",
    )
    parser.add_argument("--image", type=Path, required=True, metavar="FILE.json", help="card image made by pki")
    parser.add_argument("--port", type=int, required=True, metavar="PORT", help="port printed by reader")
    parser.add_argument(
        "--control", type=Path, required=True, metavar="PATH.sock", help="control socket to make (mode 0600)"
    )
    parser.add_argument(
        "--slot-delay", default="0", metavar="SECONDS", help="time every APDU takes longer (control: delay)"
    )
    parser.add_argument(
        "--last-failure",
        choices=("6983", "63C0"),
        help="answer to the PIN that uses up the last try (default: as in the image)",
    )


def _control(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "control",
        run.control,
        "Tell a running card what to do, or ask how it is",
        "  insert, remove     put the card in, pull it (also while it works or hangs)\n"
        "  swap IMAGE         take it out and put another one in\n"
        "  delay SECONDS      let every APDU take longer\n"
        "  hang, unhang       answer no APDU any more, go on\n"
        "  tries N, unblock   set the PIN tries left (0 = locked), restore them\n"
        "  status             tries, verified, inserted; counts of APDUs, PIN checks, signatures; card_ms\n"
        "  trace-on FILE, trace-off   write every APDU, PINs masked\n\n"
        'Prints one JSON line; exit status 1 if it holds "ok": false.',
        "control build/card.sock tries 1",
    )
    parser.add_argument("socket", type=Path, metavar="PATH.sock", help="control socket of the card")
    parser.add_argument("action", metavar="ACTION", help="one of the above")
    parser.add_argument("argument", nargs="?", default="", metavar="ARGUMENT", help="image, seconds, number or file")


def _hicos(parsers: "Parsers[argparse.ArgumentParser]") -> None:
    parser = _add(
        parsers,
        "hicos",
        run.hicos,
        "Make a PKCS#11 module that behaves like the HiCOS driver, with a card in its reader",
        "No pcscd and no virtual card: the keys are in SoftHSM2. Prints the module, the environment for programs that\n"
        "load it, and the control file, which is read anew at every call. A line added to that file, such as\n"
        "  fault 1 hang C_Sign 0 0       C_Sign does not return until the line is gone\n"
        "  fault 2 answer C_Login 1 0x30 the next C_Login returns CKR_DEVICE_ERROR\n"
        "  slot 2 exclusive              a second reader, held by another program\n"
        "  pin-codes extended            tries left as 0xFFFFFFFF80000002\n"
        "lets something go wrong; cardsim/hicos/faults.py names all words.",
        "hicos --image build/pki/cards/citizen.json --out build/hicos",
    )
    parser.add_argument("--image", type=Path, required=True, metavar="FILE.json", help="card image made by pki")
    parser.add_argument(
        "--second", type=Path, metavar="FILE.json", help="image whose signing certificate becomes SIGN02"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for module and card")
