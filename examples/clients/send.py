#!/usr/bin/env python3
"""Sends the lines of standard input to Kestrel's event API: send.py SOCKET < events.jsonl"""
import json
import socket
import sys
import threading


def main() -> int:
    lines = [line for line in sys.stdin.buffer.read().splitlines() if line.strip()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as api:
        api.connect(sys.argv[1])

        # Answers are read while lines are sent: who reads none is not read from either.
        def send() -> None:
            for line in lines:
                api.sendall(line + b"\n")
            api.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        accepted = 0
        for text in api.makefile("r", encoding="utf-8"):
            answer = json.loads(text)
            accepted = answer.get("ack", accepted)
            if "rejected" in answer:
                print(f"line {answer['line']}: {answer['rejected']}", file=sys.stderr)
        sender.join()
    return 0 if accepted == len(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
