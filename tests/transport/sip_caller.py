"""A caller for tests, in a process of its own: dials, plays, records, presses keys, hangs up.

Prints one JSON object a line: `established`, `sound` and `quiet` (when what is heard becomes
so), `keys`, `hold`, `resume`, `hanging_up`, `closed` and `heard` (the tone of the last second),
each with `after_s` since the dialling and `at`, the machine's monotonic clock.
"""

import argparse
import asyncio
import json
import socket
import sys
import time
import wave

import numpy as np
from baresip import Account, BaresipError, CallFailed, CallState, Config, Event, Runtime, UserAgent

RATE = 8000


def tone(hz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    at = np.arange(int(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def loudest_hz(sound: np.ndarray, rate: int = RATE) -> float:
    if len(sound) < rate // 10:
        return 0.0
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * rate / len(sound))


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Caller:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.started = 0.0

    def say(self, event: str, **more: object) -> None:
        now = time.monotonic()
        line = {"event": event, "after_s": round(now - self.started, 4), "at": now, **more}
        print(json.dumps(line), flush=True)

    def playing(self) -> np.ndarray:
        if self.options.wav:
            with wave.open(self.options.wav) as file:
                if file.getframerate() != RATE or file.getnchannels() != 1:
                    sys.exit("the WAV for a caller must be 8 kHz mono")
                return np.frombuffer(file.readframes(file.getnframes()), np.int16)
        if self.options.tone:
            return tone(self.options.tone, self.options.seconds)
        return np.empty(0, np.int16)

    async def run(self) -> None:
        options = self.options
        runtime = Runtime(native_log_level="error")
        port = free_port()
        await runtime.start(
            Config(
                net_interface="127.0.0.1",
                native_log_level="error",
                extra_config_text=f"sip_listen 127.0.0.1:{port}\n"
                "audio_jitter_buffer_type adaptive\naudio_jitter_buffer_ms 20-200\n",
            )
        )
        account = Account(
            user=options.user,
            domain=f"127.0.0.1:{port}",
            password="",
            reg_interval=0,
            audio_codecs=(options.codec,),
            dtmf_mode=options.dtmf,
            extra_params=("video_codecs=none",),
        )
        agent = await UserAgent.create(runtime, account)
        for _ in range(options.calls):
            await self.one_call(runtime, agent)
        await runtime.close()

    async def one_call(self, runtime: Runtime, agent: UserAgent) -> None:
        options = self.options
        early: list[object] = []
        runtime.subscribe(early.append)
        self.started = time.monotonic()
        call = await agent.dial(f"sip:anyone@127.0.0.1:{options.port}")
        runtime.unsubscribe(early.append)
        for event in early:
            # The library loses what happens before `dial` returns: a call answered within
            # a millisecond would never be established.
            if event.event is Event.CALL_ESTABLISHED or event.event is Event.CALL_CLOSED:
                call._on_stack_event(event)
        try:
            await call.wait_established(10)
        except CallFailed as error:
            self.say("failed", status=error.status)
            return
        self.say("established")
        plan = asyncio.create_task(self.plan(call))
        playing, sent, heard = self.playing(), 0, [np.empty(0, np.int16)]
        rate, sounding, begun = RATE, False, time.monotonic()
        while call.state is not CallState.CLOSED:
            await asyncio.sleep(0.005)
            try:
                info = call.audio.info()
                rate = info.rx_sample_rate or rate
                pcm = np.frombuffer(call.audio.read(6400), np.int16)
                due = int((time.monotonic() - begun + 0.04) * info.tx_sample_rate)
                if due > sent:
                    frames = playing[sent:due] if info.tx_sample_rate == RATE else playing[:0]
                    call.audio.write(frames.tobytes().ljust(2 * (due - sent), b"\0"))
                    sent = due
            except BaresipError:
                continue
            heard.append(pcm)
            if len(pcm) and sounding != (np.abs(pcm.astype(int)).max() > 1000):
                sounding = not sounding
                self.say("sound" if sounding else "quiet")
        self.say("closed")
        await plan
        sound = np.concatenate(heard)
        last = sound[-rate:]
        level = float(np.sqrt(np.mean((last / 32768.0) ** 2))) if len(last) else 0.0
        self.say("heard", hz=round(loudest_hz(last, rate), 1), rms=round(level, 4), rate=rate)
        if options.record:
            with wave.open(options.record, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(rate)
                file.writeframes(sound.tobytes())

    async def plan(self, call: object) -> None:
        options = self.options
        steps = [(options.seconds, "hangup")]
        if options.keys:
            steps.append((options.keys_at, "keys"))
        if options.hold_at is not None:
            steps += [(options.hold_at, "hold"), (options.resume_at, "resume")]
        for at, step in sorted(steps):
            while time.monotonic() - self.started < at:
                if call.state is CallState.CLOSED:
                    return
                await asyncio.sleep(0.005)
            if step == "keys":
                await call.send_dtmf(options.keys)
            elif step == "hold":
                await call.hold()
            elif step == "resume":
                await call.resume()
            else:
                self.say("hanging_up")
                await call.hangup()
            if step != "hangup":
                self.say(step)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--tone", type=float)
    parser.add_argument("--wav")
    parser.add_argument("--record")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--keys")
    parser.add_argument("--keys-at", type=float, default=0.3)
    parser.add_argument("--hold-at", type=float)
    parser.add_argument("--resume-at", type=float)
    parser.add_argument("--codec", default="pcmu")
    parser.add_argument("--dtmf", default="rtpevent")
    parser.add_argument("--user", default="caller")
    asyncio.run(Caller(parser.parse_args()).run())


if __name__ == "__main__":
    main()
