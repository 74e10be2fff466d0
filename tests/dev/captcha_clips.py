"""Makes the spoken digits of the captcha (portal/captcha/clips), once, on a developer's machine with espeak-ng.

    .venv/bin/python -m tests.dev.captcha_clips

Neither the portal nor its tests need the program. eSpeak NG is under GPL-3.0-or-later, which covers the program; what
it says of a text that is ours is ours, and lies here under the licence of this project.
"""

import io
import subprocess
import wave
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from portal.captcha.sound import CLIPS, DIGITS, RATE, SLOT, VOICES

_VOICES = {"zh": ("cmn+m3", "cmn+f2"), "en": ("en-us+m3", "en-us+f2")}
_QUIET = 700  # of 32767


def main() -> None:
    """Write a file for each language."""
    CLIPS.mkdir(exist_ok=True)
    for language, voices in _VOICES.items():
        slots = [_slot(voice, digit) for voice in voices for digit in DIGITS]
        if len(voices) != VOICES:
            raise SystemExit("portal.captcha.sound counts other voices")
        _write(CLIPS / f"{language}.wav", b"".join(slots))


def _slot(voice: str, digit: str) -> bytes:
    """A digit at the beginning of its slot, as loud as all others, then silence; 8 bits, unsigned."""
    samples = _trimmed(_at_rate(_said(voice, digit)))
    if len(samples) > SLOT:
        raise SystemExit(f"{voice} {digit}: {len(samples)} samples are too many")
    loudest = max(map(abs, samples))
    return bytes(128 + round(sample * 110 / loudest) for sample in samples).ljust(SLOT, b"\x80")


def _said(voice: str, digit: str) -> tuple[int, Sequence[int]]:
    command = ["espeak-ng", "-v", voice, "-s", "150", "-g", "0", "--stdout", digit]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        rate = file.getframerate()
        start = spoken.index(b"data") + 8
    return rate, array("h", spoken[start : start + (len(spoken) - start) // 2 * 2])


def _at_rate(said: tuple[int, Sequence[int]]) -> list[int]:
    """Each sample the mean of those it stands for, which also keeps the highest tones out."""
    rate, samples = said
    step = rate / RATE
    ends = [round(number * step) for number in range(int(len(samples) / step) + 1)]
    return [sum(samples[first:last]) // (last - first) for first, last in pairwise(ends)]


def _trimmed(samples: list[int]) -> list[int]:
    loud = [number for number, sample in enumerate(samples) if abs(sample) > _QUIET]
    return samples[loud[0] : loud[-1] + 1]


def _write(path: Path, frames: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(frames)


if __name__ == "__main__":
    main()
