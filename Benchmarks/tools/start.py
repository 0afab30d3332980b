"""Starts a service and times until it says that it is ready.

start.py PORT COMMAND…: prints the milliseconds and the process's id, and leaves the process running. Its words go to
standard error.
"""

import socket
import subprocess
import sys
import time

PROBE = b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
LIMIT = 30.0


def is_ready(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(PROBE)
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def main():
    port, command = int(sys.argv[1]), sys.argv[2:]
    if is_ready(port):
        sys.exit(f"port {port} is taken")
    begin = time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
    )
    while not is_ready(port):
        if process.poll() is not None:
            sys.exit(f"{command[0]} ended with {process.returncode}")
        if time.monotonic() - begin > LIMIT:
            process.terminate()
            sys.exit(f"{command[0]} was not ready after {LIMIT:.0f} s")
        time.sleep(0.001)
    print(f"{(time.monotonic() - begin) * 1000:.0f} {process.pid}")


main()
