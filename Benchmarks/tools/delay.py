"""From the POST of a message to an idle group until its callback's first byte: delay.py URL COUNT.

Prints p50=… p99=… in milliseconds. Each message goes to a group of its own, and the next one only when the one before it
has been called back.
"""

import socket
import sys
import threading
import time
from urllib.parse import urlsplit

arrived = threading.Event()
arrival = 0.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def serve(connection):
    global arrival
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while connection.recv(65536):
        arrival = time.perf_counter()
        connection.sendall(ANSWER)
        arrived.set()


def listen():
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    target, count = urlsplit(sys.argv[1]), int(sys.argv[2])
    callback = f"http://127.0.0.1:{listen()}/"
    client = socket.create_connection((target.hostname, target.port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    delays = []
    for number in range(count + 50):
        arrived.clear()
        head = (
            f"POST /queues/idle-{time.time_ns()}/messages HTTP/1.1\r\nHost: bench\r\nCallback-Url: {callback}\r\n"
            "Content-Length: 2\r\n\r\n{}"
        ).encode()
        begin = time.perf_counter()
        client.sendall(head)
        if not arrived.wait(10):
            sys.exit("no callback within 10 s")
        answer = client.recv(65536)
        if b" 202 " not in answer:
            sys.exit(f"not accepted: {answer[:200]!r}")
        # The first ones make connections and prepare statements.
        if number >= 50:
            delays.append((arrival - begin) * 1000)
    delays.sort()
    print(f"p50={delays[len(delays) // 2]:.2f} p99={delays[len(delays) * 99 // 100]:.2f}")


main()
