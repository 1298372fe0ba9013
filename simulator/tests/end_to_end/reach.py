"""Sends to addresses by itself, without any client: a line for each attempt."""

import socket

# A question for the address of raw.example.com.
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03raw\x07example\x03com\x00\x00\x01\x00\x01"

for kind, host, port, data in [
    ("tcp", "10.9.8.7", 443, b""),
    ("tcp", "2001:db8::7", 80, b""),
    ("udp", "192.0.2.44", 9999, b"x"),
    ("udp", "8.8.8.8", 53, QUESTION),
    ("udp", "224.0.0.251", 5353, QUESTION),
    ("udp", "fd00:ec2::254", 53, QUESTION),
]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as out:
            out.settimeout(0.3)
            out.connect((host, port))
            out.send(data)
            print(f"{kind} {host} {port}: reached")
    except OSError as error:
        print(f"{kind} {host} {port}: not reached ({error})")
try:
    socket.getaddrinfo("python.example.com", 443)
    print("name: reached")
except OSError as error:
    print(f"name: not reached ({error})")
