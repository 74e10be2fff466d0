"""The virtual card itself: one APDU in, one answer out, no clock and no socket."""

from collections.abc import Callable
from dataclasses import dataclass

from cardsim.card.apdu import CHAINING, SW, Command, Refusal, parse
from cardsim.card.image import CardImage
from cardsim.card.objects import PIN_PROTECTED, PIV_AID, application_template, data_objects
from cardsim.card.pin import FIELD, LastFailure, Secret
from cardsim.tlv import TlvError, decode, encode

MAX_CHAIN = 1024
"""Most bytes a chained command may gather; the longest useful one has 266."""
PIN_REFERENCE = 0x80
"""Key reference of the card's PIN (SP 800-73-4 part 1, table 4a)."""
SIGNING = frozenset({0x9A, 0x9C})
"""Keys whose operations count as signatures; 9D only decrypts."""


@dataclass
class Counters:
    """What the card did; kept by the process, over all cards put into the reader."""

    apdus: int = 0
    verifies: int = 0
    signatures: int = 0


class PivCard:
    """A PIV card (SP 800-73-4) as far as OpenSC uses one, with the PIN rules of a citizen card."""

    def __init__(self, image: CardImage, counters: Counters, last_failure: LastFailure | None = None) -> None:
        """A card fresh from the issuer; `last_failure` overrides the image's own habit."""
        self.image = image
        self.pin = Secret(image.pin, image.tries, last_failure or image.last_failure)
        self._puk = Secret(image.puk, image.tries, last_failure or image.last_failure)
        self._objects = data_objects(image)
        self._counters = counters
        self._pending = b""
        self._chain: list[Command] = []
        self._instructions: dict[int, Callable[[Command], bytes]] = {
            0x20: self._verify,
            0x24: self._change_pin,
            0x2C: self._unblock_pin,
            0x87: self._authenticate,
            0xA4: self._select,
            0xC0: self._get_response,
            0xCB: self._get_data,
        }

    def reset(self) -> None:
        """Power was cut or the card reset: forget the verified PIN and half-done commands."""
        self.pin.verified = False
        self._puk.verified = False
        self._pending = b""
        self._chain = []

    def transmit(self, raw: bytes) -> bytes:
        """The answer to one APDU: data and status word, never more than 258 bytes; raises nothing."""
        self._counters.apdus += 1
        try:
            return self._run(parse(raw))
        except Refusal as refusal:
            status = refusal.status
        except Exception:
            # A card that stays silent would block pcscd for every program: any fault becomes an answer.
            status = SW.FAILURE
        self._pending = b""
        self._chain = []
        return status.to_bytes(2, "big")

    def _run(self, command: Command) -> bytes:
        handler = self._instructions.get(command.ins)
        if command.cla & ~CHAINING:
            raise Refusal(SW.BAD_CLASS)
        if handler is None:
            raise Refusal(SW.BAD_INSTRUCTION)
        if command.cla & CHAINING or self._chain:
            whole = self._gather(command)
            if whole is None:
                return SW.OK.to_bytes(2, "big")
            command = whole
        return self._cut(handler(command), command.le)

    def _gather(self, part: Command) -> Command | None:
        """The whole command if `part` ends the chain, else None."""
        chain, self._chain = [*self._chain, part], []
        first = chain[0]
        if part.ins != 0x87:
            raise Refusal(SW.CHAIN_BROKEN if len(chain) > 1 else SW.NO_CHAINING)
        if part.parameters != first.parameters:
            raise Refusal(SW.CHAIN_BROKEN)
        data = b"".join(one.data for one in chain)
        if len(data) > MAX_CHAIN or not part.data:
            raise Refusal(SW.WRONG_LENGTH)
        if part.cla & CHAINING:
            self._chain = chain
            return None
        return Command(part.cla, part.ins, part.p1, part.p2, data, part.le)

    def _cut(self, data: bytes, le: int | None) -> bytes:
        """As much of `data` as was asked for; the rest waits for GET RESPONSE (ISO 7816-4 5.3.4)."""
        take = 256 if le is None else le
        self._pending = data[take:]
        status = SW.MORE_DATA | (len(self._pending) & 0xFF if len(self._pending) < 256 else 0)
        return data[:take] + (status if self._pending else SW.OK).to_bytes(2, "big")

    def _get_response(self, command: Command) -> bytes:
        if command.parameters or command.data or command.le is None:
            raise Refusal(SW.BAD_PARAMETER)
        if not self._pending:
            raise Refusal(SW.CONDITIONS)
        return self._pending

    def _select(self, command: Command) -> bytes:
        if command.parameters != 0x0400:
            raise Refusal(SW.BAD_PARAMETER)
        if len(command.data) < 9 or not PIV_AID.startswith(command.data):
            raise Refusal(SW.NOT_FOUND)
        return application_template()

    def _get_data(self, command: Command) -> bytes:
        if command.parameters != 0x3FFF:
            raise Refusal(SW.BAD_PARAMETER)
        wanted = command.data[2:]
        if command.data[:1] != b"\x5c" or len(wanted) not in (1, 3) or command.data[1] != len(wanted):
            raise Refusal(SW.BAD_DATA)
        tag = int.from_bytes(wanted, "big")
        if tag in PIN_PROTECTED and not self.pin.verified:
            raise Refusal(SW.NOT_VERIFIED)
        if tag not in self._objects:
            raise Refusal(SW.NOT_FOUND)
        return self._objects[tag]

    def _verify(self, command: Command) -> bytes:
        if command.p2 != PIN_REFERENCE:
            raise Refusal(SW.NO_KEY)
        if command.p1 == 0xFF and not command.data:
            self.pin.verified = False
            return b""
        if command.p1:
            raise Refusal(SW.BAD_PARAMETER)
        if not command.data:
            self.pin.query()
            return b""
        if len(command.data) != FIELD:
            raise Refusal(SW.WRONG_LENGTH)
        self._counters.verifies += 1
        self.pin.check(command.data)
        return b""

    def _change_pin(self, command: Command) -> bytes:
        old, new = self._two_fields(command)
        self.pin.check(old)
        self.pin.replace(new)
        return b""

    def _unblock_pin(self, command: Command) -> bytes:
        puk, new = self._two_fields(command)
        self._puk.check(puk)
        self.pin.replace(new)
        return b""

    @staticmethod
    def _two_fields(command: Command) -> tuple[bytes, bytes]:
        if command.parameters != PIN_REFERENCE:
            raise Refusal(SW.NO_KEY)
        if len(command.data) != 2 * FIELD:
            raise Refusal(SW.WRONG_LENGTH)
        Secret.require_form(command.data[FIELD:])
        return command.data[:FIELD], command.data[FIELD:]

    def _authenticate(self, command: Command) -> bytes:
        """GENERAL AUTHENTICATE: the key's raw operation on the challenge (SP 800-73-4 part 2, 3.2.4)."""
        slot = self.image.keys.get(command.p2)
        if slot is None:
            raise Refusal(SW.NO_KEY)
        if command.p1 != slot.key.algorithm:
            raise Refusal(SW.BAD_PARAMETER)
        challenge = _challenge(command.data)
        if not self.pin.verified:
            raise Refusal(SW.NOT_VERIFIED)
        # 9C wants a fresh PIN before each use (SP 800-73-4 part 1, table 4b).
        self.pin.verified = command.p2 != 0x9C
        result = slot.key.apply(challenge)
        self._counters.signatures += command.p2 in SIGNING
        return encode(0x7C, encode(0x82, result))


def _challenge(data: bytes) -> bytes:
    """The bytes to be signed from `7C {82 empty, 81 challenge}`."""
    try:
        fields = decode(decode(data)[0x7C])
    except (TlvError, KeyError):
        raise Refusal(SW.BAD_DATA) from None
    if set(fields) != {0x81, 0x82} or fields[0x82]:
        raise Refusal(SW.BAD_DATA)
    return fields[0x81]
