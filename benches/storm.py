#!/usr/bin/env python3
"""The storm of `cargo run -p forecast --example storm`, as a model in SimPy: a process for each device, a token bucket.

Usage: storm.py DEVICES CONNECTS_PER_SECOND. Needs `pip install simpy`.
"""
import random
import sys
import time

import simpy

BASE, CAP = 1.0, 120.0


class Quota:
    """Tokens of one second, which come back evenly."""

    def __init__(self, rate):
        self.rate, self.level, self.at = rate, float(rate), 0.0

    def take(self, now):
        self.level = min(self.rate, self.level + (now - self.at) * self.rate)
        self.at = now
        granted = self.level >= 1.0
        if granted:
            self.level -= 1.0
        return granted


def device(env, quota, counts):
    """Switched on at 0; full jitter, 1 s to 120 s."""
    retry = 0
    while True:
        counts["attempts"] += 1
        if quota.take(env.now):
            return
        yield env.timeout(random.uniform(0.0, min(CAP, BASE * 2.0**retry)))
        retry = min(retry + 1, 30)


def main():
    devices, rate = int(sys.argv[1]), int(sys.argv[2])
    random.seed(1)
    env, quota, counts = simpy.Environment(), Quota(rate), {"attempts": 0}
    began = time.perf_counter()
    for _ in range(devices):
        env.process(device(env, quota, counts))
    env.run()
    took = time.perf_counter() - began
    events = counts["attempts"] + devices
    print(
        f"{devices} devices, {rate} connects/s, SimPy {simpy.__version__}: all back after {env.now:.1f} s, "
        f"{counts['attempts'] / devices:.1f} attempts each; {events} events in {took:.2f} s ({events / took / 1e6:.2f} million/s)"
    )


main()
