"""Digits to be heard: recorded ones joined at other speeds, with other gaps and other noise for each question.

The recordings (8 kHz, mono, 8 bits; one file for each language) were made by tests/dev/captcha_clips.py; a file is a
row of slots, one voice after the other. Nothing is started to make a sound, and it takes some hundredths of a second.
"""

import io
import wave
from functools import cache
from pathlib import Path
from random import Random

# Without 1, which sounds like 7 in Mandarin.
DIGITS = "023456789"
RATE = 8000
SLOT = RATE * 7 // 10
VOICES = 2
CLIPS = Path(__file__).parent / "clips"
_SILENCE = 128
Samples = list[int]


def spoken(digits: str, language: str, random: Random) -> bytes:
    """A WAV file that says `digits` in Mandarin (`zh`) or English (`en`); the same bytes for the same `random`."""
    speech = _pause(random)
    for digit in digits:
        clip = _clips(language)[random.randrange(VOICES) * len(DIGITS) + DIGITS.index(digit)]
        speech += _said(clip, random.uniform(0.85, 1.12), random.uniform(0.75, 1.0)) + _pause(random)
    return _wav(_mixed(speech, _murmur(language, len(speech), random), random))


def _said(clip: Samples, speed: float, loudness: float) -> Samples:
    """A clip faster and higher, or slower and lower, by the samples between its samples."""
    said = []
    for number in range(int((len(clip) - 1) / speed)):
        whole, part = divmod(number * speed, 1)
        here, onward = clip[int(whole)], clip[int(whole) + 1]
        said.append(int((here + (onward - here) * part) * loudness))
    return said


def _pause(random: Random) -> Samples:
    return [0] * random.randint(RATE * 3 // 10, RATE * 7 // 10)


def _murmur(language: str, length: int, random: Random) -> Samples:
    """Voices behind, of the same speakers, backwards: ears tell them from what is said in front, filters less so."""
    murmur: Samples = []
    while len(murmur) < length:
        murmur += _said(random.choice(_clips(language))[::-1], random.uniform(0.7, 1.3), random.uniform(0.1, 0.22))
    return murmur[:length]


def _mixed(speech: Samples, murmur: Samples, random: Random) -> bytes:
    hiss = random.randbytes(len(speech))
    sums = (front + behind + ((noise - 128) >> 4) for front, behind, noise in zip(speech, murmur, hiss, strict=True))
    return bytes(min(255, max(0, _SILENCE + one)) for one in sums)


def _wav(frames: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(frames)
    return made.getvalue()


@cache
def _clips(language: str) -> list[Samples]:
    with wave.open(str(CLIPS / f"{language}.wav"), "rb") as file:
        frames = file.readframes(file.getnframes())
    slots = [frames[start : start + SLOT].rstrip(bytes([_SILENCE])) for start in range(0, len(frames), SLOT)]
    return [[sample - _SILENCE for sample in slot] for slot in slots]
