"""The sound of a simulated call: a soft tone as a real WAV file. Reads and writes no files."""

import io
import math
import struct
import wave

RATE_HZ = 8000  # samples a second, as telephones have it
LOUDNESS = 4000  # of 32767


def tone(word: str) -> bytes:
    """Returns a WAV of one to two seconds; the same word sounds the same, another mostly otherwise."""
    mark = sum(word.encode())
    pitch, length = 260 + mark % 12 * 30, RATE_HZ + mark % 9 * RATE_HZ // 8
    fade = RATE_HZ // 10
    samples = (
        int(LOUDNESS * min(1.0, at / fade, (length - at) / fade) * math.sin(2 * math.pi * pitch * at / RATE_HZ))
        for at in range(length)
    )
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return sound.getvalue()
